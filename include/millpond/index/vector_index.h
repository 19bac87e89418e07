#pragma once
// Finds the vectors nearest to a query in a large set, much faster than comparing all of them, and nearly as exactly.
//
// Rows are grouped into clusters. Of each row the index keeps one bit a dimension (scanned, for the clusters next to
// the query), four bits a dimension (for the rows that the scan proposes), and the place of its full vector (for the
// last few). Estimates are unbiased, see docs/formats/segment.md.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/index/vector_type.h"
#include "millpond/status.h"

namespace millpond::index {

/// Vectors in memory: row i begins `stride` bytes after row i − 1, a multiple of 64, zeros behind its numbers. Bytes
/// end with f32 factor, f32 squared length. Bits have no index.
struct VectorRows {
  const char* data = nullptr;  ///< aligned to 64 bytes
  std::size_t stride = 0;
  std::int64_t rows = 0;
  int dimensions = 0;
  VectorType type = VectorType::kF32;
  const unsigned char* has = nullptr;  ///< bit i % 8 of byte i / 8: does row i have a vector; null if all do
  int prefix = 0;                      ///< the numbers that the index is made of; 0: all
  int indexed_dimensions() const { return prefix > 0 ? prefix : dimensions; }
};

struct VectorIndexOptions {
  Metric metric = Metric::kInnerProduct;
  int clusters = 0;  ///< 0: by the number of rows
  int threads = 1;   ///< the index does not depend on it
  std::uint64_t seed = 1;
};

/// Makes the index of `rows`: the bytes that `VectorIndex::open` takes.
///
/// Units:  about (54 + 3 / 4 × dimensions) bytes a row; the same again while it works.
/// Errors: kInvalidArgument for a number that is not finite, more than 8192 dimensions, 2^31 rows or more.
Result<std::string> build_vector_index(const VectorRows& rows, const VectorIndexOptions& options);

struct VectorSearch {
  int limit = 10;
  /// The part of the true best rows to find, on average over queries like the rows. 1 compares the four-bit codes of
  /// all.
  double recall = 0.98;
  /// Clusters whose score is within this of the best one are scanned; below 0: what `recall` needs.
  double margin = -1;
  /// Rows that count, bit i % 64 of word i / 64; empty for all.
  std::span<const std::uint64_t> visible;
  /// Told which rows' full vectors are compared next, so that they can be fetched together; its error ends the search.
  std::function<Status(std::span<const std::uint32_t> rows)> before_rerank = {};
};

struct VectorHit {
  float score = 0;  ///< exact: inner product, cosine, or minus the squared distance
  std::uint32_t row = 0;
};

/// What a search did, for explanations and benchmarks.
struct VectorWork {
  bool exhaustive = false;  ///< compared the visible rows one by one, without clusters
  int probes = 0;
  std::int64_t scanned = 0;     ///< rows whose signs were scanned
  std::int64_t compared = 0;    ///< rows whose four-bit codes were compared
  std::int64_t reranked = 0;    ///< rows whose full vectors were compared
  std::int64_t size_bytes = 0;  ///< that were read
};

struct VectorView;

/// An index over bytes that stay where they are, such as a mapped file.
/// Threads: immutable, shared by all.
class VectorIndex {
 public:
  /// Errors: kUnsupported for another version, kDataCorrupt for bytes that are no index of these rows. Wrong bytes
  /// behind
  ///         a sound head give wrong hits, never a crash.
  static Result<VectorIndex> open(std::string_view bytes, const VectorRows& rows);
  VectorIndex(VectorIndex&&) noexcept;
  VectorIndex& operator=(VectorIndex&&) noexcept;
  ~VectorIndex();

  /// Best first; equal scores by row.
  /// Errors: kInvalidArgument for a query of another length or with a number that is not finite.
  Result<std::vector<VectorHit>> search(std::span<const float> query, const VectorSearch& options,
                                        VectorWork* work = nullptr) const;
  /// The mean of the query's inner products with all rows (with their directions, if the metric is the cosine).
  double mean_product(std::span<const float> query) const;

  std::int64_t indexed() const;  ///< rows with a vector
  int clusters() const;
  Metric metric() const;
  /// Bytes that a search reads all over, which should stay in memory; the rest is read here and there.
  std::int64_t hot_bytes() const;

 private:
  explicit VectorIndex(std::unique_ptr<VectorView> view);
  std::unique_ptr<VectorView> view_;
};

}  // namespace millpond::index
