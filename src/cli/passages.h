#pragma once
// How passages and citations look on the command line.

#include <memory>
#include <string>
#include <string_view>

#include "millpond/ask/retriever.h"
#include "millpond/options.h"

namespace millpond::cli {

class Shell;

/// "Title, page 3 — Chapter › Section"; `section` instead of the passage's own heading path.
std::string place_of(const ask::Passage& passage, const std::vector<std::string>& section);
std::string place_of(const ask::Passage& passage);
std::string short_citation(const std::string& row);                   ///< what `millpond show` takes
std::string shortened(std::string_view text, std::size_t bytes_max);  ///< one line, cut at a word
/// From the options `table` and `at`.
Result<std::unique_ptr<ask::Retriever>> open_retriever(const Options& options, Shell& shell);

}  // namespace millpond::cli
