#pragma once
// Text markup seen as lines.

#include <string>
#include <string_view>
#include <vector>

namespace millpond::extract {

struct SourceLine {
  std::string_view text;   ///< without indentation and trailing white space
  std::string_view whole;  ///< with indentation
  int indent = 0;          ///< columns; a tab goes to the next multiple of 8
  bool blank() const { return text.empty(); }
};

std::vector<SourceLine> source_lines(std::string_view text);

/// Lines `begin` to `end` as they stand, less their common indentation.
std::string dedented(const std::vector<SourceLine>& lines, std::size_t begin, std::size_t end);

/// White space at both ends taken off.
std::string_view trimmed_view(std::string_view text);

/// A line of one punctuation character, repeated at least `least` times: the character, else 0.
char repeated(std::string_view text, std::size_t least);

}  // namespace millpond::extract
