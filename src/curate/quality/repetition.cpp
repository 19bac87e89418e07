#include "curate/quality/repetition.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>

#include "curate/quality/lines.h"
#include "curate/words/byte_hash.h"

namespace millpond::curate {
namespace {

/// Rows of at least so many words are looked up by their bytes.
constexpr std::size_t kLeastRow = 5;
/// Bytes that starts are compared by, one after the other.
constexpr std::array<std::uint32_t, 3> kStartBytes = {16, 32, 48};
constexpr std::size_t kSlack = 80;  // bytes that may be read or written past the end
/// Of more starts than these no hashes are kept, which take 32 bytes each.
constexpr std::size_t kKeptStarts = 1 << 20;
constexpr std::size_t kAhead = 12;  // rows whose places are fetched before they are looked at

/// Counts as far as 255.
std::uint8_t count(std::uint8_t& counter) {
  const std::uint8_t now = counter;
  return counter = static_cast<std::uint8_t>(now + (now < 255));
}

/// Of the first `kSize` bytes.
template <std::uint32_t kSize>
std::uint64_t hash_start(const char* at) {
  std::uint64_t hash = kHashRight;
  for (std::uint32_t i = 0; i < kSize; i += 16) {
    hash = multiplied(load_bytes(at + i) ^ kHashLeft, load_bytes(at + i + 8) ^ hash);
  }
  return hash;
}

/// Of the first 0, 16, 32 and 48 bytes.
void hash_starts(const char* at, std::uint64_t* hashes) {
  const auto further = [&](std::size_t i, std::uint64_t hash) {
    return multiplied(load_bytes(at + i) ^ kHashLeft, load_bytes(at + i + 8) ^ hash);
  };
  hashes[0] = kHashRight;
  hashes[1] = further(0, kHashRight);
  hashes[2] = further(16, hashes[1]);
  hashes[3] = further(32, hashes[2]);
}

/// Makes room, and sets nothing to zero that was there.
template <class T>
void grow(std::vector<T>& values, std::size_t size) {
  if (values.size() >= size) return;
  constexpr std::size_t kMany = 1 << 20;  // texts with so many words are few
  if (size > kMany) values = std::vector<T>();
  values.resize(size > kMany ? size : size + size / 4);
}

}  // namespace

void RepetitionMeter::clear_counters(std::size_t entries) {
  const std::size_t size = std::bit_ceil(std::max<std::size_t>(64, entries * 4));
  counters_.assign(size, 0);
  shift_ = 64 - std::countr_zero(size);
  grow(place_, entries);
}

std::uint32_t RepetitionMeter::count_rows(std::size_t n, std::size_t grams) {
  clear_counters(grams);
  // Pointers of its own: the counters' writes could change members for all that the compiler knows.
  std::uint64_t* const rows = rows_.data();
  const std::uint64_t* const last = words_.data() + n - 1;
  std::uint8_t* const counters = counters_.data();
  const int shift = shift_;
  std::uint8_t peak = 0;
  for (std::size_t i = 0; i < grams; ++i) {
    const std::uint64_t row = rows[i] * kHashLeft + last[i];
    rows[i] = row;
    peak = std::max(peak, count(counters[row >> shift]));
  }
  return peak;
}

/// Leaves those starts of which another has the same first `kSize` bytes.
template <std::uint32_t kSize>
void RepetitionMeter::refine_starts(std::uint32_t longer) {
  const std::size_t size = starts_.size();
  clear_counters(size);
  std::uint32_t *const starts = starts_.data(), *const place = place_.data(), *const unique_from = unique_from_.data();
  const std::uint32_t* const bytes = bytes_.data();
  const char* const text = run_together_.data();
  std::uint8_t* const counters = counters_.data();
  const int shift = shift_;
  for (std::size_t k = 0; k < size; ++k) {
    place[k] = static_cast<std::uint32_t>(hash_start<kSize>(text + bytes[starts[k]]) >> shift);
    count(counters[place[k]]);
  }
  std::size_t kept = 0;
  for (std::size_t k = 0; k < size; ++k) {
    const std::uint32_t i = starts[k];
    const bool again = counters[place[k]] > 1;
    unique_from[i] = again ? longer : unique_from[i];
    starts[kept] = i;
    kept += again;
  }
  starts_.resize(kept);
}

RepetitionMeter::Duplicates RepetitionMeter::duplicates(const std::vector<std::string_view>& pieces) {
  Duplicates duplicates;
  ranks_.begin(pieces.size());
  for (const std::string_view piece : pieces) {
    if (ranks_.insert(hash_bytes(piece))) continue;
    ++duplicates.pieces;
    duplicates.chars += count_chars(piece);
  }
  return duplicates;
}

void RepetitionMeter::run_together(std::string_view text, const std::vector<WordToken>& words) {
  const std::size_t count = words.size();
  count_ = count;
  grow(words_, count);
  grow(bytes_, count + 1), grow(chars_, count + 1);
  grow(run_together_, text.size() + kSlack);
  constexpr std::size_t kCopy = 16;
  std::uint32_t bytes = 0, chars = 0;
  for (std::size_t i = 0; i < count; ++i) {
    bytes_[i] = bytes, chars_[i] = chars;
    const std::uint32_t begin = words[i].begin, size = words[i].end - begin;
    char* to = run_together_.data() + bytes;
    if (size <= kCopy && text.size() - begin >= kCopy) {
      std::memcpy(to, text.data() + begin, kCopy);  // a fixed size; the next word writes over what is too much
    } else {
      std::memcpy(to, text.data() + begin, size);
    }
    words_[i] = size <= kCopy ? hash_tail(to, size, size * kHashLeft) : hash_readable(to, size);
    bytes += size;
    chars += words[i].chars;
  }
  bytes_[count] = bytes, chars_[count] = chars;
  std::memset(run_together_.data() + bytes, 0, kSlack);
}

// The counters say which rows can be the most frequent; only those are counted exactly.
double RepetitionMeter::top(std::size_t n, double chars) {
  if (count_ < n) return 0;
  const std::size_t grams = count_ - n + 1;
  if (n == 2) {
    grow(rows_, count_);
    std::copy_n(words_.begin(), count_, rows_.begin());
  }
  std::uint32_t most = 1, first = 0;
  grow(candidates_, grams);
  for (std::uint32_t bound = count_rows(n, grams); bound > 1;) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < grams; ++i) {
      candidates_[kept] = static_cast<std::uint32_t>(i);
      kept += counters_[rows_[i] >> shift_] >= bound;
    }
    ranks_.begin(kept);
    times_.assign(kept, 0);
    firsts_.resize(kept);
    for (std::size_t k = 0; k < kept; ++k) {
      ranks_.fetch(rows_[candidates_[std::min(k + kAhead, kept - 1)]]);
      const std::uint32_t i = candidates_[k], rank = ranks_.rank_of(rows_[i]);
      if (times_[rank]++ == 0) firsts_[rank] = i;
      // Of equally frequent ones the reference takes that which came first.
      const std::uint32_t times = times_[rank], came = firsts_[rank];
      if (times > most || (times == most && came < first)) most = times, first = came;
    }
    if (most >= bound || bound == 2) break;
    bound = std::max(most, 2u);
    most = 1, first = 0;
  }
  const double length = chars_[first + n] - chars_[first] + static_cast<double>(n - 1);
  return length * most / chars;
}

// Rows of words that are equal as bytes begin with the same bytes. Where no other word begins with so many bytes, no
// row that is at least as long occurs twice, and nothing is looked up.
void RepetitionMeter::find_repeated_starts() {
  starts_.clear();
  const std::size_t count = count_;
  if (count < kLeastRow) return;
  unique_from_.assign(count, kStartBytes.front());
  starts_.resize(count - kLeastRow + 1);
  std::iota(starts_.begin(), starts_.end(), 0u);
  refine_starts<kStartBytes[0]>(kStartBytes[1]);
  refine_starts<kStartBytes[1]>(kStartBytes[2]);
  refine_starts<kStartBytes[2]>(UINT32_MAX);
  starts_.clear();
  for (std::size_t i = 0; i + kLeastRow <= count; ++i) {
    if (bytes_[i + kLeastRow] - bytes_[i] < unique_from_[i]) starts_.push_back(static_cast<std::uint32_t>(i));
  }
  grow(begun_, starts_.size());
  keeps_starts_ = starts_.size() <= kKeptStarts;
  if (keeps_starts_) grow(start_hashes_, 4 * starts_.size());
  for (std::size_t k = 0; k < starts_.size(); ++k) {
    begun_[k] = static_cast<std::uint32_t>(4 * k);
    if (!keeps_starts_) continue;
    hash_starts(run_together_.data() + bytes_[starts_[k]], start_hashes_.data() + 4 * k);
  }
}

double RepetitionMeter::repeated(std::size_t n, double chars) {
  if (count_ < n) return 0;
  const std::size_t grams = count_ - n + 1;
  while (!starts_.empty() && starts_.back() >= grams) starts_.pop_back();
  grow(rows_, starts_.size());
  std::uint32_t* const starts = starts_.data();
  std::uint32_t* const begun = begun_.data();
  const std::uint32_t *const bytes = bytes_.data(), *const unique_from = unique_from_.data();
  std::uint64_t* const rows = rows_.data();
  const std::uint64_t* const start_hashes = start_hashes_.data();
  const char* const text = run_together_.data();
  const std::uint32_t row_bytes = keeps_starts_ ? 64 : 0;  // of those that go on from the hash of a start
  std::size_t kept = 0;
  for (std::size_t k = 0, size_all = starts_.size(); k < size_all; ++k) {
    const std::uint32_t i = starts[k], of = begun[k], size = bytes[i + n] - bytes[i];
    const char* const at = text + bytes[i];
    starts[kept] = i;
    begun[kept] = of;
    rows[kept] = size < row_bytes
                     ? hash_tail(at + (size & ~15u), size & 15, start_hashes[of + size / 16] ^ size * kHashOdd)
                     : hash_readable(at, size);
    kept += size < unique_from[i];
  }
  starts_.resize(kept);
  if (kept == 0) return 0;
  ranks_.begin(kept);
  std::int64_t covered = 0;
  std::size_t next = 0;
  for (std::size_t k = 0; k < kept; ++k) {
    ranks_.fetch(rows_[std::min(k + kAhead, kept - 1)]);
    const std::uint32_t i = starts[k];
    if (i < next || ranks_.insert(rows_[k])) continue;
    covered += chars_[i + n] - chars_[i];
    next = i + n;
  }
  return static_cast<double>(covered) / chars;
}

Repetition RepetitionMeter::measure(std::string_view text, const std::vector<WordToken>& words, std::uint32_t chars,
                                    RowsBy rows) {
  Repetition found;
  if (chars == 0) return found;
  const double length = chars;
  split_paragraphs(stripped(text), pieces_);
  Duplicates same = duplicates(pieces_);
  found.dup_para_frac = static_cast<double>(same.pieces) / static_cast<double>(pieces_.size());
  found.dup_para_char_frac = static_cast<double>(same.chars) / length;
  split_breaks(text, pieces_);
  same = duplicates(pieces_);
  found.dup_line_frac = static_cast<double>(same.pieces) / static_cast<double>(pieces_.size());
  found.dup_line_char_frac = static_cast<double>(same.chars) / length;
  if (rows == RowsBy::kWords) {
    word_rows_.begin(text, words);
    for (std::size_t n = 2; n <= 10; ++n) {
      word_rows_.lengthen();
      if (n < 5) found.top_ngram_frac[n - 2] = word_rows_.most_frequent_chars() / length;
      if (n >= 5) found.dup_ngram_frac[n - 5] = static_cast<double>(word_rows_.repeated_chars()) / length;
    }
    return found;
  }
  run_together(text, words);
  for (std::size_t n = 2; n <= 4; ++n) found.top_ngram_frac[n - 2] = top(n, length);
  find_repeated_starts();
  for (std::size_t n = 5; n <= 10; ++n) found.dup_ngram_frac[n - 5] = repeated(n, length);
  return found;
}

}  // namespace millpond::curate
