#pragma once
// Vectors of an Arrow column, checked and packed as a segment keeps them.

#include <cstdint>
#include <string>
#include <vector>

#include "millpond/index/segment.h"

namespace millpond::index {

/// The vectors of one column of a batch.
struct PackedVectors {
  int dimensions = 0;                 // 0 if no row has one
  std::string bytes;                  // a stride for each row, zeros where there is none; of many: for each vector
  std::vector<bool> has;              // of each row
  std::vector<std::uint32_t> counts;  // of many: vectors of each row
};

/// Errors: those of `SegmentRowsMaker`.
Result<PackedVectors> pack_vectors(const arrow::Array& column, const VectorColumn& declared);

}  // namespace millpond::index
