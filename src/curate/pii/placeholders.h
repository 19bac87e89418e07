#pragma once
// What stands where a secret would, without being one.

#include <string_view>

namespace millpond::curate {

/// Examples, variables and masks: "changeme", "${PASSWORD}", "<token>", "xxxxxxxx", "your-key-here".
bool is_placeholder(std::string_view value);
/// Shannon's entropy of the bytes. Units: bits for each.
double entropy_bits(std::string_view text);

}  // namespace millpond::curate
