#pragma once
// Groups of vectors that point about the same way, by k-means over a sample.

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "millpond/context.h"
#include "millpond/status.h"

namespace millpond::curate {

/// The cosine of two unit vectors. The same for (b, a), and for the same vectors at any place.
float cosine_of_units(const float* a, const float* b, std::size_t length);

/// False for a vector without a direction.
bool make_unit(float* vector, std::size_t length);

/// Threads: one to learn; then any.
class VectorGroups {
 public:
  /// `asked`: how many groups; 0: one for each 1000 vectors. The groups are learned from some of `count` vectors.
  struct Size {
    std::size_t groups = 0, samples = 0;
  };
  static Size size_for(std::int64_t asked, std::size_t count, std::size_t length);
  /// The number of the vector that is the sample's i-th.
  static std::size_t sampled(std::size_t i, std::size_t count, std::size_t samples) { return i * count / samples; }

  VectorGroups() = default;
  VectorGroups(std::vector<float> centres, std::size_t length) : centres_(std::move(centres)), length_(length) {}
  /// `sample`: unit vectors one after the other, those of `sampled`.
  Status learn(std::span<const float> sample, std::size_t length, std::size_t groups, Context& context);

  std::size_t count() const { return length_ > 0 ? centres_.size() / length_ : 0; }
  const std::vector<float>& centres() const { return centres_; }
  /// The two nearest to a unit vector; twice the same if there is but one.
  std::pair<std::uint32_t, std::uint32_t> nearest(const float* vector) const;

 private:
  std::vector<float> centres_;
  std::size_t length_ = 0;
};

}  // namespace millpond::curate
