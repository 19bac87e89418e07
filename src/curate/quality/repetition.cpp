#include "curate/quality/repetition.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "curate/quality/lines.h"

namespace millpond::curate {
namespace {

constexpr std::uint64_t kBase = 0x9E3779B97F4A7C15u | 1;

constexpr std::uint32_t kStartBytes = 16;

std::uint64_t mixed(std::uint64_t hash) {
  hash ^= hash >> 32;
  hash *= 0xD6E8FEB86659FD93u;
  return hash ^ (hash >> 32);
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

std::uint64_t RepetitionMeter::power(std::uint32_t exponent) const {
  if (exponent < powers_.size()) return powers_[exponent];
  std::uint64_t result = 1;
  for (std::uint64_t square = kBase; exponent > 0; exponent >>= 1, square *= square) {
    if (exponent & 1) result *= square;
  }
  return result;
}

// Polynomials in kBase modulo 2^64: the hash of any row of words is a difference of two prefixes, and words run
// together hash by their bytes alone, as strings compare.
void RepetitionMeter::hash_words(std::string_view text, const std::vector<WordToken>& words) {
  if (powers_.empty()) {
    powers_.resize(1024, 1);
    for (std::size_t i = 1; i < powers_.size(); ++i) powers_[i] = powers_[i - 1] * kBase;
  }
  const std::size_t count = words.size() + 1;
  joined_.resize(count), spaced_.resize(count), bytes_.resize(count), chars_.resize(count);
  joined_[0] = spaced_[0] = 0;
  bytes_[0] = chars_[0] = 0;
  std::uint64_t joined = 0, spaced = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::uint64_t word = 0;
    for (std::uint32_t at = words[i].begin; at < words[i].end; ++at) {
      word = word * kBase + static_cast<unsigned char>(text[at]) + 1;
    }
    const std::uint32_t size = words[i].end - words[i].begin;
    const std::uint64_t shift = power(size);
    joined = joined * shift + word;
    spaced = (spaced * shift + word) * kBase;
    joined_[i + 1] = joined;
    spaced_[i + 1] = spaced;
    bytes_[i + 1] = bytes_[i] + size;
    chars_[i + 1] = chars_[i] + words[i].chars;
  }
}

// A longer row of words occurs twice only where the rows that it begins and ends with do: after the pairs, few are
// left.
double RepetitionMeter::top(std::size_t n, double chars) {
  if (joined_.size() <= n) return 0;
  const std::size_t grams = joined_.size() - n;
  place_.resize(grams + 1);
  std::size_t candidates = grams;
  if (n > 2) {
    candidates = 0;
    for (std::size_t i = 0; i < grams; ++i) candidates += frequent_[i] = frequent_[i] & frequent_[i + 1];
  } else {
    frequent_.assign(grams, 1);
  }
  clear(candidates);
  std::uint32_t most = 1, first = 0;
  for (std::size_t i = 0; i < grams; ++i) {
    if (!frequent_[i]) continue;
    const std::uint32_t size = bytes_[i + n] - bytes_[i] + static_cast<std::uint32_t>(n);
    Slot& slot = find(spaced_[i + n] - spaced_[i] * power(size));
    place_[i] = static_cast<std::uint32_t>(&slot - slots_.data());
    if (slot.count++ == 0) slot.first = static_cast<std::uint32_t>(i);
    // Of equally frequent ones the reference takes that which came first.
    if (slot.count > most || (slot.count == most && slot.first < first)) most = slot.count, first = slot.first;
  }
  for (std::size_t i = 0; i < grams; ++i) {
    if (frequent_[i]) frequent_[i] = slots_[place_[i]].count > 1;
  }
  const double length = chars_[first + n] - chars_[first] + static_cast<double>(n - 1);
  return length * most / chars;
}

// Rows of words that are equal as bytes begin with the same bytes; where no other word begins so, nothing is looked up.
void RepetitionMeter::mark_repeated_starts(std::string_view text, const std::vector<WordToken>& words) {
  run_together_.clear();
  for (const WordToken& word : words) run_together_.append(text, word.begin, word.end - word.begin);
  run_together_.append(kStartBytes, '\0');
  clear(words.size());
  place_.resize(words.size() + 1);
  again_.assign(words.size(), 0);
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::uint64_t start[2];
    std::memcpy(start, run_together_.data() + bytes_[i], sizeof start);
    Slot& slot = find((start[0] * kBase) ^ mixed(start[1] + kBase));
    ++slot.count;
    place_[i] = static_cast<std::uint32_t>(&slot - slots_.data());
  }
  for (std::size_t i = 0; i < words.size(); ++i) again_[i] = slots_[place_[i]].count > 1;
}

double RepetitionMeter::repeated(std::size_t n, double chars) {
  if (joined_.size() <= n) return 0;
  const std::size_t grams = joined_.size() - n;
  std::size_t candidates = 0;
  for (std::size_t i = 0; i < grams; ++i) candidates += again_[i] || bytes_[i + n] - bytes_[i] < kStartBytes;
  clear(candidates);
  std::int64_t covered = 0;
  for (std::size_t i = 0; i < grams;) {
    const std::uint32_t size = bytes_[i + n] - bytes_[i];
    if (!again_[i] && size >= kStartBytes) {
      ++i;
      continue;
    }
    Slot& slot = find(joined_[i + n] - joined_[i] * power(size));
    if (slot.count++ > 0) {
      covered += chars_[i + n] - chars_[i];
      i += n;
    } else {
      ++i;
    }
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
  hash_words(text, words);
  for (std::size_t n = 2; n <= 4; ++n) found.top_ngram_frac[n - 2] = top(n, length);
  mark_repeated_starts(text, words);
  for (std::size_t n = 5; n <= 10; ++n) found.dup_ngram_frac[n - 5] = repeated(n, length);
  return found;
}

}  // namespace millpond::curate
