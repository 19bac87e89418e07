// Unigram language model: the pieces whose probabilities multiply to the most (Viterbi).

#include <algorithm>
#include <limits>

#include "model/text_encoder/char_kinds.h"
#include "model/text_encoder/subwords.h"
#include "model/tokenizer/word_trie.h"

namespace millpond::model {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

class Unigram final : public Subwords {
 public:
  explicit Unigram(const UnigramSettings& settings)
      : ids_(ids_of(settings)), trie_(entries(ids_), {}), unknown_(settings.unknown) {
    double lowest = 0;
    for (const auto& [piece, score] : settings.pieces) {
      scores_.push_back(score);
      lowest = std::min(lowest, score);
    }
    constexpr double kUnknownPenalty = 10;
    unknown_score_ = lowest - kUnknownPenalty;
    if (settings.byte_fallback) fallback_ = byte_tokens(ids_);
  }

  void encode(std::string_view piece, SubwordScratch& scratch, std::vector<std::int32_t>& ids) const override {
    if (piece.empty()) return;
    const std::size_t size = piece.size();
    std::vector<double>& scores = scratch.scores;
    std::vector<std::uint32_t>& starts = scratch.starts;
    std::vector<std::int32_t>& best = scratch.symbols;
    scores.assign(size + 1, 0), starts.assign(size + 1, kNone), best.assign(size + 1, unknown_);
    const auto offer = [&](std::size_t end, double score, std::size_t start, std::int32_t id) {
      if (starts[end] != kNone && score <= scores[end]) return;
      scores[end] = score, starts[end] = static_cast<std::uint32_t>(start), best[end] = id;
    };
    for (std::size_t at = 0; at < size;) {
      std::size_t after = at;
      (void)read_char(piece, after);
      bool single = false;
      std::uint32_t node = trie_.word_root();
      for (std::size_t end = at; end < size;) {
        node = trie_.step(node, static_cast<unsigned char>(piece[end++]));
        if (node == 0) break;
        if (!trie_.accepts(node)) continue;
        const std::int32_t id = trie_.id(node);
        offer(end, scores[at] + scores_[static_cast<std::size_t>(id)], at, id);
        single |= end == after;
      }
      if (!single) offer(after, scores[at] + unknown_score_, at, unknown_);
      at = after;
    }
    collect(piece, scratch, ids);
  }

 private:
  static Vocabulary ids_of(const UnigramSettings& settings) {
    Vocabulary ids;
    for (std::size_t id = 0; id < settings.pieces.size(); ++id) {
      ids[settings.pieces[id].first] = static_cast<std::int32_t>(id);
    }
    return ids;
  }
  static std::vector<WordTrie::Entry> entries(const Vocabulary& ids) {
    std::vector<WordTrie::Entry> all;
    for (const auto& [piece, id] : ids) {
      if (!piece.empty()) all.emplace_back(piece, id);
    }
    return all;
  }

  /// From the end to the beginning; unknown characters that follow each other are one token.
  void collect(std::string_view piece, SubwordScratch& scratch, std::vector<std::int32_t>& ids) const {
    const std::size_t begin = ids.size();
    std::size_t unknown_end = 0;
    const auto flush = [&](std::size_t start) {
      if (unknown_end == 0) return;
      add_unknown(piece.substr(start, unknown_end - start), scratch.text, ids);
      unknown_end = 0;
    };
    std::size_t end = piece.size();
    while (end > 0) {
      const std::size_t start = scratch.starts[end];
      if (scratch.symbols[end] == unknown_) {
        if (unknown_end == 0) unknown_end = end;
      } else {
        flush(end);
        ids.push_back(scratch.symbols[end]);
      }
      end = start;
    }
    flush(0);
    std::reverse(ids.begin() + static_cast<std::ptrdiff_t>(begin), ids.end());
  }

  /// In reverse, as `collect` works.
  void add_unknown(std::string_view text, std::string& key, std::vector<std::int32_t>& ids) const {
    key.assign(text);
    if (const auto found = ids_.find(key); found != ids_.end()) return ids.push_back(found->second);
    if (!fallback_.empty() &&
        std::all_of(text.begin(), text.end(), [&](char c) { return fallback_[static_cast<unsigned char>(c)] >= 0; })) {
      for (auto c = text.rbegin(); c != text.rend(); ++c) ids.push_back(fallback_[static_cast<unsigned char>(*c)]);
      return;
    }
    if (unknown_ >= 0) ids.push_back(unknown_);
  }

  const Vocabulary ids_;
  const WordTrie trie_;
  const std::int32_t unknown_;
  std::vector<double> scores_;
  double unknown_score_ = 0;
  std::vector<std::int32_t> fallback_;
};

/// The longest pieces from the left; a word with a part that is not there is one unknown token.
class WordPieces final : public Subwords {
 public:
  explicit WordPieces(const WordPieceModelSettings& settings)
      : vocabulary_(settings.vocabulary),
        trie_(entries(settings, false), entries(settings, true)),
        unknown_(settings.unknown),
        chars_max_(settings.chars_max) {}

  void encode(std::string_view piece, SubwordScratch&, std::vector<std::int32_t>& ids) const override {
    std::size_t chars = 0;
    for (const char c : piece) chars += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    const std::size_t before = ids.size();
    if (chars <= chars_max_ && match(piece, ids)) return;
    ids.resize(before);
    if (unknown_ >= 0) ids.push_back(unknown_);
  }

 private:
  static std::vector<WordTrie::Entry> entries(const WordPieceModelSettings& settings, bool continuing) {
    std::vector<WordTrie::Entry> all;
    for (const auto& [token, id] : settings.vocabulary) {
      std::string_view key = token;
      if (continuing) {
        if (!key.starts_with(settings.prefix)) continue;
        key.remove_prefix(settings.prefix.size());
      }
      if (!key.empty()) all.emplace_back(key, id);
    }
    return all;
  }
  bool match(std::string_view piece, std::vector<std::int32_t>& ids) const {
    std::uint32_t root = trie_.word_root();
    for (std::size_t begin = 0; begin < piece.size();) {
      std::uint32_t node = root, longest = 0;
      std::size_t end = begin;
      for (std::size_t i = begin; i < piece.size(); ++i) {
        node = trie_.step(node, static_cast<unsigned char>(piece[i]));
        if (node == 0) break;
        if (trie_.accepts(node)) longest = node, end = i + 1;
      }
      if (longest == 0) return false;
      ids.push_back(trie_.id(longest));
      begin = end;
      root = trie_.continuation_root();
    }
    return true;
  }

  const Vocabulary vocabulary_;
  const WordTrie trie_;
  const std::int32_t unknown_;
  const std::size_t chars_max_;
};

class WordLevel final : public Subwords {
 public:
  WordLevel(Vocabulary vocabulary, std::int32_t unknown) : vocabulary_(std::move(vocabulary)), unknown_(unknown) {}
  void encode(std::string_view piece, SubwordScratch& scratch, std::vector<std::int32_t>& ids) const override {
    scratch.text.assign(piece);
    const auto found = vocabulary_.find(scratch.text);
    if (found != vocabulary_.end()) {
      ids.push_back(found->second);
    } else if (unknown_ >= 0) {
      ids.push_back(unknown_);
    }
  }

 private:
  const Vocabulary vocabulary_;
  const std::int32_t unknown_;
};

}  // namespace

std::unique_ptr<Subwords> make_unigram(const UnigramSettings& settings) { return std::make_unique<Unigram>(settings); }
std::unique_ptr<Subwords> make_word_pieces(const WordPieceModelSettings& settings) {
  return std::make_unique<WordPieces>(settings);
}
std::unique_ptr<Subwords> make_word_level(Vocabulary vocabulary, std::int32_t unknown) {
  return std::make_unique<WordLevel>(std::move(vocabulary), unknown);
}

}  // namespace millpond::model
