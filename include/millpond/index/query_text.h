#pragma once
// What a person types into a search box: words, and signs that say more.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millpond::index {

/// A piece of a query.
struct QueryPart {
  enum class Kind : unsigned char {
    kWords,   ///< any of them
    kPhrase,  ///< all of them, in this order, next to each other
    kPrefix,  ///< words that begin so
    kFuzzy,   ///< words that differ by at most `edits` letters
  };
  Kind kind = Kind::kWords;
  std::string text;
  std::string field;  ///< only in this column; empty: in any
  bool excluded = false;
  int edits = 0;
  bool operator==(const QueryPart&) const = default;
  /// Whether rows without it are no hits (with it, if it is excluded).
  bool required() const { return excluded || kind == Kind::kPhrase || !field.empty(); }
};

/// Reads a query: words, "a phrase", prefix*, fuzzy~1 (or ~, ~2), -without, column:word, column:"a phrase". A sign that
/// stands where it says nothing is text: a colon behind what is no column, a quote that is not closed, a dash in a
/// word.
///
/// Shape: at most 256 parts; what follows is taken as words. `fields` are the columns that can be named.
std::vector<QueryPart> parse_query(std::string_view text, std::span<const std::string> fields);

/// The query without signs and without what it excludes: for a model of meaning.
std::string words_of(std::span<const QueryPart> parts);

}  // namespace millpond::index
