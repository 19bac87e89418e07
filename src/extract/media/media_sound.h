#pragma once
// The sound of what libsndfile does not read.

#include <memory>
#include <string_view>

#include "extract/speech/sound_stream.h"

namespace millpond::extract {

/// Opens the first track of sound that FFmpeg's libraries decode: AAC, ALAC, AC-3, AMR, Windows Media, and others, also
/// out of films. A track that begins late, or has gaps, is filled with silence, so that times are those of the file.
/// Errors: as `MediaFile::open`; kNotFound without a track of sound; kUnsupported for its coding.
Result<std::unique_ptr<SoundStream>> open_media_sound(std::string_view bytes);

}  // namespace millpond::extract
