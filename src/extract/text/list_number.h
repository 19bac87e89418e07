#pragma once
// Numbers of lists as they are shown.

#include <string>

namespace millpond::extract {

/// Lower-case roman; decimal outside 1 … 3999.
std::string roman_number(int value);

}  // namespace millpond::extract
