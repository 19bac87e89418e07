#pragma once
// The sound of a film as a file of its own.

#include <string>
#include <string_view>

#include "millpond/status.h"

namespace millpond::extract {

/// Takes the first track of sound out of a Matroska or WebM file, as it is coded: Opus becomes an Ogg file, FLAC and
/// MP3 such files, PCM a WAV file. Not larger than a few bytes a packet more than the input. Errors: kNotFound without
/// a track of sound; kUnsupported for another coding, with its name; kInvalidArgument. Source: RFC 9559, RFC 3533, RFC
/// 7845
Result<std::string> sound_of_matroska(std::string_view bytes);

}  // namespace millpond::extract
