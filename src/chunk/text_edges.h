#pragma once
// White space at the edges of UTF-8 text, and positions in code points.

#include <cstdint>
#include <string_view>

namespace millpond::chunk {

inline bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// Code points, which are the bytes that do not continue one. Malformed text counts by the same rule.
inline std::int64_t code_points(std::string_view text) {
  std::int64_t count = 0;
  for (const char byte : text) count += !is_continuation(byte);
  return count;
}

/// Bytes of the white space that `text` begins with: 0 if it begins with something else. One code point at a time.
std::size_t leading_space(std::string_view text);
/// Bytes of the white space that `text` ends with: one code point or 0.
std::size_t trailing_space(std::string_view text);

struct ByteRange {
  std::uint32_t begin = 0, end = 0;
  bool empty() const { return begin >= end; }
  std::uint32_t size() const { return end - begin; }
};
inline std::string_view sub(std::string_view text, ByteRange range) {
  return text.substr(range.begin, range.end - range.begin);
}

/// The range without white space at its edges.
ByteRange trim(std::string_view text, ByteRange range);
inline ByteRange whole(std::string_view text) { return {0, static_cast<std::uint32_t>(text.size())}; }

}  // namespace millpond::chunk
