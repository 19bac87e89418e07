#pragma once
// Groups texts of like length, so that little is computed on padding.

#include <cstdint>
#include <span>
#include <vector>

namespace millpond::model {

/// Texts to compute at once, each padded to `length` tokens.
struct LengthBatch {
  std::vector<std::uint32_t> texts;  ///< positions in the caller's list
  int length = 0;
};

/// Every text in one batch, the longest first. A batch holds at most `tokens_max` tokens with its padding (or one
/// text), and of them less than 5 % padding, or less than a few dozen: what starting another batch would cost.
std::vector<LengthBatch> batches_by_length(std::span<const int> lengths, int tokens_max);

}  // namespace millpond::model
