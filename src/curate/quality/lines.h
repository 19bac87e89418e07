#pragma once
// Pieces of a text, cut as Python's string methods cut them.

#include <string_view>
#include <vector>

namespace millpond::curate {

/// Without white space at the ends (str.strip), only at the beginning, or only at the end.
std::string_view stripped(std::string_view text);
std::string_view stripped_left(std::string_view text);
std::string_view stripped_right(std::string_view text);

/// str.splitlines: also at \r, \v, \f, U+001C to U+001E, U+0085, U+2028 and U+2029; no empty line at the end.
void split_lines(std::string_view text, std::vector<std::string_view>& lines);
/// At every "\n", empty lines included (str.split("\n")).
void split_newlines(std::string_view text, std::vector<std::string_view>& lines);
/// At every run of "\n"; an empty piece at an end where the text has one.
void split_breaks(std::string_view text, std::vector<std::string_view>& pieces);
/// At every run of two or more "\n".
void split_paragraphs(std::string_view text, std::vector<std::string_view>& pieces);

}  // namespace millpond::curate
