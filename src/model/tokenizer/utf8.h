#pragma once
// Reads and writes UTF-8, one code point at a time.

#include <cstddef>
#include <cstdint>

namespace millpond::model {

constexpr char32_t kReplacement = 0xFFFD;

/// Reads the code point at `p` and moves `p` behind it. Requires: p < end.
/// A malformed sequence reads as U+FFFD and takes its longest valid prefix, as Unicode recommends (chapter 3.9).
inline char32_t next_code_point(const unsigned char*& p, const unsigned char* end) {
  const unsigned lead = *p++;
  if (lead < 0x80) return lead;
  if (lead < 0xC2 || lead > 0xF4) return kReplacement;
  const int more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  // The second byte's range shuts out overlong forms, surrogates and values beyond U+10FFFF.
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  char32_t cp = lead & (0x3F >> more);
  for (int i = 0; i < more; ++i) {
    if (p == end || *p < (i == 0 ? low : 0x80) || *p > (i == 0 ? high : 0xBF)) return kReplacement;
    cp = cp << 6 | (*p++ & 0x3F);
  }
  return cp;
}

/// Writes `cp` at `out`, which has room for 4 bytes, and returns the end.
inline unsigned char* put_code_point(char32_t cp, unsigned char* out) {
  if (cp < 0x80) {
    *out++ = static_cast<unsigned char>(cp);
  } else if (cp < 0x800) {
    *out++ = static_cast<unsigned char>(0xC0 | cp >> 6);
    *out++ = static_cast<unsigned char>(0x80 | (cp & 0x3F));
  } else if (cp < 0x10000) {
    *out++ = static_cast<unsigned char>(0xE0 | cp >> 12);
    *out++ = static_cast<unsigned char>(0x80 | (cp >> 6 & 0x3F));
    *out++ = static_cast<unsigned char>(0x80 | (cp & 0x3F));
  } else {
    *out++ = static_cast<unsigned char>(0xF0 | cp >> 18);
    *out++ = static_cast<unsigned char>(0x80 | (cp >> 12 & 0x3F));
    *out++ = static_cast<unsigned char>(0x80 | (cp >> 6 & 0x3F));
    *out++ = static_cast<unsigned char>(0x80 | (cp & 0x3F));
  }
  return out;
}

}  // namespace millpond::model
