#pragma once
// Pairs of vectors that point the same way.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/byte_spool.h"
#include "curate/near_duplicates/union_find.h"
#include "curate/near_duplicates/vector_groups.h"
#include "millpond/context.h"

namespace millpond::curate {

struct NearVectorRule {
  double similarity_min = 0.95;  ///< cosine
  std::int64_t groups = 0;       ///< that k-means makes; 0: one for each 1000 vectors
};

/// Vectors of one length, compared within groups that k-means makes; each is compared in the two groups nearest to it.
///
/// Shape:   pairs that are far from each other in groups may be missed; the same vectors give the same pairs.
/// Memory:  vectors wait in a spool; a sixteenth of the budget each for a sample and for the vectors being compared,
/// and
///          20 bytes a vector.
/// Threads: one.
class NearVectors {
 public:
  NearVectors(NearVectorRule rule, const std::string& spill_dir, MemoryBudget& budget);

  /// Adds the vector of `row`, which are given in ascending order; one of length 0 has no direction and is passed over.
  /// Errors: kInvalidArgument for another number of values than before.
  Status add(std::uint32_t row, std::span<const float> values);
  /// Joins the rows of near vectors.
  Status join(UnionFind& sets, Context& context);

 private:
  struct Place {
    std::uint32_t group, vector;
  };
  Status read(std::size_t first, std::size_t count, std::vector<float>& out);
  Status learn_groups(Context& context);
  Status assign(Context& context);
  Status join_group(std::size_t begin, std::size_t end, UnionFind& sets, Context& context);
  Status load(std::size_t begin, std::size_t end, std::vector<float>& out);

  const NearVectorRule rule_;
  const std::size_t share_bytes_;
  std::size_t length_ = 0;
  std::vector<std::uint32_t> rows_;  // of each vector
  ByteSpool vectors_;
  VectorGroups groups_;
  std::vector<float> unit_;
  std::vector<Place> places_;
};

}  // namespace millpond::curate
