#include "model/length_batches.h"

#include <algorithm>
#include <numeric>

namespace millpond::model {
namespace {

constexpr std::int64_t kPaddingPercentMax = 5;
// Starting a run costs about as much as so many tokens (2 ms; weights pass through the cache once a run).
constexpr std::int64_t kPaddingTokensFree = 24;

}  // namespace

std::vector<LengthBatch> batches_by_length(std::span<const int> lengths, int tokens_max) {
  std::vector<std::uint32_t> order(lengths.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return lengths[a] > lengths[b]; });

  std::vector<LengthBatch> batches;
  std::int64_t padding = 0;
  for (const std::uint32_t text : order) {
    if (!batches.empty()) {
      LengthBatch& last = batches.back();
      const std::int64_t tokens = std::int64_t{last.length} * static_cast<std::int64_t>(last.texts.size() + 1);
      const std::int64_t more = padding + last.length - lengths[text];
      if (tokens <= tokens_max && (more <= kPaddingTokensFree || more * 100 < tokens * kPaddingPercentMax)) {
        last.texts.push_back(text);
        padding = more;
        continue;
      }
    }
    batches.push_back({{text}, lengths[text]});
    padding = 0;
  }
  return batches;
}

}  // namespace millpond::model
