#pragma once
// Words: the same code turns text into terms when a segment is built and when it is searched.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::index {

/// A term and the bytes of the text that it stands for.
struct Token {
  std::uint32_t term = 0;   ///< `Analyzer::term(term)` is its spelling; dense ids: new ones count up
  std::uint32_t begin = 0;  ///< bytes, in the analysed text
  std::uint32_t end = 0;
  bool function_word = false;  ///< carries grammar, not content ("the", "which"); a query drops it if others are left
};

/// Turns text into terms: Unicode words, lower case, accents folded, stemmed by language.
///
/// Shape:   words are runs of letters, marks and digits; `user's` and `3.14` stay whole, `foo_bar` and `a-b` do not.
///          Han, Kana and Hangul give overlapping pairs of characters; Thai, Lao, Khmer and Burmese are cut by ICU.
/// Units:   terms are at most 64 bytes; a longer word is cut there. Invalid UTF-8 separates words.
/// Errors:  make: kInvalidArgument for a language without a stemmer.
/// Threads: one instance a thread (it remembers the stem of every word that it saw).
class Analyzer {
 public:
  /// `language`: a Snowball name or code ("english", "de"), or "none" for no stemming.
  static Result<std::unique_ptr<Analyzer>> make(std::string_view language = "english");
  ~Analyzer();

  /// Appends the tokens of `text`, in order. Texts beyond 4 GiB are cut there.
  void analyze(std::string_view text, std::vector<Token>& tokens);
  /// Valid until `forget`.
  std::string_view term(std::uint32_t id) const;
  std::uint32_t terms() const;  ///< how many ids are in use
  std::int64_t memory_bytes() const;
  /// Drops what was remembered; ids start from 0 again.
  void forget();

  /// What decides the terms: rules, their version and the language; segments of another id need a rebuild.
  const std::string& id() const;

 private:
  struct Impl;
  explicit Analyzer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace millpond::index
