#pragma once
// The finders of repeats, for texts that lie in many places. Each finds what its twin in repeat_finder.h finds.

#include <memory>
#include <string_view>

#include "curate/repeats/repeat_finder.h"
#include "millpond/options.h"
#include "millpond/scattered.h"

namespace millpond::curate {

/// Memory: a place holds the hashes of the lines that came to it.
std::unique_ptr<ScatteredSurvey> scattered_pieces(const Pieces& pieces, const Options& options, std::string_view plan);

/// Windows meet by the grams in them; where they may differ, rows are asked for the text around.
/// Memory: a place holds the anchors of its grams, and once the text around those grams that differ.
std::unique_ptr<ScatteredSurvey> scattered_spans(std::size_t length, const Options& options, std::string_view plan);

/// Each block of the filter is in one place, which sees the hashes of all texts that fall into it, in the order of the
/// texts: so it answers as it does in a filter that is whole, false positives included.
/// Memory: a 1024th of the filter and of the texts' hashes (16 bytes a word), or more if there are fewer places.
std::unique_ptr<ScatteredSurvey> scattered_word_rows(const Pieces& pieces, const WordRows& rows, const Options& options,
                                                     std::string_view plan);

}  // namespace millpond::curate
