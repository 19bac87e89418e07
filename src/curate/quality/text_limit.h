#pragma once
// How long a text may be whose words are looked at.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "millpond/options.h"
#include "millpond/status.h"

namespace millpond::curate {

/// Of steps that keep arrays of all words: 12 to 20 bytes of memory for each byte of text, 3 to 5 GB at this size.
inline constexpr std::size_t kWordTextBytesMax = 256 << 20;
/// Longer texts are rare; such steps give the memory back that they took.
inline constexpr std::size_t kUsualTextBytes = 16 << 20;
std::string too_long_for_words(std::string_view text);

/// The option `text_mb_max` of steps that look at words.
Option text_mb_max_option();
/// Errors: kInvalidArgument outside 1 to 2047, where the text columns end.
Result<std::size_t> text_bytes_max_from(const Options& options);
/// Why the words of a text are not looked at; none if they are.
std::optional<std::string> why_no_words(std::string_view text, std::size_t text_bytes_max);

}  // namespace millpond::curate
