#pragma once
// Plain text seen as lines, and what single lines look like.

#include <string>
#include <string_view>

namespace millpond::extract {

struct Line {
  std::string_view text;  ///< without indentation and trailing white space
  int indent = 0;         ///< columns; a tab goes to the next multiple of 8
  int width = 0;          ///< columns of `text`: wide East Asian characters count two
  bool gap = false;       ///< set in columns: a tab or three spaces between words
};

/// Takes the next line off `rest`. A form feed ends a line.
Line next_line(std::string_view& rest);

/// A line of one punctuation character, repeated at least three times: the character, else 0.
char rule_character(std::string_view text);

/// The mark of a list item ("-", "•", "12.", "(a)") with the space behind it: its length, else 0.
std::size_t item_mark_length(std::string_view text);
/// True for marks that count: "1.", "(a)", "iv)".
bool is_numbered(std::string_view text);

/// Depth of a section number such as "2.1.3" in front of a word that starts upper case; 0 if there is none.
int section_depth(std::string_view text);
/// Length of that number with the space behind it.
std::size_t section_number_length(std::string_view text);

/// At least four letters, none of them lower case.
bool is_upper_case(std::string_view text);
bool has_lower_case(std::string_view text);

/// Columns of the first word.
int first_word_width(std::string_view text);

/// Drawn with characters: "+---+", "|a|b|", box-drawing.
bool is_drawn(std::string_view text);

/// Appends `line` to a paragraph under construction: a space between, none between East Asian characters or after a
/// hyphen within a word.
void append_joined(std::string& paragraph, std::string_view line);

}  // namespace millpond::extract
