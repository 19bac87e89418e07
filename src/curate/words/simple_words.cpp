#include "curate/words/simple_words.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

#include "curate/words/char_classes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace millpond::curate {
namespace {

constexpr std::size_t kBlock = 64, kBlocks = 64, kChunk = kBlock * kBlocks;  // bytes

/// Of 64 bytes, a bit for each: white space, letters and digits, letters, those that are not ASCII.
struct Block {
  std::uint64_t gap, run, letter, wide;
};

/// Kinds of the characters of part of a text; behind its end all is white space.
struct Kinds {
  std::array<std::uint64_t, kBlocks + 2> gap, run, letter, wide, first;  // `first`: first bytes of characters
};

/// 64 bits from bit `at` on.
[[gnu::always_inline]] inline std::uint64_t bits_from(const std::array<std::uint64_t, kBlocks + 2>& mask,
                                                      std::size_t at) {
  const std::size_t word = at / 64, shift = at % 64;
  return mask[word] >> shift | mask[word + 1] << 1 << (63 - shift);
}

[[gnu::always_inline]] inline std::uint64_t lowest(std::size_t count) { return count < 64 ? ~(~0ull << count) : ~0ull; }

bool is_gap(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= 0x1F); }
bool is_letter(unsigned char c) { return static_cast<unsigned char>((c | 32) - 'a') < 26; }
bool is_digit(unsigned char c) { return static_cast<unsigned char>(c - '0') < 10; }

/// A character that is not ASCII.
struct Wide {
  std::size_t end;
  bool gap, run, letter, ends_sentence;
};

Wide wide_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  const std::uint32_t bits = CharClasses::get().of(decode(text, end));
  const bool gap = bits & kSpace, run = !gap && !(bits & (kPunct | kSymbol));
  return {end, gap, run, run && (bits & kLetter) != 0, (bits & kSentenceEnd) != 0};
}

/// Gives the bytes of characters that are not ASCII the kinds of those.
void add_wide(std::string_view text, std::size_t base, std::size_t blocks, Kinds& kinds) {
  std::size_t known = base;  // up to here
  for (std::size_t k = 0; k < blocks; ++k) {
    for (std::uint64_t left = kinds.wide[k]; left != 0; left &= left - 1) {
      const std::size_t at = base + k * kBlock + static_cast<std::size_t>(std::countr_zero(left));
      if (at < known) continue;
      const Wide wide = wide_at(text, at);
      known = wide.end;
      for (std::size_t i = at; i < std::min(wide.end, base + blocks * kBlock); ++i) {
        const std::size_t block = (i - base) / kBlock, bit = (i - base) % kBlock;
        kinds.gap[block] |= std::uint64_t{wide.gap} << bit;
        kinds.run[block] |= std::uint64_t{wide.run} << bit;
        kinds.letter[block] |= std::uint64_t{wide.letter} << bit;
        kinds.first[block] &= ~(std::uint64_t{i > at} << bit);
      }
    }
  }
}

WordToken mark(std::string_view text, std::size_t at, std::size_t& end) {
  const auto byte = static_cast<unsigned char>(text[at]);
  bool ends_sentence = byte == '.' || byte == '!' || byte == '?';
  end = at + 1;
  if (byte >= 0x80) {
    const Wide wide = wide_at(text, at);
    end = wide.end;
    ends_sentence = wide.ends_sentence;
  }
  const int flags = WordToken::kAllPunct | (ends_sentence ? WordToken::kEndsSentence : 0);
  return {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end), 1, static_cast<std::uint8_t>(flags)};
}

WordToken word(std::size_t begin, std::size_t end, std::size_t chars, bool letter) {
  const int flags = WordToken::kNotSymbol | (letter ? WordToken::kHasLetter : 0);
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), static_cast<std::uint32_t>(chars),
          static_cast<std::uint8_t>(flags)};
}

/// The rest of a span that is longer than a mask, character by character: from a letter or digit, or a mark with none
/// before it. Returns where the span ends.
std::size_t split_long_span(std::string_view text, std::size_t at, std::vector<WordToken>& tokens) {
  const auto kind_at = [&](std::size_t here) -> Wide {
    const auto c = static_cast<unsigned char>(text[here]);
    if (c >= 0x80) return wide_at(text, here);
    return {here + 1, is_gap(c), is_letter(c) || is_digit(c), is_letter(c), false};
  };
  std::size_t begin = 0, end = at, chars = 0, all = 0;
  bool begun = false, letter = false;
  for (std::size_t here = at; here < text.size();) {
    const Wide kind = kind_at(here);
    if (kind.gap) break;
    if (!begun && !kind.run) {
      tokens.push_back(mark(text, here, end));
      here = end;
      continue;
    }
    if (!begun) begin = here, begun = true;
    ++all;
    here = kind.end;
    if (!kind.run) continue;
    letter |= kind.letter;
    end = here;
    chars = all;
  }
  if (begun) tokens.push_back(word(begin, end, chars, letter));
  while (end < text.size() && !kind_at(end).gap) tokens.push_back(mark(text, end, end));
  return end;
}

template <Block (*kClassify)(const char*)>
[[gnu::always_inline]] inline void split_by(std::string_view text, std::vector<WordToken>& tokens) {
  tokens.clear();
  constexpr std::size_t kBuffered = 1024;
  std::array<WordToken, kBuffered + kBlock> buffer;
  std::size_t buffered = 0;
  const auto flush = [&] {
    tokens.insert(tokens.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(buffered));
    buffered = 0;
  };
  Kinds kinds;
  for (std::size_t base = 0; base < text.size();) {
    const std::size_t size = std::min(kChunk, text.size() - base), blocks = (size + kBlock - 1) / kBlock;
    std::uint64_t any_wide = 0;
    for (std::size_t k = 0; k < blocks; ++k) {
      std::array<char, kBlock> padded;
      const char* bytes = text.data() + base + k * kBlock;
      if ((k + 1) * kBlock > size) {
        padded.fill(' ');
        std::copy_n(bytes, size - k * kBlock, padded.begin());
        bytes = padded.data();
      }
      const Block block = kClassify(bytes);
      kinds.gap[k] = block.gap, kinds.run[k] = block.run, kinds.letter[k] = block.letter, kinds.wide[k] = block.wide;
      kinds.first[k] = ~0ull;
      any_wide |= block.wide;
    }
    for (std::size_t k = blocks; k < blocks + 2; ++k) {
      kinds.gap[k] = kinds.first[k] = ~0ull;
      kinds.run[k] = kinds.letter[k] = 0;
    }
    if (any_wide != 0) add_wide(text, base, blocks, kinds);
    // A mask from there on, and one behind it, must not go over the end of what is known.
    const std::size_t last = base + size == text.size() ? size : kChunk - 2 * kBlock;
    const auto further = [&](std::size_t from) {  // not into the middle of a character
      return from + static_cast<std::size_t>(std::countr_zero(bits_from(kinds.first, from)));
    };
    std::size_t at = 0;
    while (at < last) {
      const std::uint64_t solid = ~bits_from(kinds.gap, at);
      if (solid == 0) {
        at = further(at + 64);
        continue;
      }
      at += static_cast<std::size_t>(std::countr_zero(solid));
      if (at > last) break;
      if (buffered >= kBuffered) flush();
      const auto length = static_cast<std::size_t>(std::countr_zero(bits_from(kinds.gap, at)));
      const std::uint64_t span = lowest(length), run = bits_from(kinds.run, at) & span;
      const std::uint64_t first = bits_from(kinds.first, at);
      const auto push_marks = [&](std::uint64_t marks) {
        for (marks &= first; marks != 0; marks &= marks - 1) {
          std::size_t end;
          buffer[buffered++] = mark(text, base + at + static_cast<std::size_t>(std::countr_zero(marks)), end);
        }
      };
      if (length == 64 && run != 0) {
        flush();
        at = split_long_span(text, base + at, tokens) - base;
        continue;
      }
      if (run == 0) {
        push_marks(span);
        at = length == 64 ? further(at + 64) : at + length;
        continue;
      }
      const auto begin = static_cast<std::size_t>(std::countr_zero(run));
      const std::size_t end = 64 - static_cast<std::size_t>(std::countl_zero(run));
      if (begin > 0) push_marks(lowest(begin));
      const std::uint64_t inside = lowest(end) & ~lowest(begin);
      const std::size_t chars = end - begin - static_cast<std::size_t>(std::popcount(inside & ~first));
      buffer[buffered++] = word(base + at + begin, base + at + end, chars, (bits_from(kinds.letter, at) & inside) != 0);
      if (end < length) push_marks(span & ~lowest(end));
      at += length;
    }
    base += std::max(at, std::size_t{1});
  }
  flush();
}

Block classify_scalar(const char* bytes) {
  Block block{};
  for (std::size_t i = 0; i < kBlock; i += 8) {
    const auto bits = [&](std::uint64_t tops) { return ((tops >> 7) * 0x0102040810204080u) >> 56 << i; };
    const std::uint64_t eight = load_bytes(bytes + i), letters = ascii_letters(eight);
    block.letter |= bits(letters);
    block.run |= bits(letters | bytes_between(eight, '0', '9'));
    block.gap |=
        bits(bytes_between(eight, ' ', ' ') | bytes_between(eight, '\t', '\r') | bytes_between(eight, 0x1C, 0x1F));
    block.wide |= bits(eight & kEachTop);
  }
  return block;
}

void split_scalar(std::string_view text, std::vector<WordToken>& tokens) { split_by<classify_scalar>(text, tokens); }

#if defined(__x86_64__)
#define MILLPOND_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt")))
#define MILLPOND_AVX512 __attribute__((target("avx512f,avx512bw,bmi,bmi2,popcnt,lzcnt")))

MILLPOND_AVX2 inline __m256i avx2_below(__m256i x, char from, char count) {  // from <= x < from + count
  const __m256i moved = _mm256_sub_epi8(x, _mm256_set1_epi8(from));
  return _mm256_cmpeq_epi8(_mm256_min_epu8(moved, _mm256_set1_epi8(static_cast<char>(count - 1))), moved);
}

MILLPOND_AVX2 inline std::uint64_t avx2_bits(__m256i x) { return static_cast<std::uint32_t>(_mm256_movemask_epi8(x)); }

MILLPOND_AVX2 inline Block classify_avx2(const char* bytes) {
  Block block{};
  for (std::size_t i = 0; i < kBlock; i += 32) {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + i));
    const __m256i letters = avx2_below(_mm256_or_si256(v, _mm256_set1_epi8(32)), 'a', 26);
    const __m256i breaks = _mm256_or_si256(avx2_below(v, '\t', 5), avx2_below(v, 0x1C, 4));
    block.letter |= avx2_bits(letters) << i;
    block.run |= avx2_bits(_mm256_or_si256(letters, avx2_below(v, '0', 10))) << i;
    block.gap |= avx2_bits(_mm256_or_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8(' ')), breaks)) << i;
    block.wide |= avx2_bits(v) << i;
  }
  return block;
}

MILLPOND_AVX2 void split_avx2(std::string_view text, std::vector<WordToken>& tokens) {
  split_by<classify_avx2>(text, tokens);
}

MILLPOND_AVX512 inline std::uint64_t avx512_below(__m512i x, char from, char count) {
  return _mm512_cmplt_epu8_mask(_mm512_sub_epi8(x, _mm512_set1_epi8(from)), _mm512_set1_epi8(count));
}

MILLPOND_AVX512 inline Block classify_avx512(const char* bytes) {
  const __m512i v = _mm512_loadu_si512(bytes);
  const std::uint64_t letters = avx512_below(_mm512_or_si512(v, _mm512_set1_epi8(32)), 'a', 26);
  const std::uint64_t breaks = avx512_below(v, '\t', 5) | avx512_below(v, 0x1C, 4);
  return {_mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(' ')) | breaks, letters | avx512_below(v, '0', 10), letters,
          _mm512_movepi8_mask(v)};
}

MILLPOND_AVX512 void split_avx512(std::string_view text, std::vector<WordToken>& tokens) {
  split_by<classify_avx512>(text, tokens);
}
#endif

}  // namespace

SimpleWordsBy fastest_simple_words() {
#if defined(__x86_64__)
  static const SimpleWordsBy fastest = [] {
    const bool bits = __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                      __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("avx2");
    if (!bits) return SimpleWordsBy::kScalar;
    const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
    return wide ? SimpleWordsBy::kAvx512 : SimpleWordsBy::kAvx2;
  }();
  return fastest;
#else
  return SimpleWordsBy::kScalar;
#endif
}

void split_simple_words(std::string_view text, std::vector<WordToken>& tokens, SimpleWordsBy by) {
#if defined(__x86_64__)
  if (by == SimpleWordsBy::kAvx512) return split_avx512(text, tokens);
  if (by == SimpleWordsBy::kAvx2) return split_avx2(text, tokens);
#endif
  static_cast<void>(by);
  split_scalar(text, tokens);
}

}  // namespace millpond::curate
