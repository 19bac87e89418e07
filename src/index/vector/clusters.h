#pragma once
// Groups vectors around centers (k-means), the same for any number of threads.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace millpond::index {

/// Calls `work(i)` for every i < count, on `threads` threads; returns when all are done.
void for_each_parallel(std::size_t count, int threads, const std::function<void(std::size_t)>& work);

/// Centers in the order that `VectorKernels::nearest` wants.
class CenterTiles {
 public:
  CenterTiles(const std::vector<float>& centers, std::size_t padded, bool euclidean);
  /// The nearest centers of `count` rows: by direction, or by distance if euclidean.
  void nearest(const float* rows, std::size_t count, std::uint32_t* best, float* score) const;
  /// The same, and for each row another center to be found under: one that is near and lies in another direction from
  /// the row than the nearest, so that a query which misses the one may come by the other.
  ///
  /// Source: Sun et al., SOAR: Improved Indexing for Approximate Nearest Neighbor Search, 2024, section 3.
  void nearest_two(const float* rows, std::size_t count, std::uint32_t* best, std::uint32_t* second) const;

 private:
  struct Scratch {
    std::vector<std::uint32_t> found;
    std::vector<float> away;
  };
  std::uint32_t second_of(const float* row, float* scores, std::uint32_t best, Scratch& scratch) const;

  std::size_t padded_;
  const std::vector<float>& centers_;
  std::vector<float> tiles_, bias_;
};

struct Centers {
  std::vector<float> values;  ///< means of their groups if euclidean, otherwise unit vectors
  std::vector<float> reach;   ///< how far the mean of the group lies along its unit vector; 1 if euclidean
};

/// Groups `rows`, each `padded` floats.
Centers find_centers(const std::vector<float>& rows, std::size_t padded, std::size_t clusters, bool euclidean,
                     int threads, std::uint64_t seed);

}  // namespace millpond::index
