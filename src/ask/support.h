#pragma once
// Whether a written sentence says what the passages say that it cites.

#include <span>
#include <string_view>
#include <vector>

#include "ask/sentences.h"

namespace millpond::ask {

struct Support {
  double share = 0;  // 0..1: of what the sentence says
  Flaw flaw = Flaw::kNone;
  std::string detail;
  std::vector<Quote> quotes;  // the sentences of the passages that carry it, best first
};

/// `cited` are positions in `passages`; `sentences` are those of all passages. `similarity` compares the written
/// sentence with each of `sentences` by meaning (empty: by words alone).
Support support_of(index::Analyzer& analyzer, std::string_view written, std::span<const int> cited,
                   std::span<const Passage> passages, std::span<const Sentence> sentences,
                   std::span<const float> similarity, double support_min);

}  // namespace millpond::ask
