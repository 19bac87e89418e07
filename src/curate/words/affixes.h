#pragma once
// What the English rules split off a span without white space. Lengths in code points; 0: nothing.

#include <cstddef>

#include "curate/words/url_span.h"

namespace millpond::curate {

std::size_t prefix_length(const SpanChars& span);
std::size_t suffix_length(const SpanChars& span);
/// Of an infix that begins at `at`; it looks at the characters on both sides.
std::size_t infix_length(const SpanChars& span, std::size_t at);

}  // namespace millpond::curate
