#pragma once
// Single characters as PDFs carry them.

#include <string>
#include <string_view>

namespace millpond::extract::pdf {

/// Maps what PDFium reports to what the text should have: no control or private-use characters (known bullets of
/// symbol fonts become bullets), one kind of space. 0 means that the character is to be left out.
char32_t clean_code(unsigned code);

inline bool is_space(char32_t c) { return c == ' '; }
/// A hyphen that PDFium takes for one made by the line break, or a soft hyphen.
inline bool is_line_hyphen(char32_t c) { return c == 0xAD; }
bool is_rtl(char32_t c);
/// Scripts that are written without spaces between words: lines are joined without one.
bool is_spaceless(char32_t c);
bool is_bullet(char32_t c);
inline bool is_combining(char32_t c) { return c >= 0x300 && c < 0x370; }
/// The character that stands for a combining mark without a letter (TeX sets quotes with them); others as they are.
char32_t spacing_form(char32_t c);

/// The combining mark of an accent that stands alone; 0 for all others.
char32_t combining_form(char32_t c);

void append_utf8(std::string& out, char32_t code);
/// The code point at `at`, and steps over it. U+FFFD and one byte for malformed input.
char32_t next_code(std::string_view text, std::size_t& at);
char32_t first_code(std::string_view text);
char32_t last_code(std::string_view text);
bool is_lower(char32_t c);
bool is_letter(char32_t c);

/// NFC, with the Latin ligatures (ﬁ, ﬂ …) spelled out.
void normalize(std::string& text);

}  // namespace millpond::extract::pdf
