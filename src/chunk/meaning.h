#pragma once
// Ends chunks where the meaning changes most.

#include <vector>

#include "chunk/piece.h"

namespace millpond::chunk {

/// Where chunks end, as positions behind the last piece of each: every chunk fits the budget, and ends in the second
/// half of what would fit, where a piece and the one behind it, each seen with its neighbours, are least alike. Errors:
/// those of `likeness`.
Result<std::vector<std::size_t>> meaning_ends(const Document& document, const std::vector<Piece>& pieces,
                                              const Likeness& likeness);

}  // namespace millpond::chunk
