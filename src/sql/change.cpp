#include "sql/change.h"

#include <algorithm>
#include <initializer_list>

#include "sql/sql_text.h"

namespace millpond::sql {
namespace {

bool is_name(const Token& token) { return token.kind == Token::Kind::kWord || token.kind == Token::Kind::kQuotedName; }

/// Reads tokens from the left.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), tokens_(tokens_of(text)) {}
  bool take(std::string_view word) {
    if (next_ >= tokens_.size() || !tokens_[next_].is(word)) return false;
    ++next_;
    return true;
  }
  bool take_all(std::initializer_list<std::string_view> words) {
    const std::size_t before = next_;
    for (const std::string_view word : words) {
      if (!take(word)) return next_ = before, false;
    }
    return true;
  }
  /// A table's name; `main.` before it is allowed.
  std::string name() {
    if (next_ >= tokens_.size() || !is_name(tokens_[next_])) return {};
    std::string text = tokens_[next_++].name();
    if (text == "main" && take(".")) return name();
    return text;
  }
  /// "AS x" or "x", unless the next word is one of these; empty if there is none.
  std::string alias(std::initializer_list<std::string_view> but) {
    if (take("as")) return name();
    if (done() || !is_name(tokens_[next_]) || is_any(but)) return {};
    return name();
  }
  bool is(std::string_view word) const { return next_ < tokens_.size() && tokens_[next_].is(word); }
  bool is_any(std::initializer_list<std::string_view> words) const {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return is(word); });
  }
  bool is_at(std::size_t ahead, std::string_view word) const {
    return next_ + ahead < tokens_.size() && tokens_[next_ + ahead].is(word);
  }
  std::string rest() const {
    return next_ < tokens_.size() ? std::string(text_.substr(tokens_[next_].at)) : std::string();
  }
  bool done() const { return next_ >= tokens_.size(); }

  /// The text up to one of these words that stands outside of parentheses and CASE ... END, which is next then.
  std::string until(std::initializer_list<std::string_view> words) {
    const std::size_t first = next_;
    int depth = 0, cases = 0;
    for (; next_ < tokens_.size(); ++next_) {
      const Token& token = tokens_[next_];
      if (depth == 0 && cases == 0 && is_any(words) && !follows_distinct()) break;
      if (token.is("(") || token.is("[") || token.is("{")) ++depth;
      if (token.is(")") || token.is("]") || token.is("}")) --depth;
      if (token.is("case")) ++cases;
      if (token.is("end") && cases > 0) --cases;
    }
    if (first == next_) return {};
    const Token& last = tokens_[next_ - 1];
    return std::string(text_.substr(tokens_[first].at, last.at + last.text.size() - tokens_[first].at));
  }

 private:
  /// "a IS DISTINCT FROM b" has no FROM clause.
  bool follows_distinct() const { return is("from") && next_ > 0 && tokens_[next_ - 1].is("distinct"); }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t next_ = 0;
};

std::optional<Change> parse_insert(Reader& in, Change change) {
  change.table = in.name();
  if (change.table.empty() || in.is(".")) return {};
  if (in.take_all({"by", "name"})) change.by_name = true;
  if (in.is("(") && !in.is_at(1, "select") && !in.is_at(1, "with") && !in.is_at(1, "from") && in.take("(")) {
    do change.columns.push_back(in.name());
    while (in.take(","));
    if (!in.take(")")) return {};
  }
  change.query = (change.with.empty() ? "" : change.with + "\n") + in.until({"returning"});
  change.returning = in.take("returning");
  return change;
}

std::optional<Change> parse_create(Reader& in) {
  Change change;
  change.kind = Change::Kind::kCreate;
  change.replace = in.take_all({"or", "replace"});
  if (!in.take("table")) return {};
  change.if_not_exists = in.take_all({"if", "not", "exists"});
  change.table = in.name();
  if (change.table.empty() || !in.take("as")) return {};
  change.query = in.rest();
  return change;
}

std::optional<Change> parse_delete(Reader& in, Change change) {
  change.kind = Change::Kind::kDelete;
  change.table = in.name();
  if (change.table.empty() || in.is(".")) return {};
  change.alias = in.alias({"using", "where", "returning"});
  if (in.take("using")) change.source = in.until({"where", "returning"});
  if (in.take("where")) change.query = in.until({"returning"});
  change.returning = in.take("returning");
  return change.returning || in.done() ? std::optional(change) : std::nullopt;
}

std::optional<Change> parse_update(Reader& in, Change change) {
  change.kind = Change::Kind::kUpdate;
  change.table = in.name();
  if (change.table.empty() || in.is(".")) return {};
  change.alias = in.alias({"set"});
  if (!in.take("set")) return {};
  change.settings = in.until({"from", "where", "returning"});
  if (in.take("from")) change.source = in.until({"where", "returning"});
  if (in.take("where")) change.query = in.until({"returning"});
  change.returning = in.take("returning");
  return change.returning || in.done() ? std::optional(change) : std::nullopt;
}

std::optional<Change> parse_merge(Reader& in, Change change) {
  change.kind = Change::Kind::kMerge;
  change.table = in.name();
  if (change.table.empty() || in.is(".")) return {};
  change.alias = in.alias({"using"});
  if (!in.take("using")) return {};
  change.source = in.until({"on", "using", "when"});
  if (!in.is("on") && !in.is("using")) return {};
  change.on = in.until({"when"});
  while (in.is("when")) {
    MergeClause clause;
    clause.when = in.until({"then"});
    if (!in.take("then")) return {};
    clause.action = in.until({"when", "returning"});
    Reader words(clause.when);
    clause.by_source = words.take_all({"when", "not", "matched", "by", "source"});
    change.clauses.push_back(std::move(clause));
  }
  change.returning = in.take("returning");
  return !change.clauses.empty() && (change.returning || in.done()) ? std::optional(change) : std::nullopt;
}

std::optional<Change> parse_parts(std::string_view statement) {
  Reader in(statement);
  Change change;
  if (in.is("with")) change.with = in.until({"insert", "delete", "update", "merge"});
  if (in.take_all({"insert", "into"})) return parse_insert(in, change);
  if (in.take_all({"delete", "from"})) return parse_delete(in, change);
  if (in.take("update")) return parse_update(in, change);
  if (in.take_all({"merge", "into"})) return parse_merge(in, change);
  if (!change.with.empty()) return {};
  if (in.take("create")) return parse_create(in);
  if (in.take_all({"drop", "table"})) {
    change.kind = Change::Kind::kDrop;
    change.if_exists = in.take_all({"if", "exists"});
    change.table = in.name();
    if (change.table.empty() || !in.done()) return {};
    return change;
  }
  return {};
}

}  // namespace

std::optional<Change> parse_change(std::string_view statement) {
  std::optional<Change> change = parse_parts(statement);
  if (change && change->alias.empty()) change->alias = change->table;
  return change;
}

std::string name_of_source(std::string_view source) {
  const std::vector<Token> tokens = tokens_of(source);
  std::size_t last = tokens.size();
  if (last > 0 && tokens[last - 1].is(")")) {  // "(select ...) AS s(a, b)", "read_csv('x.csv')"
    int depth = 0;
    do {
      --last;
      depth += tokens[last].is(")") ? 1 : tokens[last].is("(") ? -1 : 0;
    } while (last > 0 && depth > 0);
  }
  return last > 0 && is_name(tokens[last - 1]) ? tokens[last - 1].name() : std::string();
}

}  // namespace millpond::sql
