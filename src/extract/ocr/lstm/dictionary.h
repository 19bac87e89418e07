#pragma once
// The words of a language, as graphs whose edges are letters.
// Source: Tesseract's dict/dawg.cpp and dict/dict.cpp, def_letter_is_okay (Apache-2.0).

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "extract/ocr/lstm/traineddata.h"

namespace millpond::extract::lstm {

/// What a run of letters may be. Higher ones are surer.
enum class WordKind : std::uint8_t { kNone = 0, kPunctuation = 1, kAny = 2, kNumber = 6, kWord = 8 };

/// One list of words. Edges of a place lie one after the other; the last one has a mark.
class WordGraph {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  /// Errors: kCorrupt.
  static Result<WordGraph> read(std::string_view bytes);

  bool empty() const { return edges_.empty(); }
  /// The edge of a letter out of a place; kNone if there is none.
  std::uint32_t edge(std::uint32_t place, std::uint32_t letter, bool must_end) const;
  bool ends_word(std::uint32_t edge) const { return (edges_[edge] >> letter_bits_ & 4) != 0; }
  /// The place behind an edge (kNone: the start); kNone if nothing follows.
  std::uint32_t place_after(std::uint32_t edge) const;

 private:
  std::vector<std::uint64_t> edges_;
  unsigned letter_bits_ = 0;
  std::vector<std::uint32_t> first_edges_;  ///< by letter, of the start, which has many
};

/// Where a word that is being read may stand: in one of the lists, within a pattern of punctuation.
struct WordPlace {
  std::int8_t list = -1;  ///< -1: none yet; 0: words, 1: numbers
  bool after = false;     ///< in the punctuation behind it
  std::uint32_t edge = WordGraph::kNone, punctuation = WordGraph::kNone;
  bool in_pattern = false;
  bool operator==(const WordPlace&) const = default;
};

class Dictionary {
 public:
  /// A file without words gives a dictionary that knows none. Errors: kCorrupt.
  static Result<Dictionary> read(const LanguageParts& parts);

  bool empty() const { return start_.empty(); }
  std::span<const WordPlace> start() const { return start_; }
  /// The places after one more letter, added to `to`; `may_end` if a word may end there.
  WordKind advance(std::span<const WordPlace> from, std::uint32_t letter, bool digit, std::vector<WordPlace>& to,
                   bool& may_end) const;

 private:
  void into_list(const WordPlace& place, std::uint32_t letter, bool digit, std::vector<WordPlace>& to,
                 std::size_t first, WordKind& kind, bool& may_end) const;
  void within_list(const WordPlace& place, std::uint32_t letter, bool digit, std::vector<WordPlace>& to,
                   std::size_t first, WordKind& kind, bool& may_end) const;

  WordGraph punctuation_, lists_[2];
  std::vector<WordPlace> start_;
};

}  // namespace millpond::extract::lstm
