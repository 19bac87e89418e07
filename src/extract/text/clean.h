#pragma once
// What every extractor promises about text: NFC, single spaces, no control characters.

#include <string>
#include <string_view>

namespace millpond::extract {

/// Appends `in` (valid UTF-8) with runs of white space as one space, none at the start of a line of `out`.
/// No-break spaces count as white space; control characters, soft hyphens and zero-width spaces vanish.
void append_collapsed(std::string& out, std::string_view in);

/// Appends `in` (valid UTF-8) as it is laid out: \n and \t and runs of spaces stay; \r\n and \r become \n; the rest as
/// above.
void append_verbatim(std::string& out, std::string_view in);

/// Drops white space at both ends.
void trim(std::string& text);
/// Drops empty lines at the start and white space at the end; keeps the indentation of the first line.
void trim_lines(std::string& text);
/// Brings valid UTF-8 into normalisation form C.
void normalize(std::string& text);

/// `in` collapsed, trimmed, in NFC.
std::string clean(std::string_view in);

/// Writes the UTF-8 of a code point; U+FFFD for surrogates and values beyond Unicode.
void append_code_point(std::string& out, char32_t point);

/// Escapes text for HTML element content.
void append_escaped(std::string& out, std::string_view text);

}  // namespace millpond::extract
