#pragma once
// The nearest rows of each row by the vector index, where comparing all with all would take too long.

#include <cstddef>
#include <span>

#include "millpond/context.h"
#include "millpond/curate/neighbour_issues.h"

namespace millpond::cli {

/// As `curate::nearest_neighbours`, of which it finds the part `recall` on average; their distances are exact.
/// Memory: 4 bytes a number once more, and about 27 + 5 / 8 of the width a row.
/// Threads: as many as the context has; the result does not depend on them.
Result<curate::Neighbours> indexed_neighbours(std::span<const float> vectors, std::size_t width, std::size_t k,
                                              double recall, Context& context);

}  // namespace millpond::cli
