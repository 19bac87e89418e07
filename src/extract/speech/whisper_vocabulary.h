#pragma once
// What Whisper's tokens say.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::extract {

/// The words of a model and its special tokens.
struct WhisperVocabulary {
  std::vector<std::string> words;           ///< bytes, by token; empty for special tokens
  std::vector<int> languages;               ///< tokens
  std::vector<std::string> language_names;  ///< of these: "en"
  std::vector<int> suppressed, suppressed_first;
  int end = -1, start = -1, transcribe = -1, no_speech = -1, time_zero = -1;

  /// The text of tokens, times and other special ones left out; UTF-8, repaired.
  std::string text(std::span<const int> tokens) const;
};

/// Reads vocabulary.txt (a token a line, bytes as GPT-2 writes them) and config.json.
/// Errors: kDataCorrupt, kUnsupported for a model without languages or times.
Result<WhisperVocabulary> read_vocabulary(std::string_view lines, std::string_view config);

}  // namespace millpond::extract
