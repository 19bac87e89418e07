#pragma once
// Opens the models of speech with the inference plug-in.

#include <memory>
#include <string>

#include "millpond/status.h"
#include "model/speech_backend.h"

namespace millpond::model {

/// Loads Whisper from `whisper` (a folder with CTranslate2's model.bin) and Silero's detector from `silero` (a folder
/// with silero_vad_16k_sequence.onnx).
/// Errors: kNotFound without the plug-in or a file; kUnsupported for what it cannot load; kDataCorrupt.
Result<std::unique_ptr<SpeechBackend>> open_speech(const std::string& whisper, const std::string& silero, int threads);

}  // namespace millpond::model
