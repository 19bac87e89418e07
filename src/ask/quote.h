#pragma once
// Chooses the sentences that answer.

#include <span>
#include <vector>

#include "ask/sentences.h"

namespace millpond::ask {

/// Positions in `sentences` of the chosen ones: by passage, then in their order; at most `limit`.
std::vector<std::size_t> choose_sentences(std::span<const Sentence> sentences, std::span<const Passage> passages,
                                          const QuestionWords& question, std::string_view question_text,
                                          index::Analyzer& analyzer, int limit);

/// A sentence, and if it ends in a colon the list or the line that it announces. `text` is that of its passage.
Span with_introduced(std::size_t sentence, std::span<const Sentence> sentences, std::string_view text);

/// Score by words and place alone: which sentences are worth comparing by meaning.
std::vector<double> score_sentences(std::span<const Sentence> sentences, std::span<const Passage> passages,
                                    const QuestionWords& question, std::string_view question_text,
                                    index::Analyzer& analyzer);

}  // namespace millpond::ask
