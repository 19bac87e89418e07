#include "curate/quality/repetition.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>

#include "curate/quality/lines.h"
#include "curate/words/byte_runs.h"

namespace millpond::curate {
namespace {

constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15u, kMix2 = 0xD6E8FEB86659FD93u;

/// Rows of at least so many words are looked up by their bytes.
constexpr std::size_t kLeastRow = 5;
/// Bytes that starts are compared by, one after the other.
constexpr std::array<std::uint32_t, 3> kStartBytes = {16, 32, 48};
constexpr std::size_t kSlack = 48;  // bytes that may be read or written past the end

std::uint64_t mixed(std::uint64_t hash) {
  hash ^= hash >> 32;
  hash *= kMix2;
  return hash ^ (hash >> 32);
}

std::uint64_t combined(std::uint64_t left, std::uint64_t right) {
  left = (left ^ kMix) * kMix2;
  return (left ^ (left >> 31) ^ right) * kMix;
}

/// The hash of `size` bytes, of which at least 16 can be read.
std::uint64_t hash_bytes(const char* at, std::size_t size) {
  if (size <= 8) return combined(load_bytes(at) & (~0ull >> ((64 - 8 * size) & 63)), size);
  std::uint64_t hash = size;
  for (; size > 16; at += 8, size -= 8) hash = combined(load_bytes(at), hash ^ (hash >> 29));
  return combined(load_bytes(at), combined(load_bytes(at + size - 8), hash));
}

/// Counts as far as 255.
std::uint8_t count(std::uint8_t& counter) {
  const std::uint8_t now = counter;
  return counter = static_cast<std::uint8_t>(now + (now < 255));
}

/// Of the first `kSize` bytes.
template <std::uint32_t kSize>
std::uint64_t hash_start(const char* at) {
  std::uint64_t hash = 0;
  for (std::uint32_t i = 0; i < kSize; i += 8) hash = combined(load_bytes(at + i), hash);
  return hash;
}

}  // namespace

void RepetitionMeter::clear(std::size_t entries) {
  const std::size_t size = std::bit_ceil(std::max<std::size_t>(16, entries * 2));
  slots_.assign(size, Slot{});
  mask_ = size - 1;
}

/// The place of a hash, empty (count 0) if it is new. The table is never more than half full.
RepetitionMeter::Slot& RepetitionMeter::find(std::uint64_t hash) {
  std::size_t at = mixed(hash) & mask_;
  while (slots_[at].count > 0 && slots_[at].hash != hash) at = (at + 1) & mask_;
  slots_[at].hash = hash;
  return slots_[at];
}

/// False if the hash is there already. The table is never more than half full.
bool RepetitionMeter::insert(std::uint64_t hash) {
  hash += hash == 0;
  std::size_t at = mixed(hash) & mask_;
  while (set_[at] != 0 && set_[at] != hash) at = (at + 1) & mask_;
  const bool is_new = set_[at] == 0;
  set_[at] = hash;
  return is_new;
}

void RepetitionMeter::clear_counters(std::size_t entries) {
  const std::size_t size = std::bit_ceil(std::max<std::size_t>(64, entries * 4));
  counters_.assign(size, 0);
  shift_ = 64 - std::countr_zero(size);
  place_.resize(entries);
}

std::uint32_t RepetitionMeter::count_rows(std::size_t n, std::size_t grams) {
  clear_counters(grams);
  // Pointers of its own: the counters' writes could change members for all that the compiler knows.
  std::uint64_t* const rows = rows_.data();
  const std::uint64_t* const last = words_.data() + n - 1;
  std::uint32_t* const place = place_.data();
  std::uint8_t* const counters = counters_.data();
  const int shift = shift_;
  std::uint8_t peak = 0;
  for (std::size_t i = 0; i < grams; ++i) {
    rows[i] = rows[i] * kMix2 + last[i];
    const auto at = static_cast<std::uint32_t>((rows[i] * kMix) >> shift);
    place[i] = at;
    peak = std::max(peak, count(counters[at]));
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
    place[k] = static_cast<std::uint32_t>((hash_start<kSize>(text + bytes[starts[k]]) * kMix) >> shift);
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
  clear(pieces.size());
  for (const std::string_view piece : pieces) {
    Slot& slot = find(XXH3_64bits(piece.data(), piece.size()));
    if (slot.count++ > 0) {
      ++duplicates.pieces;
      duplicates.chars += count_chars(piece);
    }
  }
  return duplicates;
}

void RepetitionMeter::run_together(std::string_view text, const std::vector<WordToken>& words) {
  const std::size_t count = words.size();
  words_.resize(count);
  bytes_.resize(count + 1), chars_.resize(count + 1);
  run_together_.resize(text.size() + kSlack);
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
    words_[i] = hash_bytes(to, size);
    bytes += size;
    chars += words[i].chars;
  }
  bytes_[count] = bytes, chars_[count] = chars;
  std::memset(run_together_.data() + bytes, 0, kSlack);
}

// The counters say which rows can be the most frequent; only those are counted exactly.
double RepetitionMeter::top(std::size_t n, double chars) {
  if (words_.size() < n) return 0;
  const std::size_t grams = words_.size() - n + 1;
  if (n == 2) rows_.assign(words_.begin(), words_.end());
  std::uint32_t most = 1, first = 0;
  candidates_.resize(grams);
  for (std::uint32_t bound = count_rows(n, grams); bound > 1;) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < grams; ++i) {
      candidates_[kept] = static_cast<std::uint32_t>(i);
      kept += counters_[place_[i]] >= bound;
    }
    clear(kept);
    for (std::size_t k = 0; k < kept; ++k) {
      const std::uint32_t i = candidates_[k];
      Slot& slot = find(rows_[i]);
      if (slot.count++ == 0) slot.first = i;
      // Of equally frequent ones the reference takes that which came first.
      if (slot.count > most || (slot.count == most && slot.first < first)) most = slot.count, first = slot.first;
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
  const std::size_t count = words_.size();
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
}

double RepetitionMeter::repeated(std::size_t n, double chars) {
  if (words_.size() < n) return 0;
  const std::size_t grams = words_.size() - n + 1;
  std::size_t kept = 0;
  for (const std::uint32_t i : starts_) {
    starts_[kept] = i;
    kept += i < grams && bytes_[i + n] - bytes_[i] < unique_from_[i];
  }
  starts_.resize(kept);
  if (kept == 0) return 0;
  const std::size_t size = std::bit_ceil(std::max<std::size_t>(16, kept * 2));
  set_.assign(size, 0);
  mask_ = size - 1;
  std::int64_t covered = 0;
  std::size_t next = 0;
  for (const std::uint32_t i : starts_) {
    if (i < next) continue;
    if (insert(hash_bytes(run_together_.data() + bytes_[i], bytes_[i + n] - bytes_[i]))) continue;
    covered += chars_[i + n] - chars_[i];
    next = i + n;
  }
  return static_cast<double>(covered) / chars;
}

Repetition RepetitionMeter::measure(std::string_view text, const std::vector<WordToken>& words, std::uint32_t chars) {
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
  run_together(text, words);
  for (std::size_t n = 2; n <= 4; ++n) found.top_ngram_frac[n - 2] = top(n, length);
  find_repeated_starts();
  for (std::size_t n = 5; n <= 10; ++n) found.dup_ngram_frac[n - 5] = repeated(n, length);
  return found;
}

}  // namespace millpond::curate
