#include "curate/safety/passage_scores.h"

#include <algorithm>
#include <cmath>

#include "curate/safety/passages.h"
#include "curate/safety/word_weights.h"

namespace millpond::curate {
namespace {

constexpr std::uint32_t kSlots = 1U << 15, kKnownBits = 1U << 18;
constexpr std::int64_t kWordsMax = 60, kWordsMin = 20;
constexpr std::uint64_t kPairFactor = 0x9E3779B97F4A7C15ULL;

std::uint32_t key_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash ^ hash >> 32); }

double rounded(double value) { return std::round(value * 1e4) / 1e4; }

}  // namespace

PassageScores::PassageScores(Concern concern) : slots_(kSlots), known_(kKnownBits / 64) {
  const WordWeights weights = word_weights();
  const bool toxicity = concern == Concern::kToxicity;
  step_ = weights.step;
  bias_ = weights.bias[toxicity ? 0 : 1];
  for (const WordWeight& each : weights.all) {
    const std::int32_t weight = toxicity ? each.toxicity : each.nsfw;
    if (weight == 0) continue;
    std::uint32_t slot = each.key % kSlots;
    while (slots_[slot].weight != 0) slot = (slot + 1) % kSlots;
    slots_[slot] = {each.key, 0, weight};
    known_[each.key % kKnownBits / 64] |= 1ULL << (each.key % 64);
  }
}

inline void PassageScores::add(std::uint32_t key) {
  if ((known_[key % kKnownBits / 64] >> (key % 64) & 1) == 0) return;
  for (std::uint32_t slot = key % kSlots; slots_[slot].weight != 0; slot = (slot + 1) % kSlots) {
    if (slots_[slot].key != key) continue;
    if (slots_[slot].passage == passage_) return;
    slots_[slot].passage = passage_;
    sum_ += slots_[slot].weight;
    return;
  }
}

double PassageScores::take_passage() {
  const double score = rounded(1 / (1 + std::exp(-(bias_ + step_ * sum_))));
  sum_ = 0;
  if (++passage_ == 0) {  // after four billion passages the marks of old ones are in the way
    for (Slot& slot : slots_) slot.passage = 0;
    passage_ = 1;
  }
  return score;
}

std::optional<PassageScore> PassageScores::score(std::string_view text) {
  take_passage();  // a number of its own
  PassageScore out;
  PassageWords words(text);
  std::int64_t count = 0, all = 0, bad = 0;
  std::uint64_t before = 0;
  const auto close = [&] {
    const double score = take_passage();
    out.worst = std::max(out.worst, score);
    all += count;
    bad += score >= 0.5 ? count : 0;
    count = 0;
  };
  while (words.next()) {
    add(key_of(words.hash()));
    if (count > 0) add(key_of(before * kPairFactor ^ words.hash()));
    before = words.hash();
    if (++count >= kWordsMax || (words.sentence_ends() && count >= kWordsMin)) close();
  }
  if (count > 0) close();
  if (all == 0) return std::nullopt;
  out.share = rounded(static_cast<double>(bad) / static_cast<double>(all));
  return out;
}

}  // namespace millpond::curate
