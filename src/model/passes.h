#pragma once
// How a document that is longer than a pass of the model is covered by passes that overlap.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace millpond::model {

/// One pass. Units: tokens of the document, half-open, without the markers at both ends; passages are positions.
struct Pass {
  std::size_t begin = 0, end = 0;                   ///< what is computed
  std::size_t first_passage = 0, passages_end = 0;  ///< whose vectors are taken from it
};

/// Each passage in one pass, which holds it whole. A pass begins with up to a quarter of its tokens from before its
/// first passage and ends with as many from behind its last as have room.
/// `lengths` are the tokens of the passages; none has more than `tokens_max`, which is at least 1.
std::vector<Pass> passes_over(std::span<const std::int32_t> lengths, std::size_t tokens_max);

}  // namespace millpond::model
