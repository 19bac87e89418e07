#pragma once
// The tree of labels of hierarchical softmax.

#include <cstdint>
#include <span>
#include <vector>

namespace millpond::curate {

/// A Huffman tree: leaves are labels 0..n-1 in order of falling counts, node n+i has row i of the output matrix.
struct LabelTree {
  struct Node {
    std::int32_t left = -1, right = -1;
  };
  std::vector<Node> nodes;  ///< the root last
  std::int32_t leaves = 0;

  /// Source: fastText's building of it, with its order among equal counts.
  static LabelTree build(std::span<const std::int64_t> counts);
};

}  // namespace millpond::curate
