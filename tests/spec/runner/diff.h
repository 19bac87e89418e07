#pragma once
// Two lists of lines, side by side for a person.

#include <string>
#include <vector>

namespace millpond::spec {

/// Expected lines that are missing behind `-`, actual ones that are new behind `+`, equal ones indented.
std::string line_diff(const std::vector<std::string>& expected, const std::vector<std::string>& actual);

}  // namespace millpond::spec
