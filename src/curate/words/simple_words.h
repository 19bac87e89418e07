#pragma once
// Words between white space, punctuation at their ends apart: from masks of 64 characters at a time.

#include <cstdint>
#include <string_view>
#include <vector>

#include "curate/words/english_words.h"

namespace millpond::curate {

/// Instructions that a function was built for.
enum class SimpleWordsBy : unsigned char { kScalar, kAvx2, kAvx512 };

/// The fastest that this machine has.
SimpleWordsBy fastest_simple_words();

/// Replaces `tokens` by the words of `text`: of each span between white space, from its first letter or digit to its
/// last; what is before and behind are tokens of one character. The same whatever it is done by. Threads: any.
void split_simple_words(std::string_view text, std::vector<WordToken>& tokens, SimpleWordsBy by);

}  // namespace millpond::curate
