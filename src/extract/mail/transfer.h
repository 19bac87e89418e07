#pragma once
#include <string>
#include <string_view>

namespace millpond::extract {

/// Bytes of base64; characters that do not belong to it are passed over.
std::string decode_base64(std::string_view text);
/// Bytes of quoted-printable; `in_header`: `_` is a space.
std::string decode_quoted_printable(std::string_view text, bool in_header);
/// Bytes of "%20" and its like.
std::string decode_percent(std::string_view text);

}  // namespace millpond::extract
