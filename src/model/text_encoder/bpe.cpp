// Byte pair encoding: the pair with the lowest rank is joined first, the leftmost of equal ones.

#include <algorithm>
#include <bit>
#include <cstdio>
#include <queue>

#include "model/text_encoder/char_kinds.h"
#include "model/text_encoder/subwords.h"

namespace millpond::model {
namespace {

constexpr std::int32_t kNoRank = INT32_MAX;

/// (left, right) → (rank, joined), in one flat array.
class MergeTable {
 public:
  explicit MergeTable(std::size_t merges) : slots_(std::bit_ceil(merges * 2 + 16)) {}
  void add(std::int32_t left, std::int32_t right, std::int32_t rank, std::int32_t joined) {
    std::size_t at = place(key(left, right));
    while (slots_[at].rank != kNoRank && slots_[at].key != key(left, right)) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {key(left, right), rank, joined};  // the last of two equal merges counts
  }
  std::int32_t rank(std::int32_t left, std::int32_t right, std::int32_t& joined) const {
    const std::uint64_t wanted = key(left, right);
    for (std::size_t at = place(wanted);; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].rank == kNoRank) return kNoRank;
      if (slots_[at].key == wanted) {
        joined = slots_[at].joined;
        return slots_[at].rank;
      }
    }
  }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::int32_t rank = kNoRank, joined = 0;
  };
  static std::uint64_t key(std::int32_t left, std::int32_t right) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
  }
  std::size_t place(std::uint64_t key) const { return (key * 0x9E3779B97F4A7C15ULL >> 20) & (slots_.size() - 1); }
  std::vector<Slot> slots_;
};

class Bpe final : public Subwords {
 public:
  explicit Bpe(BpeSettings settings) : settings_(std::move(settings)), merges_(settings_.merges.size()) {
    const auto id = [&](const std::string& token) {
      const auto found = settings_.vocabulary.find(token);
      return found == settings_.vocabulary.end() ? -1 : found->second;
    };
    std::int32_t rank = 0;
    for (const auto& [left, right] : settings_.merges) {
      const bool continues = !settings_.prefix.empty() && right.starts_with(settings_.prefix);
      const std::string joined = left + (continues ? right.substr(settings_.prefix.size()) : right);
      const std::int32_t a = id(left), b = id(right), ab = id(joined);
      if (a >= 0 && b >= 0 && ab >= 0) merges_.add(a, b, rank, ab);
      ++rank;
    }
    bytes_.assign(256, -1);
    for (int byte = 0; byte < 256; ++byte) {
      if (settings_.raw_bytes || byte < 0x80) bytes_[byte] = id(std::string(1, static_cast<char>(byte)));
    }
    if (settings_.byte_fallback) fallback_ = byte_tokens(settings_.vocabulary);
    plain_ = settings_.prefix.empty() && settings_.suffix.empty();
    cuts_ = plain_ && !settings_.raw_bytes && !settings_.ignore_merges;
    constexpr std::string_view kMark = "\u2581";
    for (const auto& [token, unused] : settings_.vocabulary) {
      for (std::size_t at = token.find(kMark, 1); at != std::string::npos && cuts_; at = token.find(kMark, at + 1)) {
        const bool after_mark = at >= kMark.size() && token.substr(at - kMark.size(), kMark.size()) == kMark;
        cuts_ = after_mark;  // a token with a mark after another character could be joined across the cut
      }
    }
    if (settings_.fuse_unknown && settings_.unknown >= 0 && !id_known(kMark)) cuts_ = false;
    settings_.merges = {};
  }

  bool cuts_at_marks() const override { return cuts_; }

  void encode(std::string_view piece, SubwordScratch& scratch, std::vector<std::int32_t>& ids) const override {
    if (piece.empty()) return;
    if (settings_.ignore_merges) {
      scratch.text.assign(piece);
      if (const auto found = settings_.vocabulary.find(scratch.text); found != settings_.vocabulary.end()) {
        ids.push_back(found->second);
        return;
      }
    }
    std::vector<std::int32_t>& symbols = scratch.symbols;
    symbols.clear();
    if (settings_.raw_bytes && plain_) {
      for (const char c : piece) add_symbol(bytes_[static_cast<unsigned char>(c)], symbols);
    } else {
      split_chars(piece, scratch.text, symbols);
    }
    constexpr std::size_t kShort = 40;
    if (symbols.size() <= kShort) {
      join_few(symbols, scratch.ranks);
    } else {
      join_many(symbols, scratch);
    }
    ids.insert(ids.end(), symbols.begin(), symbols.end());
  }

 private:
  bool id_known(std::string_view token) const { return settings_.vocabulary.count(std::string(token)) > 0; }

  void add_symbol(std::int32_t id, std::vector<std::int32_t>& symbols) const {
    if (id >= 0) return symbols.push_back(id);
    if (settings_.unknown < 0) return;
    if (settings_.fuse_unknown && !symbols.empty() && symbols.back() == settings_.unknown) return;
    symbols.push_back(settings_.unknown);
  }

  void split_chars(std::string_view piece, std::string& text, std::vector<std::int32_t>& symbols) const {
    for (std::size_t at = 0; at < piece.size();) {
      const std::size_t begin = at;
      const auto byte = static_cast<unsigned char>(piece[at]);
      if (byte < 0x80 && plain_) {
        ++at;
        if (bytes_[byte] >= 0) {
          symbols.push_back(bytes_[byte]);
          continue;
        }
      } else if (settings_.raw_bytes) {
        ++at;
      } else {
        (void)read_char(piece, at);
      }
      text.assign(begin > 0 ? settings_.prefix : std::string());
      text.append(piece.substr(begin, at - begin));
      if (at == piece.size()) text += settings_.suffix;
      const auto found = settings_.vocabulary.find(text);
      if (found != settings_.vocabulary.end()) {
        symbols.push_back(found->second);
      } else if (!fall_back(text, symbols)) {
        add_symbol(-1, symbols);
      }
    }
  }

  bool fall_back(std::string_view text, std::vector<std::int32_t>& symbols) const {
    if (fallback_.empty()) return false;
    for (const char c : text) {
      if (fallback_[static_cast<unsigned char>(c)] < 0) return false;
    }
    for (const char c : text) symbols.push_back(fallback_[static_cast<unsigned char>(c)]);
    return true;
  }

  void join_few(std::vector<std::int32_t>& symbols, std::vector<std::int32_t>& ranks) const {
    std::int32_t joined = 0;
    ranks.clear();
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i)
      ranks.push_back(merges_.rank(symbols[i], symbols[i + 1], joined));
    while (!ranks.empty()) {
      const auto best = std::min_element(ranks.begin(), ranks.end());
      if (*best == kNoRank) return;
      const auto at = static_cast<std::size_t>(best - ranks.begin());
      (void)merges_.rank(symbols[at], symbols[at + 1], joined);
      symbols[at] = joined;
      symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(at) + 1);
      ranks.erase(best);
      if (at > 0) ranks[at - 1] = merges_.rank(symbols[at - 1], symbols[at], joined);
      if (at < ranks.size()) ranks[at] = merges_.rank(symbols[at], symbols[at + 1], joined);
    }
  }

  /// The same with a heap, for pieces so long that looking at all pairs each time would be quadratic.
  void join_many(std::vector<std::int32_t>& symbols, SubwordScratch& scratch) const {
    struct Pair {
      std::int32_t rank, at, left, right;
      bool operator>(const Pair& other) const { return rank != other.rank ? rank > other.rank : at > other.at; }
    };
    const auto count = static_cast<std::int32_t>(symbols.size());
    std::vector<std::int32_t>&previous = scratch.previous, &next = scratch.next;
    previous.resize(symbols.size()), next.resize(symbols.size());
    std::vector<Pair> pairs;
    std::int32_t joined = 0;
    for (std::int32_t i = 0; i < count; ++i) {
      previous[i] = i - 1, next[i] = i + 1;
      if (i + 1 == count) break;
      const std::int32_t rank = merges_.rank(symbols[i], symbols[i + 1], joined);
      if (rank != kNoRank) pairs.push_back({rank, i, symbols[i], symbols[i + 1]});
    }
    std::priority_queue<Pair, std::vector<Pair>, std::greater<>> queue(std::greater<>(), std::move(pairs));
    const auto offer = [&](std::int32_t left, std::int32_t right) {
      if (left < 0 || right >= count) return;
      const std::int32_t rank = merges_.rank(symbols[left], symbols[right], joined);
      if (rank != kNoRank) queue.push({rank, left, symbols[left], symbols[right]});
    };
    while (!queue.empty()) {
      const Pair pair = queue.top();
      queue.pop();
      if (symbols[pair.at] != pair.left || next[pair.at] >= count || symbols[next[pair.at]] != pair.right) continue;
      const std::int32_t right = next[pair.at];
      (void)merges_.rank(pair.left, pair.right, joined);
      symbols[pair.at] = joined;
      symbols[right] = -1;
      next[pair.at] = next[right];
      if (next[right] < count) previous[next[right]] = pair.at;
      offer(previous[pair.at], pair.at);
      offer(pair.at, next[pair.at]);
    }
    std::erase(symbols, -1);
  }

  BpeSettings settings_;
  MergeTable merges_;
  std::vector<std::int32_t> bytes_, fallback_;
  bool plain_ = true, cuts_ = false;
};

}  // namespace

std::vector<std::int32_t> byte_tokens(const Vocabulary& vocabulary) {
  std::vector<std::int32_t> ids(256, -1);
  for (unsigned byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", byte);
    if (const auto found = vocabulary.find(name); found != vocabulary.end()) ids[byte] = found->second;
  }
  return ids;
}

std::unique_ptr<Subwords> make_bpe(BpeSettings settings) { return std::make_unique<Bpe>(std::move(settings)); }

}  // namespace millpond::model
