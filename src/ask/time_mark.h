#pragma once
// When something is said in a recording or a film.

#include <cstdint>
#include <string>
#include <string_view>

namespace millpond::ask {

/// The time of the paragraph that byte `at` of a passage is in, as transcripts and subtitles write it in front of each:
/// "0:12:30" of "[0:12:30] and then". Empty where none stands before it.
std::string_view time_at(std::string_view text, std::uint32_t at);

}  // namespace millpond::ask
