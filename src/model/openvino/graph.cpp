// A model in an ONNX file on OpenVINO's CPU plug-in, in float32.

#include <openvino/runtime/core.hpp>
#include <openvino/runtime/properties.hpp>
#include <stdexcept>

#include "model/graph_backend.h"

namespace millpond::model {
namespace {

class OpenvinoGraph final : public GraphBackend {
 public:
  OpenvinoGraph(const std::string& file, int threads) {
    const auto model = core_.read_model(file);
    if (model->inputs().size() != 1 || model->outputs().empty() ||
        model->output(0).get_element_type() != ov::element::f32)
      throw std::runtime_error("not a model of one input with an output in float32");
    compiled_ =
        core_.compile_model(model, "CPU",
                            {ov::hint::inference_precision(ov::element::f32), ov::inference_num_threads(threads),
                             ov::num_streams(1), ov::hint::enable_cpu_pinning(false)});
    request_ = compiled_.create_infer_request();
  }

  bool run(const float* in, const std::vector<std::size_t>& shape, std::vector<float>& out,
           std::string& error) override {
    try {
      // OpenVINO takes no const pointers but does not write to inputs.
      request_.set_input_tensor(ov::Tensor(ov::element::f32, ov::Shape(shape), const_cast<float*>(in)));
      request_.infer();
      const ov::Tensor result = request_.get_output_tensor(0);
      const auto* const data = result.data<float>();
      out.assign(data, data + result.get_size());
      return true;
    } catch (const std::exception& failure) {
      error = failure.what();
      return false;
    }
  }

 private:
  ov::Core core_;
  ov::CompiledModel compiled_;
  ov::InferRequest request_;
};

}  // namespace
}  // namespace millpond::model

extern "C" __attribute__((visibility("default"))) millpond::model::GraphBackend* millpond_graph_create(
    const std::string& file, int threads, std::string& error) {
  try {
    return new millpond::model::OpenvinoGraph(file, threads);
  } catch (const std::exception& failure) {
    error = failure.what();
    return nullptr;
  }
}
