#include "model/graph_loader.h"

#include <dlfcn.h>

#include "model/encoder_loader.h"

namespace millpond::model {

Result<std::unique_ptr<GraphBackend>> open_graph(const std::string& file, int threads) {
  MP_ASSIGN(void* const library, open_inference_plugin());
  const auto create = reinterpret_cast<millpond_graph_create_function*>(::dlsym(library, "millpond_graph_create"));
  if (create == nullptr)
    return internal("inference plug-in is of another version than the program").hint("Build or install both again.");
  std::string reason;
  std::unique_ptr<GraphBackend> graph(create(file, threads, reason));
  if (graph == nullptr) {
    return unsupported("the model cannot be loaded: ", reason)
        .hint("Models in ONNX need a part of OpenVINO that ./dev install --models fetches.");
  }
  return graph;
}

}  // namespace millpond::model
