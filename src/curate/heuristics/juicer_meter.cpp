#include "curate/heuristics/juicer_meter.h"

#include <unicode/locid.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <numeric>

#include "curate/quality/lines.h"
#include "curate/words/byte_hash.h"
#include "curate/words/char_classes.h"

namespace millpond::curate {
namespace {

double ratio(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

bool is_gap(char c) { return c == ' ' || c == '\n' || c == '\t'; }

/// Without special characters at its ends.
std::string_view bare(std::string_view word, const CharKinds& kinds) {
  while (!word.empty()) {
    std::size_t next = 0;
    if (!(kinds.of(decode(word, next)) & kSpecial)) break;
    word.remove_prefix(next);
  }
  while (!word.empty()) {
    std::size_t at = word.size() - 1;
    while (at > 0 && word.size() - at < 4 && (static_cast<unsigned char>(word[at]) & 0xC0) == 0x80) --at;
    std::size_t next = at;
    if (!(kinds.of(decode(word, next)) & kSpecial)) break;
    word = word.substr(0, at);
  }
  return word;
}

/// Of a word in lower case.
std::uint64_t hash_word(std::string_view word) { return hash_bytes(word); }

}  // namespace

std::uint64_t JuicerLists::hash(std::string_view word) { return hash_word(word); }

JuicerSignals JuicerMeter::measure(std::string_view text) {
  JuicerSignals found;
  counts_.count(text);
  found.chars = counts_.chars();
  found.alnum_frac = ratio(counts_.of(kAlnum), found.chars);
  found.special_frac = ratio(counts_.of(kSpecial), found.chars);
  split_lines(text, lines_);
  for (const std::string_view line : lines_) {
    if (static_cast<std::int64_t>(line.size()) <= found.line_chars_most) continue;
    found.line_chars_most = std::max<std::int64_t>(found.line_chars_most, count_chars(line));
  }
  found.line_chars = ratio(found.chars, static_cast<std::int64_t>(lines_.size()));
  measure_words(text, found);
  found.char_repetition = char_repetition(text, static_cast<std::size_t>(found.chars));
  return found;
}

void JuicerMeter::add_word(std::uint64_t hash) {
  hashes_.push_back(hash);
  stop_words_ += lists_.stop_words.has(hash);
  flagged_words_ += lists_.flagged_words.has(hash);
}

void JuicerMeter::measure_words(std::string_view text, JuicerSignals& found) {
  const CharKinds& kinds = CharKinds::get();
  hashes_.clear();
  stop_words_ = flagged_words_ = 0;
  constexpr std::size_t kReadable = 8;  // bytes that may be read past the end
  if (lower_.size() < text.size() + kReadable) lower_.resize(text.size() + text.size() / 4 + kReadable);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    lower_[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t begin = at;
    unsigned char seen = 0;
    for (; at < text.size() && !is_gap(text[at]); ++at) seen |= static_cast<unsigned char>(text[at]);
    if (at == begin) continue;
    const std::string_view word = text.substr(begin, at - begin);
    if (seen < 0x80) {
      std::size_t first = 0, last = word.size();
      const auto special = [&](std::size_t i) {
        return kinds.of_ascii(static_cast<unsigned char>(word[i])) & kSpecial;
      };
      while (first < last && special(first)) ++first;
      while (last > first && special(last - 1)) --last;
      if (first == last) continue;
      ++found.words;
      add_word(hash_readable(lower_.data() + begin + first, last - first));
      continue;
    }
    found.words += !bare(word, kinds).empty();
    bool lowers = false;
    for (std::size_t i = 0; i < word.size() && !lowers;) lowers = kinds.of(decode(word, i)) & kLowers;
    if (!lowers) {
      if (const std::string_view kept = bare(word, kinds); !kept.empty()) add_word(hash_word(kept));
      continue;
    }
    word_.clear();  // lower case first: some special characters are only so in upper case
    icu::UnicodeString::fromUTF8({word.data(), static_cast<std::int32_t>(word.size())})
        .toLower(icu::Locale::getRoot())
        .toUTF8String(word_);
    if (const std::string_view kept = bare(word_, kinds); !kept.empty()) add_word(hash_word(kept));
  }
  const auto words = static_cast<std::int64_t>(hashes_.size());
  found.stop_word_frac = ratio(stop_words_, words);
  found.flagged_word_frac = ratio(flagged_words_, words);
  found.word_repetition = word_repetition();
}

double JuicerMeter::word_repetition() {
  const std::size_t n = row_words_;
  if (hashes_.size() < n) return 0;
  const std::size_t rows = hashes_.size() - n + 1;
  std::uint64_t power = 1, row = 0;  // a polynomial over the words of the row, modulo 2^64
  for (std::size_t i = 0; i < n; ++i) power *= kHashOdd, row = row * kHashOdd + hashes_[i];
  ranks_.begin(rows);
  times_.assign(rows, 0);
  std::int64_t repeated = 0;
  for (std::size_t i = 0;; ++i) {
    const std::uint32_t times = ++times_[ranks_.rank_of(row * kHashLeft)];
    repeated += times == 1 ? 0 : times == 2 ? 2 : 1;
    if (i + 1 == rows) break;
    row = row * kHashOdd + hashes_[i + n] - hashes_[i] * power;
  }
  return ratio(repeated, static_cast<std::int64_t>(rows));
}

// The rows of a long text are counted in several turns, those whose hashes end alike in one, so that memory is bounded.
double JuicerMeter::char_repetition(std::string_view text, std::size_t chars) {
  const std::size_t n = row_chars_;
  if (chars < n) return 0;
  const std::size_t rows = chars - n + 1;
  if (chars != text.size()) {
    begins_.clear();
    for (std::size_t at = 0; at < text.size(); decode(text, at)) begins_.push_back(static_cast<std::uint32_t>(at));
    begins_.push_back(static_cast<std::uint32_t>(text.size()));
  }
  const std::size_t turns = (rows + rows_at_a_time_ - 1) / rows_at_a_time_;
  std::int64_t different = 0;
  often_.clear();  // how often each row comes that comes more than once
  for (std::size_t turn = 0; turn < turns; ++turn) {
    hash_rows(text, chars, turn, turns);
    different += static_cast<std::int64_t>(count_rows());
  }
  const auto root = static_cast<std::size_t>(std::sqrt(static_cast<double>(different)));
  const std::size_t taken = std::min(root, often_.size());
  if (taken < often_.size()) {
    std::nth_element(often_.begin(), often_.begin() + static_cast<std::ptrdiff_t>(taken), often_.end(),
                     std::greater<>());
  }
  const auto covered =
      std::accumulate(often_.begin(), often_.begin() + static_cast<std::ptrdiff_t>(taken), std::int64_t{0});
  return ratio(covered, static_cast<std::int64_t>(rows));
}

/// The hashes of those rows of characters whose turn it is.
void JuicerMeter::hash_rows(std::string_view text, std::size_t chars, std::size_t turn, std::size_t turns) {
  const std::size_t n = row_chars_, rows = chars - n + 1;
  const bool plain = chars == text.size();
  const auto each = [&](auto&& hash_of) {
    if (turns == 1) {
      if (row_hashes_.size() < rows) row_hashes_.resize(rows + rows / 4);
      for (std::size_t i = 0; i < rows; ++i) row_hashes_[i] = hash_of(i);
      rows_ = rows;
      return;
    }
    rows_ = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      const std::uint64_t hash = hash_of(i);
      if ((hash & 0xFFFF) % turns != turn) continue;
      if (rows_ == row_hashes_.size()) row_hashes_.resize(2 * rows_ + 1024);
      row_hashes_[rows_++] = hash;
    }
  };
  const char* const data = text.data();
  if (plain && n >= 8 && n <= 16) {
    return each([&](std::size_t i) {
      return multiplied(load_bytes(data + i) ^ kHashRight, load_bytes(data + i + n - 8) ^ kHashLeft);
    });
  }
  if (plain) return each([&](std::size_t i) { return hash_bytes(text.substr(i, n)); });
  each([&](std::size_t i) { return hash_bytes(text.substr(begins_[i], begins_[i + n] - begins_[i])); });
}

/// How many of the rows are different; adds to `often_`. Rows that have a counter for themselves come once: only the
/// others are looked up.
std::size_t JuicerMeter::count_rows() {
  const std::size_t places = std::bit_ceil(std::max<std::size_t>(64, rows_ * 4));
  counters_.assign(places, 0);
  const int shift = 64 - std::countr_zero(places);
  std::uint64_t* const hashes = row_hashes_.data();
  std::uint8_t* const counters = counters_.data();
  const std::size_t rows = rows_;
  for (std::size_t i = 0; i < rows; ++i) {
    std::uint8_t& counter = counters[hashes[i] >> shift];
    counter = static_cast<std::uint8_t>(counter + (counter < 2));
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    const std::uint64_t hash = hashes[i];
    hashes[kept] = hash;
    kept += counters[hash >> shift] > 1;
  }
  ranks_.begin(kept);
  times_.assign(kept, 0);
  constexpr std::size_t kAhead = 12;
  for (std::size_t i = 0; i < kept; ++i) {
    ranks_.fetch(hashes[std::min(i + kAhead, kept - 1)]);
    ++times_[ranks_.rank_of(hashes[i])];
  }
  for (std::uint32_t rank = 0; rank < ranks_.size(); ++rank) {
    if (times_[rank] > 1) often_.push_back(times_[rank]);
  }
  return rows - kept + ranks_.size();
}

}  // namespace millpond::curate
