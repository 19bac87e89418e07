#pragma once
// How times of recordings and films stand in text.

#include <cstdint>
#include <string>
#include <string_view>

namespace millpond::extract {

/// "[0:12:30]".
std::string time_mark(std::int64_t ms);

/// The time of the mark at the beginning of a text; -1 if there is none. Units: ms, whole seconds.
std::int64_t time_mark_ms(std::string_view text);

}  // namespace millpond::extract
