#pragma once
// What a model is asked, and the markers in what it writes.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/ask/answer.h"
#include "millpond/model/chat.h"

namespace millpond::ask {

/// What the model must write if the passages hold no answer.
inline constexpr std::string_view kNoAnswer = "NOT_IN_DOCUMENTS";

struct Prompt {
  std::vector<model::ChatMessage> messages;
  std::size_t passages = 0;  ///< how many fitted
};

/// Passages are data: they stand between delimiters that a document cannot know, and the model is told so.
/// Passages beyond `bytes_max` are left out, the last one cut.
Prompt make_prompt(std::string_view question, std::span<const Passage> passages, std::int64_t bytes_max);

struct WrittenSentence {
  std::string text;          // without markers
  std::vector<int> numbers;  // of its markers, as written
};
/// Cuts a text into sentences. A marker behind the full stop belongs to the sentence before it.
std::vector<WrittenSentence> read_markers(std::string_view written);

}  // namespace millpond::ask
