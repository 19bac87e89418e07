#pragma once
// What the reference tokenizer (spaCy's English rules, as datatrove uses them) knows of each code point.

#include <cstdint>
#include <span>

namespace millpond::curate {

/// Bits of a code point; the order is that of tests/golden/words/make_tables.py.
enum CharClass : std::uint32_t {
  kSpace = 1 << 0,  ///< Python's str.isspace
  kAlpha = 1 << 1,  ///< a letter to the infix rules
  kLower = 1 << 2,  ///< lower case, or of a script without case
  kUpper = 1 << 3,  ///< upper case, or of a script without case
  kQuote = 1 << 4,
  kIcon = 1 << 5,
  kPrefix = 1 << 6,      ///< split off at the beginning of a span
  kSuffix = 1 << 7,      ///< split off at its end
  kBeforeStop = 1 << 8,  ///< a full stop after it is split off
  kDigit = 1 << 9,
  kWord = 1 << 10,    ///< \w
  kLetter = 1 << 11,  ///< Python's str.isalpha
  kSymbol = 1 << 12,  ///< of datatrove's set of punctuation
  kPunct = 1 << 13,   ///< general category P
  kSentenceEnd = 1 << 14,
  kTerminal = 1 << 15,   ///< ends a line properly (FineWeb)
  kNumber = 1 << 16,     ///< Nd
  kSeparator = 1 << 17,  ///< between the digits of one number
};

struct ClassRange {
  std::uint32_t first, last, bits;
};

/// The normal form of a character for near-duplicates: lower case, punctuation as a space, no marks.
struct PlainForm {
  std::uint32_t code_point;
  const char* form;
};

std::span<const ClassRange> class_ranges();
/// Spans with a tokenization of their own; the tokens are parted by U+001F.
std::span<const char* const> specials();
/// Rows of tokens that stand for a special when nothing is between them; parted by U+001F.
std::span<const char* const> merges();
std::span<const char* const> units();       ///< split off after a digit
std::span<const char* const> currencies();  ///< likewise
/// Characters that are not their own normal form, ascending; without Hangul syllables.
std::span<const PlainForm> plain_forms();

}  // namespace millpond::curate
