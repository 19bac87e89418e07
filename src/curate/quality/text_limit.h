#pragma once
// How long a text may be whose words are looked at.

#include <optional>
#include <string>
#include <string_view>

#include "millpond/options.h"
#include "millpond/status.h"

namespace millpond::curate {

/// The option `text_mb_max` of steps that look at words.
Option text_mb_max_option();
/// Errors: kInvalidArgument outside 1 to 2047, where the text columns end.
Result<std::size_t> text_bytes_max_from(const Options& options);
/// Why the words of a text are not looked at; none if they are.
std::optional<std::string> why_no_words(std::string_view text, std::size_t text_bytes_max);

}  // namespace millpond::curate
