#pragma once
// Models that cut one pre-token into the vocabulary's pieces.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace millpond::model {

using Vocabulary = std::unordered_map<std::string, std::int32_t>;

/// What a model needs while it works; one for each thread.
struct SubwordScratch {
  std::vector<std::int32_t> symbols, ranks, previous, next;
  std::vector<double> scores;
  std::vector<std::uint32_t> starts;
  std::string text;
};

/// Threads: immutable once made.
class Subwords {
 public:
  virtual ~Subwords() = default;
  /// Appends the ids of a pre-token.
  virtual void encode(std::string_view piece, SubwordScratch& scratch, std::vector<std::int32_t>& ids) const = 0;
  /// Whether pieces may be cut before each ▁ that follows another character, and give the same ids.
  virtual bool cuts_at_marks() const { return false; }
};

struct BpeSettings {
  Vocabulary vocabulary;
  std::vector<std::pair<std::string, std::string>> merges;
  std::int32_t unknown = -1;
  bool fuse_unknown = false, byte_fallback = false, ignore_merges = false;
  bool raw_bytes = false;  ///< the vocabulary is one of bytes, not of characters
  std::string prefix, suffix;
};
std::unique_ptr<Subwords> make_bpe(BpeSettings settings);

struct UnigramSettings {
  std::vector<std::pair<std::string, double>> pieces;  ///< by id, with their log probability
  std::int32_t unknown = -1;
  bool byte_fallback = false;
};
std::unique_ptr<Subwords> make_unigram(const UnigramSettings& settings);

struct WordPieceModelSettings {
  Vocabulary vocabulary;
  std::int32_t unknown = -1;
  std::string prefix = "##";
  std::size_t chars_max = 100;
};
std::unique_ptr<Subwords> make_word_pieces(const WordPieceModelSettings& settings);
std::unique_ptr<Subwords> make_word_level(Vocabulary vocabulary, std::int32_t unknown);

/// Ids of <0x00> to <0xFF>; -1 where there is none.
std::vector<std::int32_t> byte_tokens(const Vocabulary& vocabulary);

}  // namespace millpond::model
