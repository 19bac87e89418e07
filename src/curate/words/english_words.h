#pragma once
// Words of a text by spaCy's English rules, token for token as datatrove sees them.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "curate/words/char_classes.h"
#include "curate/words/url_span.h"

namespace millpond::curate {

/// A token. Units: bytes of the text, half-open; `chars` are code points.
struct WordToken {
  enum Flag : std::uint8_t {
    kHasLetter = 1,  ///< a character with the property Alphabetic-as-Python-has-it (str.isalpha)
    kNotSymbol = 2,  ///< a character that is no punctuation
    kAllPunct = 4,   ///< general category P throughout
    kEndsSentence = 8,
    kMergeFirst = 16,  ///< could begin a special that was split
    kMergeNext = 32,   ///< could be the second token of one
  };
  std::uint32_t begin = 0, end = 0, chars = 0;
  std::uint8_t flags = 0;
};

/// Splits text into words.
///
/// Rules:   spans between white space; affixes and infixes split off, exceptions ("don't", "U.S.", ":-)") kept as they
///          are listed; URLs stay whole. White space yields no token.
/// Input:   below 4 GiB. Time linear in the text but for spans with many affixes.
/// Threads: one; spans are remembered in the object, results do not depend on it.
class EnglishWords {
 public:
  EnglishWords();
  ~EnglishWords();
  /// Replaces `tokens` by those of `text`.
  void split(std::string_view text, std::vector<WordToken>& tokens);

 private:
  struct Rules;
  struct Memo;
  static const Rules& rules();
  bool push_plain(std::string_view text, std::size_t begin, std::size_t& end, std::vector<WordToken>& tokens) const;
  void split_span(std::string_view text, std::uint32_t begin, std::uint32_t end, std::vector<WordToken>& tokens);
  bool take_apart(std::string_view span);
  void apply_rules(std::string_view span, std::uint32_t offset, std::vector<WordToken>& tokens);
  void push(std::string_view span, std::uint32_t offset, std::size_t first, std::size_t last,
            std::vector<WordToken>& tokens) const;
  void push_infixes(std::string_view span, std::uint32_t offset, std::size_t first, std::size_t last,
                    std::vector<WordToken>& tokens) const;
  bool push_special(std::string_view special, std::uint32_t begin, std::vector<WordToken>& tokens) const;
  void merge_specials(std::string_view text, std::vector<WordToken>& tokens);

  const Rules& rules_;
  const CharClasses& classes_;
  std::unique_ptr<Memo> memo_;
  std::vector<char32_t> chars_;  // of the span being split
  std::vector<std::uint32_t> char_class_;
  std::vector<std::uint32_t> at_;     // byte of each code point, and the end
  std::vector<std::uint32_t> ends_;   // affixes split off
  std::vector<std::uint32_t> pairs_;  // tokens that with the next one may begin a special
  std::vector<WordToken> merged_;
};

}  // namespace millpond::curate
