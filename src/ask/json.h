#pragma once
// Passages and answers as the commands and the HTTP APIs show them.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "millpond/ask/answer.h"
#include "millpond/ask/passage.h"
#include "millpond/ask/retriever.h"

namespace millpond::ask {

nlohmann::ordered_json to_json(const Passage& passage);
/// Appends the same as text; with `marked`, also `highlighted`. Bytes that are no UTF-8 become U+FFFD.
void append_json(const Passage& passage, bool marked, std::string& out);
/// The passage's text as HTML, with <mark> around its marks.
std::string highlighted(const Passage& passage);
/// `passages` are those that the answer was made from.
nlohmann::ordered_json to_json(const Answer& answer, const std::vector<Passage>& passages);
/// The words that a citation quotes; where it quotes none, the headings above the passage.
std::vector<std::string> section_of(const Citation& citation, const Passage& passage);
/// Terms, weights of the legs, times: what `--explain` shows.
nlohmann::ordered_json explanation_of(const Retrieval& retrieval);

}  // namespace millpond::ask
