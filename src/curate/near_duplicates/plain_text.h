#pragma once
// The form of a text in which near-duplicates are compared.

#include <string>
#include <string_view>

namespace millpond::curate {

/// Appends `text` in lower case, numbers as "0", punctuation and white space as single blanks between words, decomposed
/// and without marks: datatrove's `simplify_text` with its defaults, byte for byte but for the order of rare spacing
/// marks. A malformed sequence is U+FFFD. Threads: any.
void append_plain(std::string_view text, std::string& out);

}  // namespace millpond::curate
