#pragma once
#include <string>
#include <string_view>

namespace millpond::extract {

/// Decodes the character reference at the start of `text` (which begins with '&') and appends it to `out`.
/// Returns the number of bytes read, or 0 when it is no reference ("AT&T").
/// `in_attribute`: a reference without ';' before '=' or a letter is no reference (query strings in links).
std::size_t append_entity(std::string_view text, bool in_attribute, std::string& out);

/// `raw` with all references decoded; white space is left as it is.
std::string decode_entities(std::string_view raw, bool in_attribute = false);

}  // namespace millpond::extract
