#pragma once
// Whisper's way from a window of sound to text with times.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "extract/sound/media_facts.h"
#include "extract/speech/spectrogram.h"
#include "extract/speech/whisper_vocabulary.h"
#include "millpond/status.h"
#include "model/speech_backend.h"

namespace millpond::extract {

/// What was said in a window.
struct HeardWindow {
  std::string language;        ///< "en"; empty where nobody speaks
  std::vector<MediaCue> cues;  ///< times from the window's beginning
};

/// Decodes greedily; where the text repeats itself or is unlikely, again with tokens drawn at a rising temperature. The
/// same sound gives the same text.
/// Threads: one.
class Transcriber {
 public:
  /// `still_working` is called for each token.
  Transcriber(model::SpeechBackend& backend, const WhisperVocabulary& vocabulary, std::function<void()> still_working);

  /// `samples` at 16 kHz, of at most 30 s. Errors: kInternal from the inference library.
  Result<HeardWindow> hear(std::span<const float> samples);

 private:
  struct Decoded {
    std::vector<int> tokens;
    double log_probability = 0;  ///< of a token, the mean
    double compression = 0;
  };
  Status detect_language(HeardWindow& heard, int& language, double& no_speech);
  Result<Decoded> decode(int language, double temperature, std::uint64_t& seed);
  Result<Decoded> decode_well(int language, double no_speech, std::uint64_t seed);
  Status step(int token);

  model::SpeechBackend& backend_;
  const WhisperVocabulary& vocabulary_;
  const std::function<void()> still_working_;
  const SpectrogramMaker maker_;
  std::vector<float> scores_, padded_;
};

}  // namespace millpond::extract
