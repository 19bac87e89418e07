#include "model/passes.h"

#include <algorithm>

namespace millpond::model {

std::vector<Pass> passes_over(std::span<const std::int32_t> lengths, std::size_t tokens_max) {
  std::size_t total = 0;
  for (const std::int32_t length : lengths) total += static_cast<std::size_t>(length);
  std::vector<Pass> passes;
  std::size_t at = 0;  // tokens before `passage`
  for (std::size_t passage = 0; passage < lengths.size();) {
    Pass pass{at, at, passage, passage};
    const auto first = static_cast<std::size_t>(lengths[passage]);
    pass.begin -= std::min({at, tokens_max / 4, tokens_max - first});
    while (passage < lengths.size() && at + static_cast<std::size_t>(lengths[passage]) - pass.begin <= tokens_max) {
      at += static_cast<std::size_t>(lengths[passage++]);
    }
    pass.passages_end = passage;
    pass.end = std::min(total, pass.begin + tokens_max);
    // The last pass has nothing behind it: what is free holds more of what stands before.
    if (pass.end == total) pass.begin = std::min(pass.begin, total - std::min(total, tokens_max));
    passes.push_back(pass);
  }
  return passes;
}

}  // namespace millpond::model
