#pragma once
// A query ready to be compared with rows of vectors, exactly.

#include <span>
#include <string>

#include "index/dot.h"
#include "index/padded_query.h"
#include "millpond/index/vector_index.h"

namespace millpond::index {

/// Threads: immutable.
class VectorQuery {
 public:
  /// `query` has as many numbers as the rows.
  VectorQuery(std::span<const float> query, VectorType type, Metric metric);
  /// scores[i] is how near row i is, larger is nearer; rows lie as in VectorRows.
  void score(const char* rows, std::size_t stride, std::size_t count, float* scores) const;

 private:
  void score_bytes(const char* rows, std::size_t stride, std::size_t count, float* scores) const;
  void divide_by_lengths(const char* rows, std::size_t stride, std::size_t count, float* scores) const;

  const VectorType type_;
  const Metric metric_;
  const std::size_t dimensions_;
  PaddedQuery padded_;  // of bits: the bits
  float square_ = 0;
};

/// Divides by the length; false if that is 0.
bool make_unit(std::span<float> vector);

/// What stands behind the numbers of a row of bytes.
struct ByteVectorEnd {
  float factor, square;  // number = factor × byte; square: of the vector's length
};
ByteVectorEnd byte_vector_end(const char* row, std::size_t stride);

}  // namespace millpond::index
