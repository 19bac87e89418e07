#include "chunk/text_edges.h"

namespace millpond::chunk {
namespace {

bool ascii_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// White space beyond ASCII is U+0085, U+00A0 (2 bytes) and U+1680, U+2000..200A, 2028, 2029, 202F, 205F, 3000 (3
/// bytes).
bool wide_space(std::string_view s) {
  if (s.size() == 2) return s == "\xC2\x85" || s == "\xC2\xA0";
  if (s.substr(0, 2) == "\xE2\x80") {
    const auto last = static_cast<unsigned char>(s[2]);
    return last <= 0x8A || last == 0xA8 || last == 0xA9 || last == 0xAF;
  }
  return s == "\xE1\x9A\x80" || s == "\xE2\x81\x9F" || s == "\xE3\x80\x80";
}

}  // namespace

std::size_t leading_space(std::string_view text) {
  if (text.empty()) return 0;
  if (ascii_space(text[0])) return 1;
  if (static_cast<unsigned char>(text[0]) < 0x80) return 0;
  for (const std::size_t size : {2, 3}) {
    if (text.size() >= size && wide_space(text.substr(0, size))) return size;
  }
  return 0;
}

std::size_t trailing_space(std::string_view text) {
  if (text.empty()) return 0;
  if (ascii_space(text.back())) return 1;
  if (static_cast<unsigned char>(text.back()) < 0x80) return 0;
  for (const std::size_t size : {2, 3}) {
    if (text.size() >= size && wide_space(text.substr(text.size() - size))) return size;
  }
  return 0;
}

ByteRange trim(std::string_view text, ByteRange range) {
  while (const std::size_t space = leading_space(sub(text, range))) range.begin += static_cast<std::uint32_t>(space);
  while (const std::size_t space = trailing_space(sub(text, range))) range.end -= static_cast<std::uint32_t>(space);
  return range;
}

}  // namespace millpond::chunk
