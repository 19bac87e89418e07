#pragma once
// Symbols of formulas as TeX.

#include <cstdint>
#include <string>
#include <string_view>

namespace millpond::extract {

/// Appends a piece of TeX; a blank parts a command from the letter that follows it ("\pi r").
void append_tex(std::string& out, std::string_view piece);
/// Appends one character of a formula: its command where it has one, escaped where TeX gives it another meaning.
void append_tex_symbol(std::string& out, std::uint32_t point);
/// The text of a run of a formula, symbol by symbol. Carets and low lines before a letter or digit stay as they are.
std::string tex_of_symbols(std::string_view text);
/// "\log" for the functions that TeX knows, else "\operatorname{name}".
std::string tex_function(std::string_view name);
/// Text inside a formula: "\text{if }".
std::string tex_text(std::string_view text);

}  // namespace millpond::extract
