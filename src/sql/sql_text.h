#pragma once
// SQL as text: quoting, and cutting a script into statements.

#include <string>
#include <string_view>
#include <vector>

namespace millpond::sql {

std::string quoted_name(std::string_view name);   ///< "a ""b"""
std::string quoted_text(std::string_view value);  ///< 'it''s'

/// A piece of SQL that means something: a word, a quoted name, a literal, or one symbol.
struct Token {
  enum class Kind : unsigned char { kWord, kQuotedName, kLiteral, kSymbol };
  Kind kind = Kind::kSymbol;
  std::string_view text;                 ///< as written, quotes included
  std::size_t at = 0;                    ///< where it begins
  bool is(std::string_view word) const;  ///< an unquoted word or a symbol, whatever its case
  std::string name() const;              ///< without its quotes
};

/// Without white space and comments. `open`, if given, is set when the text ends inside a quote or a comment.
std::vector<Token> tokens_of(std::string_view sql, bool* open = nullptr);

/// The statements of a script, without their semicolons; empty ones are left out.
std::vector<std::string> statements_of(std::string_view script);

/// Whether a line-by-line prompt has a whole statement: it ends with a semicolon outside of quotes and comments.
bool is_complete(std::string_view script);

}  // namespace millpond::sql
