#include "curate/quality/word_rows_repeated.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "curate/words/byte_hash.h"

namespace millpond::curate {
namespace {

constexpr std::size_t kSlack = 16;  // bytes that are read past the end of a word

/// Of a word; from `at` on, kSlack bytes can be read.
inline std::uint64_t hash_word(const char* at, std::size_t size) {
  return size <= kSlack ? hash_tail(at, size, size * kHashLeft) : hash_readable(at, size);
}

/// What a place of the table says, or `here` if it is free.
inline std::uint32_t or_here(std::uint32_t place, std::uint32_t base, std::uint32_t here) {
  return place > base ? place - base - 1 : here;
}

}  // namespace

void RepeatedWordRows::begin_table(std::size_t entries) {
  const std::size_t size = std::bit_ceil(std::max<std::size_t>(64, entries * 4));
  base_ += table_size_;
  if (size > places_.size() || base_ > UINT32_MAX - 2 * count_ - 2) {
    places_.assign(std::max(size, places_.size()), 0);
    base_ = 0;
  }
  table_size_ = static_cast<std::uint32_t>(count_ + 1);
  shift_ = 64 - std::countr_zero(size);
}

void RepeatedWordRows::rank_words(std::string_view text, const std::vector<WordToken>& words) {
  const std::size_t count = count_;
  std::uint64_t* const hashes = hashes_.data();
  std::uint32_t* const chars = chars_.data();
  std::uint32_t sum = 0;
  std::size_t safe = count;  // words from here on are too near to the end
  while (safe > 0 && words[safe - 1].end + kSlack > text.size()) --safe;
  for (std::size_t i = 0; i < safe; ++i) {
    const WordToken& word = words[i];
    chars[i] = sum;
    sum += word.chars;
    hashes[i] = hash_word(text.data() + word.begin, word.end - word.begin);
  }
  for (std::size_t i = safe; i < count; ++i) {
    const WordToken& word = words[i];
    std::array<char, 2 * kSlack> bytes{};
    chars[i] = sum;
    sum += word.chars;
    const std::size_t size = word.end - word.begin;
    if (size > kSlack) {
      hashes[i] = hash_word(text.data() + word.begin, size);
    } else {
      std::copy_n(text.data() + word.begin, size, bytes.data());
      hashes[i] = hash_word(bytes.data(), size);
    }
  }
  chars[count] = sum;
  begin_table(count);
  std::uint32_t *const places = places_.data(), *const first_of = word_.data(), *const again = again_.data();
  const std::uint32_t base = base_;
  const int shift = shift_;
  const std::size_t mask = (std::size_t{1} << (64 - shift)) - 1;
  std::size_t came = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t hash = hashes[i];
    const auto here = static_cast<std::uint32_t>(i);
    std::size_t at = hash >> shift;
    std::uint32_t first;
    while (hashes[first = or_here(places[at], base, here)] != hash) at = (at + 1) & mask;
    places[at] = base + first + 1;
    first_of[i] = first;
    again[came] = here;
    came += first != here;
  }
  again_size_ = came;
}

void RepeatedWordRows::begin(std::string_view text, const std::vector<WordToken>& words) {
  count_ = words.size();
  row_words_ = 1;
  hashes_.make(count_), chars_.make(count_ + 1), word_.make(count_), row_.make(count_), again_.make(count_ + 1);
  differ_.make(count_ + 1), shorter_.make(count_), times_.make(count_), seen_.make(count_);
  inside_.make(count_ + kSlack);
  rank_words(text, words);
  std::copy_n(word_.data(), count_, row_.data());
  std::fill_n(seen_.data(), count_, std::uint8_t{0});
  std::fill_n(inside_.data(), count_ + kSlack, std::uint8_t{0});
}

void RepeatedWordRows::lengthen() {
  const std::size_t n = ++row_words_;
  std::uint32_t *const again = again_.data(), *const rows = row_.data(), *const differ = differ_.data();
  const std::uint32_t* const last = word_.data() + n - 1;
  std::size_t came = 0, others = 0;
  for (std::size_t k = 0; k < again_size_; ++k) {
    const std::uint32_t i = again[k];
    if (i + n > count_) break;
    const std::uint32_t first = rows[i];
    again[came] = i;
    differ[others] = i;
    came += first != i;
    others += last[i] != last[first];
  }
  again_size_ = came;
  begin_table(others);
  std::uint32_t *const places = places_.data(), *const shorter = shorter_.data();
  const std::uint32_t base = base_;
  const int shift = shift_;
  const std::size_t mask = (std::size_t{1} << (64 - shift)) - 1;
  for (std::size_t k = 0; k < others; ++k) {
    const std::uint32_t i = differ[k], first = rows[i], word = last[i];
    std::size_t at = (std::uint64_t{first} << 32 | word) * kHashOdd >> shift;
    shorter[i] = first;
    std::uint32_t of;
    for (;; at = (at + 1) & mask) {
      of = or_here(places[at], base, i);  // a new row is equal to itself: no branch asks whether it is new
      if (((shorter[of] ^ first) | (last[of] ^ word)) == 0) break;
    }
    places[at] = base + of + 1;
    rows[i] = of;
  }
}

double RepeatedWordRows::most_frequent_chars() {
  const std::size_t n = row_words_;
  if (count_ < n) return 0;
  std::fill_n(times_.data(), count_, 1u);
  std::uint32_t* const times = times_.data();
  const std::uint32_t *const rows = row_.data(), *const again = again_.data();
  // The number of times above, the place below, turned round: of equally frequent ones the first is the greatest.
  std::uint64_t best = std::uint64_t{1} << 32 | UINT32_MAX;
  for (std::size_t k = 0; k < again_size_; ++k) {
    const std::uint32_t i = again[k], first = rows[i], many = times[first] += first != i;
    best = std::max(best, std::uint64_t{many} << 32 | (UINT32_MAX - first));
  }
  const std::uint32_t first = UINT32_MAX - static_cast<std::uint32_t>(best);
  return (chars_[first + n] - chars_[first] + static_cast<double>(n - 1)) * static_cast<double>(best >> 32);
}

std::int64_t RepeatedWordRows::repeated_chars() {
  const std::size_t n = row_words_;
  const auto mark = static_cast<std::uint8_t>(n);
  std::uint8_t *const inside = inside_.data(), *const seen = seen_.data();
  const std::uint32_t *const rows = row_.data(), *const chars = chars_.data();
  std::int64_t covered = 0;
  std::size_t next = 0;
  for (std::size_t k = 0; k < again_size_; ++k) {
    const std::uint32_t i = again_[k], first = rows[i];
    if (i < next || first == i) continue;
    // The first one was read unless it begins inside another; one in between may have been.
    if (inside[first] != mark || seen[first] == mark) {
      covered += chars[i + n] - chars[i];
      next = i + n;
      std::memset(inside + i + 1, mark, n - 1);
    } else {
      seen[first] = mark;
    }
  }
  return covered;
}

}  // namespace millpond::curate
