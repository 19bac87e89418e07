#pragma once
// Measures on a sample of rows how much of an index a search must look at.

#include "index/vector/vector_layout.h"

namespace millpond::index {

/// Fills `head.curve`: sampled rows are the queries, all other rows what they look for.
void calibrate(const VectorView& view, std::span<const std::uint32_t> with_vector, int threads, VectorHead& head);

}  // namespace millpond::index
