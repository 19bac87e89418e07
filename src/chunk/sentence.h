#pragma once
// Where sentences end.

#include <cstdint>
#include <string_view>

namespace millpond::chunk {

/// The end of the sentence that begins at `from`: the byte after its last mark and closing quotes, or the text's end.
///
/// A sentence ends at . ! ? … (and their Arabic, Devanagari and CJK kin) before white space, at CJK marks also without
/// it, and at an empty line. Not after an abbreviation or an initial, not where the next word begins in lower case.
/// Requires: from < text.size(). Returns: > from.
std::uint32_t sentence_end(std::string_view text, std::uint32_t from);

}  // namespace millpond::chunk
