#pragma once
// The tokens of Rich Text Format.

#include <string_view>

namespace millpond::extract {

struct RtfToken {
  enum class Kind : unsigned char { kEnd, kOpen, kClose, kWord, kByte, kText } kind = Kind::kEnd;
  std::string_view text;    ///< of a word: its letters; of text: the run
  int number = 0;           ///< of a word
  bool has_number = false;  ///< of a word
  unsigned char byte = 0;   ///< of a byte: \'e9
};

/// Takes the next token off `rest`. Binary data (\bin) is passed over; a symbol such as \~ is a word of one character.
RtfToken next_rtf_token(std::string_view& rest);

}  // namespace millpond::extract
