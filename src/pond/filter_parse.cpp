#include <cctype>
#include <charconv>
#include <optional>

#include "millpond/pond/filter.h"

namespace millpond::pond {
namespace {

constexpr int kDepthMax = 64;

struct Token {
  enum class Kind : unsigned char { kEnd, kName, kText, kNumber, kSign };
  Kind kind = Kind::kEnd;
  std::string text;     // names in quotes keep their case; other names are also keywords
  bool quoted = false;  // a name in double quotes
  std::size_t place = 0;
};

/// Parses by recursive descent, one token ahead.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Filter> run() {
    MP_TRY(advance());
    MP_ASSIGN(Filter filter, either(0));
    if (token_.kind != Token::Kind::kEnd) return unexpected("the end");
    return filter;
  }

 private:
  static bool word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.'; }

  Status advance() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    token_ = {.place = at_};
    if (at_ == text_.size()) return {};
    const char c = text_[at_];
    if (c == '\'' || c == '"') return quoted(c);
    const bool digit = std::isdigit(static_cast<unsigned char>(c));
    const bool negative =
        c == '-' && at_ + 1 < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_ + 1]));
    if (digit || negative) {
      token_.kind = Token::Kind::kNumber;
      token_.text += text_[at_++];
      while (at_ < text_.size() && (word_char(text_[at_]) || ((text_[at_] == '-' || text_[at_] == '+') &&
                                                              std::tolower(text_[at_ - 1]) == 'e'))) {
        token_.text += text_[at_++];
      }
      return {};
    }
    if (word_char(c)) {
      token_.kind = Token::Kind::kName;
      while (at_ < text_.size() && word_char(text_[at_])) token_.text += text_[at_++];
      return {};
    }
    token_.kind = Token::Kind::kSign;
    token_.text = std::string(1, c);
    ++at_;
    const char next = at_ < text_.size() ? text_[at_] : ' ';
    if ((c == '<' && (next == '=' || next == '>')) || ((c == '>' || c == '!') && next == '=')) {
      token_.text += next;
      ++at_;
    }
    return {};
  }

  Status quoted(char quote) {
    token_.kind = quote == '"' ? Token::Kind::kName : Token::Kind::kText;
    token_.quoted = true;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] != quote) {
        token_.text += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == quote) {
        token_.text += text_[++at_];
      } else {
        ++at_;
        return {};
      }
    }
    return invalid("a quote is not closed, at character ", token_.place + 1, ": ", text_);
  }

  bool is_word(std::string_view word) const {
    if (token_.kind != Token::Kind::kName || token_.quoted || token_.text.size() != word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i) {
      if (std::tolower(static_cast<unsigned char>(token_.text[i])) != word[i]) return false;
    }
    return true;
  }
  bool is_sign(std::string_view sign) const { return token_.kind == Token::Kind::kSign && token_.text == sign; }
  Status unexpected(std::string_view wanted) const {
    return invalid("expected ", wanted, " at character ", token_.place + 1, " of the condition: ", text_);
  }
  Status take_word(std::string_view word) { return is_word(word) ? advance() : unexpected(word); }
  Status take_sign(std::string_view sign) { return is_sign(sign) ? advance() : unexpected(sign); }

  Result<Filter> either(int depth) {
    if (depth > kDepthMax) return invalid("the condition is nested too deeply");
    std::vector<Filter> parts;
    for (;;) {
      MP_ASSIGN(Filter part, both(depth));
      parts.push_back(std::move(part));
      if (!is_word("or")) return any_of(std::move(parts));
      MP_TRY(advance());
    }
  }
  Result<Filter> both(int depth) {
    std::vector<Filter> parts;
    for (;;) {
      MP_ASSIGN(Filter part, one(depth));
      parts.push_back(std::move(part));
      if (!is_word("and")) return all_of(std::move(parts));
      MP_TRY(advance());
    }
  }
  Result<Filter> one(int depth) {
    if (is_word("not")) {
      if (depth > kDepthMax) return invalid("the condition is nested too deeply");
      MP_TRY(advance());
      MP_ASSIGN(const Filter inner, one(depth + 1));
      return negated(inner);
    }
    if (is_sign("(")) {
      MP_TRY(advance());
      MP_ASSIGN(Filter inner, either(depth + 1));
      MP_TRY(take_sign(")"));
      return inner;
    }
    if (is_word("true") || is_word("false")) {
      const bool yes = is_word("true");
      MP_TRY(advance());
      return Filter{.kind = yes ? Filter::Kind::kTrue : Filter::Kind::kFalse};
    }
    return comparison();
  }

  Result<Filter> comparison() {
    if (token_.kind != Token::Kind::kName) return unexpected("a column");
    Filter out{.kind = Filter::Kind::kCompare, .column = token_.text};
    MP_TRY(advance());
    if (is_word("is")) {
      MP_TRY(advance());
      out.compare = is_word("not") ? Compare::kNotNull : Compare::kIsNull;
      if (is_word("not")) MP_TRY(advance());
      MP_TRY(take_word("null"));
      return out;
    }
    const bool no = is_word("not");
    if (no) MP_TRY(advance());
    MP_ASSIGN(Filter made, word_or_sign(std::move(out), no));
    return no ? negated(made) : made;
  }

  Result<Filter> word_or_sign(Filter out, bool no) {
    if (is_word("in")) {
      MP_TRY(advance());
      MP_TRY(take_sign("("));
      out.compare = Compare::kIn;
      for (;;) {
        MP_TRY(constant(out));
        if (!is_sign(",")) break;
        MP_TRY(advance());
      }
      MP_TRY(take_sign(")"));
      return out;
    }
    if (is_word("between")) {
      MP_TRY(advance());
      Filter upper = out;
      out.compare = Compare::kGreaterEqual;
      upper.compare = Compare::kLessEqual;
      MP_TRY(constant(out));
      MP_TRY(take_word("and"));
      MP_TRY(constant(upper));
      return all_of({std::move(out), std::move(upper)});
    }
    if (is_word("like")) return like(std::move(out));
    if (no) return unexpected("in, between or like");
    static constexpr std::pair<std::string_view, Compare> kSigns[] = {
        {"=", Compare::kEqual},   {"<>", Compare::kNotEqual},  {"!=", Compare::kNotEqual},    {"<", Compare::kLess},
        {">", Compare::kGreater}, {"<=", Compare::kLessEqual}, {">=", Compare::kGreaterEqual}};
    for (const auto& [sign, compare] : kSigns) {
      if (!is_sign(sign)) continue;
      MP_TRY(advance());
      out.compare = compare;
      MP_TRY(constant(out));
      return out;
    }
    return unexpected("a comparison");
  }

  Result<Filter> like(Filter out) {
    MP_TRY(advance());
    if (token_.kind != Token::Kind::kText) return unexpected("a text");
    const std::string& pattern = token_.text;
    const std::size_t wild = pattern.find_first_of("%_");
    if (wild == std::string::npos) {
      out.compare = Compare::kEqual;
    } else if (wild + 1 == pattern.size() && pattern[wild] == '%') {
      out.compare = Compare::kStartsWith;
    } else {
      return invalid("only a start can be searched for, as in 'abc%': ", pattern);
    }
    out.values.emplace_back(pattern.substr(0, wild));
    MP_TRY(advance());
    return out;
  }

  Status constant(Filter& out) {
    if (is_word("date") || is_word("timestamp")) MP_TRY(advance());
    if (token_.kind == Token::Kind::kText) {
      out.values.emplace_back(token_.text);
    } else if (is_word("true") || is_word("false")) {
      out.values.emplace_back(is_word("true"));
    } else if (token_.kind == Token::Kind::kNumber) {
      const char* begin = token_.text.data();
      const char* end = begin + token_.text.size();
      std::int64_t whole = 0;
      double real = 0;
      if (const auto parsed = std::from_chars(begin, end, whole); parsed.ec == std::errc() && parsed.ptr == end) {
        out.values.emplace_back(whole);
      } else if (const auto wide = std::from_chars(begin, end, real); wide.ec == std::errc() && wide.ptr == end) {
        out.values.emplace_back(real);
      } else {
        return unexpected("a number");
      }
    } else {
      return unexpected("a constant");
    }
    return advance();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Token token_;
};

}  // namespace

Result<Filter> parse_filter(std::string_view text) { return Parser(text).run(); }

}  // namespace millpond::pond
