#pragma once
// Where a pattern matches: the well-known ones by hand, all others by ICU's regular expressions.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "millpond/status.h"
#include "model/text_encoder/char_kinds.h"

namespace millpond::model {

/// Threads: one.
class Matcher {
 public:
  virtual ~Matcher() = default;
  virtual void start(std::string_view text) = 0;
  /// The next match at or after the end of the one before; empty ones are left out.
  virtual bool next(std::size_t& begin, std::size_t& end) = 0;
};

/// That of GPT-2 (`ByteLevel`).
std::unique_ptr<Matcher> gpt2_matcher(const CharKinds& kinds);
/// Errors: kInvalidArgument for what is no pattern.
Result<std::unique_ptr<Matcher>> regex_matcher(const std::string& pattern, const CharKinds& kinds);
std::unique_ptr<Matcher> literal_matcher(const std::string& text);

}  // namespace millpond::model
