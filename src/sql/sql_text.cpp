#include "sql/sql_text.h"

#include <cctype>

namespace millpond::sql {
namespace {

bool is_word_byte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

/// The end of what begins at `at`, one past its last byte; the text's size if it never ends (`open` is set then).
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool open = false;

  std::size_t quoted(std::size_t at, char quote, bool escapes) {
    for (std::size_t i = at + 1; i < text_.size(); ++i) {
      if (escapes && text_[i] == '\\') {
        ++i;
      } else if (text_[i] == quote) {
        if (i + 1 >= text_.size() || text_[i + 1] != quote) return i + 1;
        ++i;
      }
    }
    return never_ends();
  }

  std::size_t block_comment(std::size_t at) {
    int depth = 0;
    for (std::size_t i = at; i + 1 < text_.size();) {
      if (text_[i] == '/' && text_[i + 1] == '*') {
        ++depth, i += 2;
      } else if (text_[i] == '*' && text_[i + 1] == '/') {
        i += 2;
        if (--depth == 0) return i;
      } else {
        ++i;
      }
    }
    return never_ends();
  }

  /// `$tag$ ... $tag$`; `at` itself if no such quote begins here.
  std::size_t dollar_quoted(std::size_t at) {
    std::size_t end = at + 1;
    while (end < text_.size() && text_[end] != '$' && is_word_byte(text_[end])) ++end;
    if (end >= text_.size() || text_[end] != '$') return at;
    if (end > at + 1 && std::isdigit(static_cast<unsigned char>(text_[at + 1])) != 0) return at;
    const std::string_view tag = text_.substr(at, end - at + 1);
    const std::size_t close = text_.find(tag, end + 1);
    return close == std::string_view::npos ? never_ends() : close + tag.size();
  }

 private:
  std::size_t never_ends() {
    open = true;
    return text_.size();
  }
  std::string_view text_;
};

}  // namespace

std::string quoted_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

std::string quoted_text(std::string_view value) {
  std::string out = "'";
  for (const char c : value) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + '\'';
}

bool Token::is(std::string_view word) const {
  if ((kind != Kind::kWord && kind != Kind::kSymbol) || text.size() != word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(text[i])) != std::tolower(static_cast<unsigned char>(word[i])))
      return false;
  }
  return true;
}

std::string Token::name() const {
  if (kind != Kind::kQuotedName || text.size() < 2) return std::string(text);
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    out += text[i];
    if (text[i] == '"') ++i;
  }
  return out;
}

std::vector<Token> tokens_of(std::string_view sql, bool* open) {
  std::vector<Token> tokens;
  Scanner scan(sql);
  const auto next_is = [&](std::size_t at, char c) { return at < sql.size() && sql[at] == c; };
  for (std::size_t at = 0; at < sql.size();) {
    const char c = sql[at];
    std::size_t end = at + 1;
    Token::Kind kind = Token::Kind::kSymbol;
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      at = end;
      continue;
    }
    if (c == '-' && next_is(at + 1, '-')) {
      at = std::min(sql.find('\n', at), sql.size());
      continue;
    }
    if (c == '/' && next_is(at + 1, '*')) {
      at = scan.block_comment(at);
      continue;
    }
    if (c == '\'') {
      kind = Token::Kind::kLiteral, end = scan.quoted(at, '\'', false);
    } else if ((c == 'e' || c == 'E') && next_is(at + 1, '\'')) {
      kind = Token::Kind::kLiteral, end = scan.quoted(at + 1, '\'', true);
    } else if (c == '"') {
      kind = Token::Kind::kQuotedName, end = scan.quoted(at, '"', false);
    } else if (c == '$' && scan.dollar_quoted(at) > at) {
      kind = Token::Kind::kLiteral, end = scan.dollar_quoted(at);
    } else if (is_word_byte(c)) {
      kind = std::isdigit(static_cast<unsigned char>(c)) != 0 ? Token::Kind::kLiteral : Token::Kind::kWord;
      while (end < sql.size() && is_word_byte(sql[end])) ++end;
    }
    tokens.push_back({kind, sql.substr(at, end - at), at});
    at = end;
  }
  if (open != nullptr) *open = scan.open;
  return tokens;
}

std::vector<std::string> statements_of(std::string_view script) {
  std::vector<std::string> statements;
  std::size_t begin = 0;
  bool any = false;
  const auto take = [&](std::size_t end) {
    if (any) statements.emplace_back(script.substr(begin, end - begin));
    any = false;
  };
  for (const Token& token : tokens_of(script)) {
    if (!token.is(";")) {
      if (!any) begin = token.at;
      any = true;
      continue;
    }
    take(token.at);
  }
  take(script.size());
  return statements;
}

bool is_complete(std::string_view script) {
  bool open = false;
  const std::vector<Token> tokens = tokens_of(script, &open);
  return !open && !tokens.empty() && tokens.back().is(";");
}

}  // namespace millpond::sql
