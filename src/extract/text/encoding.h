#pragma once
// From bytes of any encoding to valid UTF-8.

#include <string>
#include <string_view>

namespace millpond::extract {

/// Valid UTF-8: a view of the input where it was valid already, else a view of `owned`.
struct Decoded {
  std::string_view text;
  std::string owned;
  std::string encoding;  ///< lower case, such as "utf-8" or "windows-1252"

  Decoded() = default;
  Decoded(const Decoded&) = delete;  // `text` may point into `owned`
  Decoded& operator=(const Decoded&) = delete;
};

/// Number of bytes at the start of `bytes` that are valid UTF-8.
std::size_t valid_utf8_prefix(std::string_view bytes);

/// Decodes `bytes` into `out`. Order of evidence: byte order mark, UTF-16 by the pattern of zero bytes, valid UTF-8,
/// `declared` (a label such as "iso-8859-1"; may be empty or unknown), mostly valid UTF-8, windows-1252.
/// Bytes that fit nothing become U+FFFD. `bytes` must outlive `out`.
void decode_text(std::string_view bytes, std::string_view declared, Decoded& out);

/// Replaces each broken sequence by U+FFFD.
std::string repair_utf8(std::string_view bytes);

}  // namespace millpond::extract
