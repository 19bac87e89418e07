// Words and passages of any bytes, valid UTF-8 or not: scores from 0 to 1, the same each time.
#include <cstdint>
#include <cstdlib>

#include "curate/safety/passage_scores.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto concern : {millpond::curate::Concern::kToxicity, millpond::curate::Concern::kNsfw}) {
    millpond::curate::PassageScores scores(concern);
    const auto first = scores.score(text), again = scores.score(text);
    if (first.has_value() != again.has_value()) std::abort();
    if (!first) continue;
    if (first->worst != again->worst || first->share != again->share) std::abort();
    if (!(first->worst >= 0 && first->worst <= 1 && first->share >= 0 && first->share <= 1)) std::abort();
  }
  return 0;
}
