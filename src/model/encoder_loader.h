#pragma once
// Finds and loads the plug-in that runs encoders.

#include <memory>

#include "millpond/status.h"
#include "model/encoder_backend.h"

namespace millpond::model {

/// Loads libmillpond_openvino.so and creates an encoder in it.
///
/// Looks in $MILLPOND_PLUGINS, beside the program, in ../lib/millpond from there and in the build folder.
/// A plug-in stays loaded: OpenVINO's threads do not survive an unload.
/// Errors: kNotFound (no plug-in), kUnavailable (it does not load), kInternal (another version), kUnsupported (the
///         model), each with what the loader said.
Result<std::unique_ptr<EncoderBackend>> create_encoder(const EncoderConfig& config);

/// The shared object with what links an inference library; it stays loaded. Errors: kNotFound, kUnavailable.
Result<void*> open_inference_plugin();

}  // namespace millpond::model
