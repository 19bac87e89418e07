#include "curate/quality/long_repetition.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "curate/quality/lines.h"
#include "curate/words/byte_hash.h"
#include "curate/words/hash_set.h"

namespace millpond::curate {
namespace {

constexpr std::size_t kAhead = 16;  // rows whose places are fetched before they are looked at

/// Finds the most frequent row of `n` words: counters that several rows may share say which can be it, and those alone
/// are counted one by one, a share of them at a time if they are many.
class MostFrequent {
 public:
  MostFrequent(std::string_view text, const PackedTokens& words, std::size_t n)
      : text_(text), words_(words), n_(n), counters_(std::bit_ceil(std::max<std::size_t>(64, words.size() / 16))) {
    shift_ = 64 - std::countr_zero(counters_.size());
  }

  /// Its code points with one between the words, times how often it occurs.
  double chars() {
    if (words_.size() < n_) return 0;
    std::uint32_t bound = 0;
    each_row(
        [&](std::uint64_t hash, std::size_t, std::size_t) { bound = std::max(bound, ++counters_[hash >> shift_]); });
    if (bound < 2) return first_row_chars();
    while (true) {
      most_ = {.count = 1};
      count_candidates(bound);
      if (most_.count >= bound || bound == 2) break;
      bound = std::max(most_.count, 2u);
    }
    if (most_.count < 2) return first_row_chars();
    return static_cast<double>(most_.chars) * most_.count;
  }

 private:
  struct Row {
    std::uint64_t hash = 0;
    std::size_t first = 0;
    std::size_t chars = 0;
    std::uint32_t count = 0;
  };

  /// `use(hash, first word, code points)`.
  template <class Use>
  void each_row(Use&& use) const {
    std::array<std::uint64_t, 4> hashes{};
    std::array<std::size_t, 4> sizes{};
    PackedTokens::Reader reader(words_, text_);
    std::string_view word;
    for (std::size_t i = 0; reader.next(word); ++i) {
      hashes[i % n_] = hash_bytes(word);
      sizes[i % n_] = count_chars(word);
      if (i + 1 < n_) continue;
      std::uint64_t row = hashes[(i + 1) % n_];
      std::size_t chars = n_ - 1 + sizes[(i + 1) % n_];
      for (std::size_t k = 2; k <= n_; ++k) {
        row = row * kHashLeft + hashes[(i + k) % n_];
        chars += sizes[(i + k) % n_];
      }
      use(row, i + 1 - n_, chars);
    }
  }

  double first_row_chars() const {
    double chars = 0;
    each_row([&](std::uint64_t, std::size_t first, std::size_t row_chars) {
      if (first == 0) chars = static_cast<double>(row_chars);
    });
    return chars;
  }

  void count_candidates(std::uint32_t bound) {
    std::size_t most_rows = 0;
    for (const std::uint32_t counter : counters_) most_rows += counter >= bound ? counter : 0;
    const std::size_t at_once = std::max<std::size_t>(1 << 16, text_.size() / 128);
    const std::size_t parts = std::bit_ceil((most_rows + at_once - 1) / at_once);
    const std::size_t slots = std::bit_ceil(2 * std::min(most_rows, 2 * at_once));
    for (std::size_t part = 0; part < parts; ++part) {
      rows_.assign(slots, {});
      used_ = 0;
      each_row([&](std::uint64_t hash, std::size_t first, std::size_t chars) {
        if (counters_[hash >> shift_] < bound || ((hash ^ hash >> 32) & (parts - 1)) != part) return;
        count(hash, first, chars);
      });
    }
    rows_ = {};
  }

  void count(std::uint64_t hash, std::size_t first, std::size_t chars) {
    if (2 * used_ >= rows_.size()) widen();
    Row& row = slot_of(hash);
    if (row.count == 0) {
      row = {hash, first, chars, 0};
      ++used_;
    }
    ++row.count;
    // Of equally frequent ones the reference takes that which came first.
    if (row.count > most_.count || (row.count == most_.count && row.first < most_.first)) most_ = row;
  }

  Row& slot_of(std::uint64_t hash) {
    std::size_t at = multiplied(hash, kHashRight) & (rows_.size() - 1);
    while (rows_[at].count != 0 && rows_[at].hash != hash) at = (at + 1) & (rows_.size() - 1);
    return rows_[at];
  }

  void widen() {
    std::vector<Row> old(2 * rows_.size());
    old.swap(rows_);
    for (const Row& row : old) {
      if (row.count != 0) slot_of(row.hash) = row;
    }
  }

  const std::string_view text_;
  const PackedTokens& words_;
  const std::size_t n_;
  std::vector<std::uint32_t> counters_;
  int shift_;
  std::vector<Row> rows_;
  std::size_t used_ = 0;
  Row most_;
};

/// Two bits for each place: whether hashes fell on it never, once, or more often.
class TwiceFilter {
 public:
  explicit TwiceFilter(std::size_t hashes)
      : bits_(std::bit_ceil(std::max<std::size_t>(64, hashes / 16))), shift_(59 - std::countr_zero(bits_.size())) {}
  void fetch(std::uint64_t hash) const { __builtin_prefetch(&bits_[hash >> shift_ >> 5]); }
  void add(std::uint64_t hash) {
    std::uint64_t& word = bits_[hash >> shift_ >> 5];
    const int at = 2 * static_cast<int>(hash >> shift_ & 31);
    const std::uint64_t now = word >> at & 3;
    word += std::uint64_t{now < 2} << at;
  }
  bool twice(std::uint64_t hash) const {
    return bits_[hash >> shift_ >> 5] >> (2 * static_cast<int>(hash >> shift_ & 31)) >> 1 & 1;
  }

 private:
  std::vector<std::uint64_t> bits_;
  const int shift_;
};

/// Rows of words as their bytes run together, some thousands at a time.
class RowWindows {
 public:
  RowWindows(std::string_view text, const PackedTokens& words, std::size_t n, RowsBy by)
      : reader_(words, text), n_(n), by_(by) {}

  /// False at the end.
  bool next() {
    const std::size_t kept = std::min(n_ - 1, sizes_.size());  // words that begin rows of this window as well
    first_ += sizes_.size() - kept;
    bytes_.erase(0, begins_.empty() ? 0 : begins_[sizes_.size() - kept]);
    sizes_.erase(sizes_.begin(), sizes_.end() - static_cast<std::ptrdiff_t>(kept));
    chars_.erase(chars_.begin(), chars_.end() - static_cast<std::ptrdiff_t>(kept));
    bytes_.resize(bytes_.size() - (begins_.empty() ? 0 : kSlack));
    std::string_view word;
    constexpr std::size_t kWords = 1 << 14, kBytes = 1 << 20;
    while ((sizes_.size() < n_ || (sizes_.size() < kWords && bytes_.size() < kBytes)) && reader_.next(word)) {
      bytes_ += word;
      sizes_.push_back(word.size());
      chars_.push_back(count_chars(word));
    }
    if (sizes_.size() < n_) return false;
    bytes_.append(kSlack, '\0');
    begins_.assign(1, 0);
    for (const std::size_t size : sizes_) begins_.push_back(begins_.back() + size);
    hashes_.clear();
    for (std::size_t i = 0; i + n_ <= sizes_.size(); ++i) {
      hashes_.push_back(hash_readable(bytes_.data() + begins_[i], begins_[i + n_] - begins_[i]));
      if (by_ == RowsBy::kWords) hashes_.back() = with_sizes(hashes_.back(), i);
    }
    return true;
  }
  std::size_t first() const { return first_; }  ///< the first row's first word
  const std::vector<std::uint64_t>& hashes() const { return hashes_; }
  std::int64_t chars(std::size_t i) const {
    std::int64_t sum = 0;
    for (std::size_t k = i; k < i + n_; ++k) sum += chars_[k];
    return sum;
  }

 private:
  static constexpr std::size_t kSlack = 8;  // bytes that hashing may read past the end
  std::uint64_t with_sizes(std::uint64_t hash, std::size_t i) const {
    std::uint64_t sizes = 0;
    for (std::size_t k = i; k < i + n_; ++k) sizes = sizes * kHashLeft + sizes_[k];
    return multiplied(hash ^ kHashOdd, sizes ^ kHashRight);
  }
  PackedTokens::Reader reader_;
  const std::size_t n_;
  const RowsBy by_;
  std::string bytes_;
  std::vector<std::size_t> sizes_, begins_;
  std::vector<std::uint32_t> chars_;
  std::vector<std::uint64_t> hashes_;
  std::size_t first_ = 0;
};

/// Code points of rows of `n` words that came before and do not overlap.
std::int64_t repeated_chars(std::string_view text, const PackedTokens& words, std::size_t n, RowsBy by) {
  TwiceFilter filter(words.size());
  for (RowWindows windows(text, words, n, by); windows.next();) {
    const auto& hashes = windows.hashes();
    for (std::size_t k = 0; k < hashes.size(); ++k) {
      filter.fetch(hashes[std::min(k + kAhead, hashes.size() - 1)]);
      filter.add(hashes[k]);
    }
  }
  HashSet seen;
  std::int64_t covered = 0;
  std::size_t next = 0;
  for (RowWindows windows(text, words, n, by); windows.next();) {
    const auto& hashes = windows.hashes();
    for (std::size_t k = 0; k < hashes.size(); ++k) {
      const std::uint64_t ahead = hashes[std::min(k + kAhead, hashes.size() - 1)];
      filter.fetch(ahead);
      seen.fetch(ahead);
      if (windows.first() + k < next || !filter.twice(hashes[k]) || seen.insert(hashes[k])) continue;
      covered += windows.chars(k);
      next = windows.first() + k + n;
    }
  }
  return covered;
}

}  // namespace

RepeatedPieces repeated_pieces(std::string_view text, std::size_t least) {
  RepeatedPieces found;
  HashSet seen;
  const auto take = [&](std::string_view piece) {
    ++found.pieces;
    if (seen.insert(hash_bytes(piece))) return;
    ++found.repeated;
    found.repeated_chars += count_chars(piece);
  };
  std::size_t begin = 0, at = 0;
  while ((at = text.find('\n', at)) != std::string_view::npos) {
    std::size_t end = at;
    while (end < text.size() && text[end] == '\n') ++end;
    if (end - at >= least) {
      take(text.substr(begin, at - begin));
      begin = end;
    }
    at = end;
  }
  take(text.substr(begin));
  return found;
}

Repetition repetition_of_long(std::string_view text, const PackedTokens& words, std::size_t chars, RowsBy rows) {
  Repetition found;
  if (chars == 0) return found;
  const auto length = static_cast<double>(chars);
  const RepeatedPieces paragraphs = repeated_pieces(stripped(text), 2);
  found.dup_para_frac = static_cast<double>(paragraphs.repeated) / static_cast<double>(paragraphs.pieces);
  found.dup_para_char_frac = static_cast<double>(paragraphs.repeated_chars) / length;
  const RepeatedPieces lines = repeated_pieces(text, 1);
  found.dup_line_frac = static_cast<double>(lines.repeated) / static_cast<double>(lines.pieces);
  found.dup_line_char_frac = static_cast<double>(lines.repeated_chars) / length;
  for (std::size_t n = 2; n <= 4; ++n) found.top_ngram_frac[n - 2] = MostFrequent(text, words, n).chars() / length;
  for (std::size_t n = 5; n <= 10; ++n) {
    found.dup_ngram_frac[n - 5] = static_cast<double>(repeated_chars(text, words, n, rows)) / length;
  }
  return found;
}

}  // namespace millpond::curate
