#pragma once
// What words and pairs of words say about a text, as learnt by tools/safety/train_text.py.

#include <cstdint>
#include <span>

namespace millpond::curate {

/// Of a word or of two in a row, by a hash; the columns are toxicity and nsfw.
struct WordWeight {
  std::uint32_t key;
  std::int8_t toxicity, nsfw;
};

/// A passage's log odds are `bias` and `step` times the weights of its different words and pairs.
struct WordWeights {
  std::span<const WordWeight> all;
  double step;
  double bias[2];
};

WordWeights word_weights();

}  // namespace millpond::curate
