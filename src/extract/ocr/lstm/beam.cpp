#include "extract/ocr/lstm/beam.h"

#include <algorithm>
#include <cmath>

namespace millpond::extract::lstm {
namespace {

constexpr std::size_t kBeamWidth = 5;
constexpr float kLeastCertainty = -20, kOffset = -0.085f, kStrangeWordFactor = 2.25f, kWorstInWord = -25.0f / 7;
constexpr int kSpace = 0;

float certainty_of(float likelihood) {
  constexpr float kLeast = 2.06115362e-9f;  // e^-20
  return (likelihood > kLeast ? std::log(likelihood) : kLeastCertainty) + kOffset;
}

}  // namespace

std::vector<BeamNode> Beam::search(const LineScores& scores) {
  all_.clear(), places_.clear();
  last_.fill({0, 0});
  for (int i = 0; i < scores.steps; ++i) {
    rank(scores.at(i));
    for (auto& beam : beams_) beam.clear();
    starts_.fill({});
    step();
    for (std::size_t beam = 0; beam < kBeams; ++beam) {
      last_[beam].first = static_cast<std::int32_t>(all_.size());
      all_.insert(all_.end(), beams_[beam].begin(), beams_[beam].end());
      last_[beam].second = static_cast<std::int32_t>(all_.size());
    }
  }
  std::vector<BeamNode> way;
  for (std::int32_t index = best_end(); index >= 0; index = at(index).before) way.push_back(at(index));
  std::reverse(way.begin(), way.end());
  return way;
}

/// The two likeliest codes and the blank are tried first, then the next three, then all others.
void Beam::rank(std::span<const float> likelihood) {
  likelihood_ = likelihood;
  std::array<int, kBeamWidth> top;
  top.fill(-1);
  for (int code = 0; code < int(likelihood.size()); ++code) {
    const float value = likelihood[static_cast<std::size_t>(code)];
    if (top.back() >= 0 && value <= this->likelihood(top.back())) continue;
    std::size_t place = kBeamWidth - 1;
    for (; place > 0 && (top[place - 1] < 0 || value > this->likelihood(top[place - 1])); --place) {
      top[place] = top[place - 1];
    }
    top[place] = code;
  }
  ranks_.assign(likelihood.size(), kRest);
  for (std::size_t i = kBeamWidth; i-- > 0;) {
    if (top[i] >= 0) ranks_[static_cast<std::size_t>(top[i])] = i < 2 ? kTopTwo : kTopFive;
  }
  ranks_[static_cast<std::size_t>(with_.blank)] = kTopTwo;
  top_ = top[0], second_ = top[1];
  for (auto& codes : codes_) codes.clear();
  for (const int code : top) {
    if (code >= 0) codes_[ranks_[static_cast<std::size_t>(code)]].push_back(code);
  }
  if (std::find(top.begin(), top.end(), with_.blank) == top.end()) codes_[kTopTwo].push_back(with_.blank);
}

void Beam::step() {
  const bool first = all_.empty();
  for (int rank = 0; rank < kRanks; ++rank) {
    if (rank == kRest) {
      for (int code = 0; code < int(ranks_.size()); ++code) {
        if (ranks_[static_cast<std::size_t>(code)] == kRest) codes_[kRest].push_back(code);
      }
    }
    for (std::size_t beam = 0; beam < kBeams && !first; ++beam) {
      for (std::int32_t i = last_[beam].first; i < last_[beam].second; ++i) {
        extend(i, beam >= kNexts, static_cast<Next>(beam % kNexts), static_cast<Rank>(rank));
      }
    }
    if (first) {
      extend(-1, false, kAll, kTopTwo);
      if (!with_.dictionary->empty()) extend(-1, true, kAll, kTopTwo);
    }
    if (first || !beams_[kAll].empty() || !beams_[kNexts + kAll].empty()) break;
  }
  for (std::size_t next = 0; next < kNexts && !first; ++next) {
    if (starts_[next].code >= 0) add(kNexts + next, starts_[next]);
  }
}

void Beam::extend(std::int32_t before, bool words, Next next, Rank rank) {
  const int blank = with_.blank, code_before = before < 0 ? -1 : at(before).code;
  if (before >= 0) {
    if (ranks_[static_cast<std::size_t>(code_before)] == rank) {
      if (next != kOthers) repeat(certainty_of(likelihood(code_before)), words, kAll, before);
      if (next == kAll && rank == kTopTwo && code_before != blank) {
        repeat(certainty_of(likelihood(code_before) + likelihood(blank)), words, kOthers, before);
      }
    }
    if (next == kItself) return;
  }
  for (const int code : codes_[rank]) {
    if (code == code_before) continue;
    const int letter = code == blank ? -1 : with_.letters->letter_of_code[static_cast<std::size_t>(code)];
    if (letter < 0 && code != blank) continue;
    const float certainty = certainty_of(likelihood(code));
    if (certainty < kLeastCertainty && code != blank) continue;
    add_letter(code, letter, certainty, words, kAll, before);
    if (rank != kTopTwo || code == blank) continue;
    float sum = likelihood(code) + likelihood(blank);
    const bool between = (code_before == top_ && code == second_) || (code == top_ && code_before == second_);
    if (before >= 0 && next == kAll && code_before != blank && between) sum += likelihood(code_before);
    add_letter(code, letter, certainty_of(sum), words, kItself, before);
  }
}

/// The same code once more: no new letter.
void Beam::repeat(float certainty, bool words, Next next, std::int32_t before) {
  const BeamNode& last = at(before);
  if (words ? certainty <= kWorstInWord : false) return;
  if (!words) {
    certainty *= kStrangeWordFactor;
    if (certainty < kLeastCertainty && last.code != with_.blank) return;
  }
  BeamNode added = node(last.code, last.letter, certainty, before, last.kind);
  added.again = true;
  added.path = last.path;
  add((words ? kNexts : 0) + next, added);
}

void Beam::add_letter(int code, int letter, float certainty, bool words, Next next, std::int32_t before) {
  if (words) {
    if (certainty > kWorstInWord) add_in_word(code, letter, certainty, next, before);
    return;
  }
  add(next, node(code, letter, certainty * kStrangeWordFactor, before, WordKind::kAny));
  // Behind any space a word of the dictionary may start; its certainty does not suffer from what stood before.
  if (letter == kSpace && certainty > kWorstInWord && !with_.dictionary->empty()) {
    add_start(node(code, letter, certainty, before, WordKind::kNone), next);
  }
}

void Beam::add_in_word(int code, int letter, float certainty, Next next, std::int32_t before) {
  if (letter < 0) {
    add(kNexts + next, node(code, letter, certainty, before, WordKind::kNone));
    return;
  }
  const float score = certainty + (before < 0 ? 0 : at(before).score);
  const auto hopeless = [&](const std::vector<BeamNode>& beam) {
    return beam.size() >= kBeamWidth &&
           std::all_of(beam.begin(), beam.end(), [&](const BeamNode& other) { return other.score >= score; });
  };
  if (hopeless(beams_[kNexts + next]) && hopeless(beams_[next])) return;
  const std::int32_t last = letter_before(before);
  if (letter == kSpace) {
    if (last < 0 || !at(last).may_end) return;
    add_start(node(code, letter, certainty, before, at(last).kind), next);
    add(next, node(code, letter, certainty, before, at(last).kind));
    return;
  }
  if (last >= 0 && at(last).starts_search && at(last).letter != kSpace) return;
  std::span<const WordPlace> from = with_.dictionary->start();
  if (last >= 0) {
    if (at(last).places_count == 0) return;
    from = {};
  }
  BeamNode added = node(code, letter, certainty, before, WordKind::kNone);
  added.places = static_cast<std::uint32_t>(places_.size());
  // The list of places grows while it is read, so what is read is copied.
  std::array<WordPlace, 16> copy;
  if (last >= 0) {
    const std::size_t count = std::min<std::size_t>(copy.size(), at(last).places_count);
    std::copy_n(places_.begin() + static_cast<std::ptrdiff_t>(at(last).places), count, copy.begin());
    from = std::span(copy).first(count);
  }
  const bool digit = with_.letters->letters[static_cast<std::size_t>(letter)].digit;
  added.kind = with_.dictionary->advance(from, static_cast<std::uint32_t>(letter), digit, places_, added.may_end);
  if (added.kind == WordKind::kNone) return;
  added.places_count = static_cast<std::uint32_t>(places_.size()) - added.places;
  added.starts_word = last < 0 || at(last).starts_search;
  add(kNexts + next, added);
}

void Beam::add_start(BeamNode start, Next next) {
  BeamNode& best = starts_[next];
  if (best.code >= 0 && start.score <= best.score) return;
  start.starts_search = true;
  start.places = static_cast<std::uint32_t>(places_.size());
  const std::span<const WordPlace> places = with_.dictionary->start();
  places_.insert(places_.end(), places.begin(), places.end());
  start.places_count = static_cast<std::uint32_t>(places.size());
  best = start;
}

/// Keeps the few best of a beam; of two that say the same only the better one.
void Beam::add(std::size_t beam, const BeamNode& added) {
  std::vector<BeamNode>& nodes = beams_[beam];
  std::size_t worst = 0;
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    if (nodes[i].score < nodes[worst].score) worst = i;
  }
  if (nodes.size() >= kBeamWidth && added.score <= nodes[worst].score) return;
  for (BeamNode& other : nodes) {
    if (other.code != added.code || other.path != added.path || other.kind != added.kind ||
        other.starts_search != added.starts_search) {
      continue;
    }
    if (added.score > other.score) other = added;
    return;
  }
  if (nodes.size() < kBeamWidth) {
    nodes.push_back(added);
  } else {
    nodes[worst] = added;
  }
}

BeamNode Beam::node(int code, int letter, float certainty, std::int32_t before, WordKind kind) const {
  BeamNode out;
  out.code = code, out.letter = letter, out.before = before, out.certainty = certainty, out.kind = kind;
  out.score = certainty + (before < 0 ? 0 : at(before).score);
  out.path = before < 0 ? 0 : at(before).path;
  if (code != with_.blank) {
    constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15u;
    out.path = (out.path ^ static_cast<std::uint64_t>(code + 1)) * kFactor;
    out.path ^= out.path >> 29;
  }
  return out;
}

/// The last new letter at or before a node; -1 if there is none.
std::int32_t Beam::letter_before(std::int32_t index) const {
  while (index >= 0 && (at(index).letter < 0 || at(index).again)) index = at(index).before;
  return index;
}

std::int32_t Beam::best_end() const {
  std::int32_t best = -1;
  for (const Next next : {kAll, kOthers}) {
    for (const bool words : {false, true}) {
      const auto [first, last] = last_[(words ? kNexts : 0) + static_cast<std::size_t>(next)];
      for (std::int32_t i = first; i < last; ++i) {
        if (words) {
          const std::int32_t letter = letter_before(i);
          if (letter < 0 || (!at(letter).may_end && at(letter).letter != kSpace)) continue;
        }
        if (best < 0 || at(i).score > at(best).score) best = i;
      }
    }
  }
  return best;
}

}  // namespace millpond::extract::lstm
