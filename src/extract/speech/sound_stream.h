#pragma once
// Sound as numbers, whatever the file's format.

#include <memory>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::extract {

/// Reads a file's sound from its beginning, mixed to one channel, at 16 kHz.
///
/// Shape:   samples from -1 to 1; memory does not depend on the length.
/// Source:  libsndfile, loaded when it is needed: WAV, FLAC, Ogg with Vorbis or Opus, MP3; FFmpeg's libraries for the
///          others; another rate is changed by a windowed sinc.
/// Threads: one.
class SoundStream {
 public:
  virtual ~SoundStream() = default;

  /// Appends about a second; nothing at the end. Errors: kDataCorrupt.
  virtual Status read(std::vector<float>& out) = 0;
};

/// Opens bytes that stay where they are.
/// Errors: kUnavailable without the library that it takes; kUnsupported for a coding that it does not read; kNotFound
/// without a track of sound; kDataCorrupt.
Result<std::unique_ptr<SoundStream>> open_sound(std::string_view bytes);

}  // namespace millpond::extract
