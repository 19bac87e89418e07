#include "curate/classify/label_tree.h"

namespace millpond::curate {

LabelTree LabelTree::build(std::span<const std::int64_t> counts) {
  constexpr std::int64_t kUnknown = 1'000'000'000'000'000;
  LabelTree tree;
  const auto leaves = static_cast<std::int32_t>(counts.size());
  const std::int32_t size = 2 * leaves - 1;
  tree.leaves = leaves;
  tree.nodes.resize(static_cast<std::size_t>(size));
  std::vector<std::int64_t> sums(static_cast<std::size_t>(size), kUnknown);
  for (std::size_t i = 0; i < counts.size(); ++i) sums[i] = counts[i];
  std::int32_t leaf = leaves - 1, inner = leaves;
  const auto smaller = [&] {
    return leaf >= 0 && sums[static_cast<std::size_t>(leaf)] < sums[static_cast<std::size_t>(inner)] ? leaf-- : inner++;
  };
  for (std::int32_t i = leaves; i < size; ++i) {
    LabelTree::Node& node = tree.nodes[static_cast<std::size_t>(i)];
    node.left = smaller();
    node.right = smaller();
    sums[static_cast<std::size_t>(i)] =
        sums[static_cast<std::size_t>(node.left)] + sums[static_cast<std::size_t>(node.right)];
  }
  return tree;
}

}  // namespace millpond::curate
