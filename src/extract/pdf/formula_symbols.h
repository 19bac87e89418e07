#pragma once
// Symbols of printed formulas as TeX.

#include <cstdint>
#include <string_view>

namespace millpond::extract::pdf {

enum class SymbolKind : std::uint8_t {
  kUnknown,
  kOrdinary,
  kOperator,  ///< large, may have limits above and below
  kBinary,
  kRelation,
  kOpen,
  kClose,
  kPunctuation,
  kAccent  ///< stands above a letter: TeX is the command that takes the letter
};

struct FormulaSymbol {
  SymbolKind kind = SymbolKind::kUnknown;
  std::string_view tex;
};

/// Of anything but letters and digits of the Latin alphabet; kUnknown if it has no command.
FormulaSymbol formula_symbol(char32_t code);

/// A letter or digit of the mathematical alphabets of Unicode as the plain one and the command that styles it.
struct StyledLetter {
  char32_t plain = 0;        ///< 0: not one of them
  std::string_view command;  ///< empty for italics
};
StyledLetter styled_letter(char32_t code);

}  // namespace millpond::extract::pdf
