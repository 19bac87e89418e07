#pragma once
// Words of a line, and keys of rows of words.

#include <xxhash.h>

#include <bit>
#include <cstdint>
#include <string_view>

namespace millpond::curate {

inline constexpr std::uint64_t kSentenceBegin = 1, kSentenceEnd = 2;
inline constexpr int kWordOrderMax = 8;

inline std::uint64_t word_key(std::string_view word) {
  const std::uint64_t key = XXH3_64bits(word.data(), word.size());
  return key < 4 ? key + 4 : key;
}

/// The key of a row of words from the key of all but its first word: rows grow to the left.
inline std::uint64_t longer_key(std::uint64_t row, std::uint64_t word) {
  return (std::rotl(row, 23) ^ word) * 0x9E3779B97F4A7C15U + 0xD6E8FEB86659FD93U;
}
inline std::uint64_t row_of_one(std::uint64_t word) { return longer_key(0, word); }

/// Calls `take` with each word of a line.
template <class Take>
void each_line_word(std::string_view line, Take take) {
  constexpr std::string_view kBlank(" \t\r\v\f\0", 6);
  for (std::size_t at = line.find_first_not_of(kBlank); at != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(kBlank, at), line.size());
    take(line.substr(at, end - at));
    at = line.find_first_not_of(kBlank, end);
  }
}

template <class Take>
void each_line(std::string_view text, Take take) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    take(text.substr(at, end - at));
    at = end + 1;
  }
}

/// The file: this head, then `slots` slots.
struct WordModelHead {
  char magic[8];  ///< "mpwords1"
  std::uint32_t order = 0;
  float unknown = 0;        ///< log10 of the probability of a word that is in no text
  std::uint64_t slots = 0;  ///< a power of two
  std::uint64_t rows = 0;
};

struct WordModelSlot {
  std::uint64_t key = 0;  ///< 0: empty
  float log10 = 0;        ///< of the last word's probability after the others
  float backoff = 0;      ///< log10 of what is left to rows that were not seen after this one
};

}  // namespace millpond::curate
