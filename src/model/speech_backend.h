#pragma once
// The edge between millpond and an inference library for speech: Whisper's encoder and decoder, and a detector of
// voices. As encoder_backend.h, nothing but this is shared.

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "model/ct2_tensor.h"

namespace millpond::model {

inline constexpr int kSpeechAbi = 1;

struct SpeechConfig {
  const std::map<std::string, Ct2Tensor, std::less<>>* weights = nullptr;  ///< read while it is made, not later
  std::string voice_file;  ///< Silero's detector for sequences of frames, ONNX
  int threads = 1;
};

/// Threads: one call at a time.
class SpeechBackend {
 public:
  virtual ~SpeechBackend() = default;

  virtual std::size_t bands() const = 0;       ///< of the spectrogram: 80
  virtual std::size_t vocabulary() const = 0;  ///< tokens that `step` scores
  virtual std::size_t tokens_max() const = 0;  ///< of one text, with what it begins with: 448

  /// Takes a spectrogram of 30 s, `bands` rows of 3,000 frames; what is said next is about it.
  /// Errors: false, with the reason in `error`; so for the others.
  virtual bool encode(const float* spectrogram, std::string& error) = 0;
  /// Begins a text of the same sound anew.
  virtual void restart() = 0;
  /// Adds a token to the text and scores what may follow.
  virtual bool step(int token, std::vector<float>& logits, std::string& error) = 0;

  /// Probabilities of a voice in frames of 576 samples at 16 kHz, of which the first 64 are those before it. The
  /// detector remembers; `listen_anew` makes it forget.
  virtual bool listen(const float* frames, std::size_t count, std::vector<float>& probabilities,
                      std::string& error) = 0;
  virtual void listen_anew() = 0;
};

}  // namespace millpond::model

// What a plug-in exports besides the encoder. Null with the reason in `error`.
extern "C" {
using millpond_speech_abi_function = int();
using millpond_speech_create_function = millpond::model::SpeechBackend*(const millpond::model::SpeechConfig& config,
                                                                        std::string& error);
}
