#include "index/fusion.h"

#include <algorithm>
#include <cmath>

namespace millpond::index {

FusionWeights fuse(FusionInput& input) {
  double words_top = 0, vector_top = 0;
  for (const Hit& hit : input.candidates) {
    words_top = std::max(words_top, hit.words.score);
    vector_top = std::max(vector_top, hit.vector.score);
  }
  const double vector_range = std::max(1e-9, vector_top - input.vector_mean);
  const FusionWeights weights{0.5, 0.5};
  for (Hit& hit : input.candidates) {
    const double words = words_top > 0 ? hit.words.score / words_top : 0;
    const double vector = std::max(0.0, (hit.vector.score - input.vector_mean) / vector_range);
    hit.score = weights.words * words + weights.vector * vector;
  }
  return weights;
}

}  // namespace millpond::index
