#pragma once
// Keyed hashes and base64, as signatures of requests need them.

#include <optional>
#include <string>
#include <string_view>

namespace millpond::pond {

/// HMAC with SHA-256 (RFC 2104): 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view text);
/// RFC 4648, section 4: with padding, without line breaks.
std::string base64_encoded(std::string_view bytes);
/// RFC 4648, section 5: for URLs, without padding.
std::string base64_url_encoded(std::string_view bytes);
/// None if it is no base64.
std::optional<std::string> base64_decoded(std::string_view text);

}  // namespace millpond::pond
