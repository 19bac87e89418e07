#pragma once
// Source code cut into definitions.

#include <string>
#include <string_view>
#include <vector>

#include "extract/markup/source_lines.h"

namespace millpond::extract {

/// Lines `begin` to `end` of a file: a definition, or what stands between two of them.
struct CodeUnit {
  std::size_t begin = 0, end = 0;
  std::string name;             ///< as written: "def area(self)"; empty between definitions
  std::vector<CodeUnit> inner;  ///< methods of a class, and what is between them
};

/// Definitions begin at a line that `indent` less indented lines end (Python).
std::vector<CodeUnit> python_units(const std::vector<SourceLine>& lines);
/// A definition ends with the brace that closes it. Braces in strings and comments do not count.
std::vector<CodeUnit> brace_units(const std::vector<SourceLine>& lines);
/// A definition ends with `end` at its own indentation.
std::vector<CodeUnit> end_units(const std::vector<SourceLine>& lines);

}  // namespace millpond::extract
