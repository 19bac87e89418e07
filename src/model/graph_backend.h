#pragma once
// The edge between millpond and an inference library for whole models in files; as encoder_backend.h, nothing but this
// is shared.

#include <cstddef>
#include <string>
#include <vector>

namespace millpond::model {

/// Threads: one call of `run` at a time.
class GraphBackend {
 public:
  virtual ~GraphBackend() = default;
  /// Gives the model's only input this shape and these values, row-major, and takes its first output, float32.
  /// Errors: false, with the reason in `error`.
  virtual bool run(const float* in, const std::vector<std::size_t>& shape, std::vector<float>& out,
                   std::string& error) = 0;
};

}  // namespace millpond::model

// What a plug-in exports besides the encoder. Null with the reason in `error`.
extern "C" {
using millpond_graph_create_function = millpond::model::GraphBackend*(const std::string& file, int threads,
                                                                      std::string& error);
}
