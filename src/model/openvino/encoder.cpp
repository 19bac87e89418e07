// A transformer encoder on OpenVINO's CPU plug-in, built in code from the weights.

#include <cmath>
#include <memory>
#include <openvino/core/model.hpp>
#include <openvino/opsets/opset13.hpp>
#include <openvino/runtime/core.hpp>
#include <openvino/runtime/intel_cpu/properties.hpp>
#include <openvino/runtime/properties.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "model/encoder_backend.h"

namespace millpond::model {
namespace {

using ov::Output;
using ov::Shape;
namespace op = ov::opset13;
using Value = Output<ov::Node>;

/// Adds the layers of a BERT encoder to a graph. Weights are not copied: constants point into the caller's mapping.
class GraphBuilder {
 public:
  explicit GraphBuilder(const EncoderConfig& config)
      : config_(config),
        hidden_(static_cast<std::size_t>(config.hidden)),
        intermediate_(static_cast<std::size_t>(config.intermediate)) {}

  std::shared_ptr<ov::Model> build() const {
    const auto in = std::make_shared<op::Parameter>(ov::element::f32, ov::PartialShape{-1, -1, config_.hidden});
    const auto bias = std::make_shared<op::Parameter>(ov::element::f32, ov::PartialShape{-1, 1, 1, -1});
    Value x = in;
    for (int layer = 0; layer < config_.layers; ++layer) {
      const std::string prefix = "encoder.layer." + std::to_string(layer) + ".";
      const Value attended =
          linear(attention(x, bias, prefix + "attention.self."), prefix + "attention.output.dense", hidden_, hidden_);
      x = norm(std::make_shared<op::Add>(attended, x), prefix + "attention.output.LayerNorm");
      const Value wide = std::make_shared<op::Gelu>(linear(x, prefix + "intermediate.dense", intermediate_, hidden_));
      x = norm(std::make_shared<op::Add>(linear(wide, prefix + "output.dense", hidden_, intermediate_), x),
               prefix + "output.LayerNorm");
    }
    return std::make_shared<ov::Model>(ov::OutputVector{x}, ov::ParameterVector{in, bias});
  }

 private:
  Value weight(const std::string& name, const Shape& shape) const {
    const float* data = config_.weight(name, ov::shape_size(shape));
    if (data == nullptr) throw std::runtime_error("the model has no tensor " + name + " of the expected size");
    return std::make_shared<op::Constant>(ov::element::f32, shape, data, std::shared_ptr<void>());
  }
  static Value integers(const std::vector<std::int64_t>& values) {
    return std::make_shared<op::Constant>(ov::element::i64, Shape{values.size()}, values);
  }
  Value linear(const Value& x, const std::string& name, std::size_t outputs, std::size_t inputs) const {
    const auto product = std::make_shared<op::MatMul>(x, weight(name + ".weight", {outputs, inputs}), false, true);
    return std::make_shared<op::Add>(product, weight(name + ".bias", {outputs}));
  }
  Value norm(const Value& x, const std::string& name) const {
    const auto centred =
        std::make_shared<op::MVN>(x, integers({-1}), true, config_.norm_epsilon, ov::op::MVNEpsMode::INSIDE_SQRT);
    const auto scaled = std::make_shared<op::Multiply>(centred, weight(name + ".weight", {hidden_}));
    return std::make_shared<op::Add>(scaled, weight(name + ".bias", {hidden_}));
  }
  Value attention(const Value& x, const Value& bias, const std::string& prefix) const {
    const std::int64_t width = config_.hidden / config_.heads;
    const auto heads = [&](const char* name) {
      const Value projected = linear(x, prefix + name, hidden_, hidden_);
      const auto split = std::make_shared<op::Reshape>(projected, integers({0, 0, config_.heads, width}), true);
      return std::make_shared<op::Transpose>(split, integers({0, 2, 1, 3}));
    };
    const auto scale = op::Constant::create(ov::element::f32, {}, {1.0f / std::sqrt(static_cast<float>(width))});
    const auto mixed = std::make_shared<op::ScaledDotProductAttention>(heads("query"), heads("key"), heads("value"),
                                                                       bias, scale, false);
    const auto merged = std::make_shared<op::Transpose>(mixed, integers({0, 2, 1, 3}));
    return std::make_shared<op::Reshape>(merged, integers({0, 0, config_.hidden}), true);
  }

  const EncoderConfig& config_;
  const std::size_t hidden_, intermediate_;
};

class OpenvinoEncoder final : public EncoderBackend {
 public:
  explicit OpenvinoEncoder(const EncoderConfig& config) : hidden_(config.hidden) {
    bf16_ = config.precision != EncoderConfig::Precision::kF32 && computes_bf16();
    if (config.precision == EncoderConfig::Precision::kBf16 && !bf16_) {
      throw std::runtime_error("this CPU does not compute in bf16; precision auto or f32 does");
    }
    const ov::AnyMap settings{ov::hint::inference_precision(bf16_ ? ov::element::bf16 : ov::element::f32),
                              ov::inference_num_threads(config.threads), ov::num_streams(1),
                              ov::hint::enable_cpu_pinning(false)};
    compiled_ = core_.compile_model(GraphBuilder(config).build(), "CPU", settings);
    request_ = compiled_.create_infer_request();
  }

  const char* precision() const override { return bf16_ ? "bf16" : "f32"; }

  bool run(const float* in, const float* bias, int rows, int length, float* out, std::string& error) override {
    try {
      const auto n = static_cast<std::size_t>(rows), l = static_cast<std::size_t>(length);
      const Shape hidden_shape{n, l, static_cast<std::size_t>(hidden_)};
      // OpenVINO takes no const pointers but does not write to inputs.
      request_.set_input_tensor(0, ov::Tensor(ov::element::f32, hidden_shape, const_cast<float*>(in)));
      request_.set_input_tensor(1, ov::Tensor(ov::element::f32, Shape{n, 1, 1, l}, const_cast<float*>(bias)));
      request_.set_output_tensor(0, ov::Tensor(ov::element::f32, hidden_shape, out));
      request_.infer();
      return true;
    } catch (const std::exception& failure) {
      error = failure.what();
      return false;
    }
  }

 private:
  bool computes_bf16() const {
    for (const std::string& ability : core_.get_property("CPU", ov::device::capabilities)) {
      if (ability == ov::device::capability::BF16) return true;
    }
    return false;
  }

  ov::Core core_;  // loads the CPU device when it is first named, and no other
  const int hidden_;
  bool bf16_ = false;
  ov::CompiledModel compiled_;
  ov::InferRequest request_;
};

}  // namespace
}  // namespace millpond::model

extern "C" {

__attribute__((visibility("default"))) int millpond_encoder_abi() { return millpond::model::kEncoderAbi; }

__attribute__((visibility("default"))) millpond::model::EncoderBackend* millpond_encoder_create(
    const millpond::model::EncoderConfig& config, std::string& error) {
  try {
    return new millpond::model::OpenvinoEncoder(config);
  } catch (const std::exception& failure) {
    error = failure.what();
    return nullptr;
  }
}
}
