#include "curate/heuristics/char_kinds.h"

#include <unicode/uchar.h>
#include <unicode/uset.h>

#include <bit>
#include <map>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "curate/heuristics/special_chars.h"
#include "curate/words/char_classes.h"

namespace millpond::curate {
namespace {

void mark(std::vector<std::uint8_t>& flat, UProperty property, std::uint8_t kind) {
  UErrorCode failed = U_ZERO_ERROR;
  const USet* set = u_getBinaryPropertySet(property, &failed);
  if (U_FAILURE(failed)) return;
  for (std::int32_t i = 0, count = uset_getRangeCount(set); i < count; ++i) {
    UChar32 first = 0, last = 0;
    UErrorCode ignored = U_ZERO_ERROR;
    if (uset_getItem(set, i, &first, &last, nullptr, 0, &ignored) != 0) continue;  // a string, not a range
    for (UChar32 c = first; c <= last; ++c) flat[static_cast<std::size_t>(c)] |= kind;
  }
}

UBool mark_category(const void* into, UChar32 first, UChar32 limit, UCharCategory category) {
  auto& flat = *static_cast<std::vector<std::uint8_t>*>(const_cast<void*>(into));
  const std::uint32_t mask = U_MASK(category);
  if ((mask & (U_GC_L_MASK | U_GC_N_MASK)) == 0) return true;
  for (UChar32 c = first; c < limit; ++c) flat[static_cast<std::size_t>(c)] |= kAlnum;
  return true;
}

}  // namespace

const CharKinds& CharKinds::get() {
  static const CharKinds kinds;
  return kinds;
}

CharKinds::CharKinds() {
  std::vector<std::uint8_t> flat(0x110000);
  u_enumCharTypes(mark_category, &flat);
  mark(flat, UCHAR_WHITE_SPACE, kBlank);
  for (char32_t c = 0x1C; c < 0x20; ++c) flat[c] |= kBlank;
  mark(flat, UCHAR_ALPHABETIC, kAlphabetic);
  mark(flat, UCHAR_CHANGES_WHEN_LOWERCASED, kLowers);
  for (const CharRange& range : kSpecialChars) {
    for (char32_t c = range.first; c <= range.last; ++c) flat[c] |= kSpecial;
  }
  for (const char32_t c : U"()[]{}\u27E8\u27E9") flat[c] |= kBracket;
  flat[0] &= static_cast<std::uint8_t>(~kBracket);  // the literal's end
  for (std::size_t c = 0; c < ascii_.size(); ++c) ascii_[c] = flat[c];
  std::map<std::vector<std::uint8_t>, std::uint16_t> known;
  for (std::size_t block = 0; block < index_.size(); ++block) {
    const auto begin = flat.begin() + static_cast<std::ptrdiff_t>(block * 256);
    const auto [entry, is_new] =
        known.try_emplace(std::vector<std::uint8_t>(begin, begin + 256), static_cast<std::uint16_t>(known.size()));
    if (is_new) blocks_.insert(blocks_.end(), entry->first.begin(), entry->first.end());
    index_[block] = entry->second;
  }
}

void CharCounts::count(std::string_view text) {
  const CharKinds& kinds = CharKinds::get();
  // Two tables, so that equal neighbours do not wait for each other.
  std::array<std::uint32_t, 256> even{}, odd{};
  others_ = {};
  std::int64_t beyond = 0;
  for (std::size_t at = 0; at < text.size();) {
    while (at + 8 <= text.size()) {
      const std::uint64_t bytes = load_bytes(text.data() + at);
      if ((bytes & kEachTop) != 0) break;
      ++even[bytes & 0xFF], ++odd[bytes >> 8 & 0xFF], ++even[bytes >> 16 & 0xFF], ++odd[bytes >> 24 & 0xFF];
      ++even[bytes >> 32 & 0xFF], ++odd[bytes >> 40 & 0xFF], ++even[bytes >> 48 & 0xFF], ++odd[bytes >> 56];
      at += 8;
    }
    for (std::size_t end = std::min(text.size(), at + 8); at < end;) {
      if (static_cast<unsigned char>(text[at]) < 0x80) {
        ++even[static_cast<unsigned char>(text[at++])];
      } else {
        ++others_[kinds.of(decode(text, at))];
        ++beyond;
      }
    }
  }
  chars_ = beyond;
  for (std::size_t c = 0; c < ascii_.size(); ++c) chars_ += ascii_[c] = even[c] + odd[c];
}

std::int64_t CharCounts::of(std::uint8_t kinds) const {
  const CharKinds& known = CharKinds::get();
  std::int64_t count = 0;
  for (std::size_t c = 0; c < ascii_.size(); ++c) {
    if (known.of_ascii(static_cast<unsigned char>(c)) & kinds) count += ascii_[c];
  }
  for (std::size_t mixture = 0; mixture < others_.size(); ++mixture) {
    if (mixture & kinds) count += others_[mixture];
  }
  return count;
}

std::int64_t CharCounts::of_ascii(std::string_view characters) const {
  std::int64_t count = 0;
  for (const char c : characters) count += ascii_[static_cast<unsigned char>(c)];
  return count;
}

std::size_t find_bytes(std::string_view text, std::string_view what, std::size_t from) {
#if defined(__SSE2__)
  // Places where the first and the last byte fit, 16 at a time.
  const std::size_t size = what.size();
  if (size >= 2) {
    const __m128i first = _mm_set1_epi8(what.front()), last = _mm_set1_epi8(what.back());
    for (; from + size + 15 <= text.size(); from += 16) {
      const auto* at = text.data() + from;
      const __m128i heads = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      const __m128i tails = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + size - 1));
      auto fits = static_cast<unsigned>(
          _mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(heads, first), _mm_cmpeq_epi8(tails, last))));
      for (; fits != 0; fits &= fits - 1) {
        const auto place = static_cast<std::size_t>(std::countr_zero(fits));
        if (std::memcmp(at + place + 1, what.data() + 1, size - 2) == 0) return from + place;
      }
    }
  }
#endif
  return text.find(what, from);
}

std::int64_t count_bytes(std::string_view text, std::string_view what) {
  std::int64_t count = 0;
  for (std::size_t at = find_bytes(text, what, 0); at != std::string_view::npos;
       at = find_bytes(text, what, at + what.size())) {
    ++count;
  }
  return count;
}

}  // namespace millpond::curate
