#pragma once
// Opens models in ONNX files with the inference plug-in.

#include <memory>
#include <string>

#include "millpond/status.h"
#include "model/graph_backend.h"

namespace millpond::model {

/// Errors: kNotFound without the plug-in; kUnsupported for what it cannot load, also where OpenVINO's reader of ONNX is
/// not installed.
Result<std::unique_ptr<GraphBackend>> open_graph(const std::string& file, int threads);

}  // namespace millpond::model
