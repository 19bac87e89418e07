#pragma once
// The search for the best reading of a line, step by step.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "extract/ocr/lstm/decode.h"

namespace millpond::extract::lstm {

/// A letter (or the blank) at a step, and the way there.
struct BeamNode {
  int code = -1, letter = -1;  ///< letter -1: the blank
  std::int32_t before = -1;    ///< in the list of all nodes
  float certainty = 0, score = 0;
  std::uint64_t path = 0;                      ///< the same for the same letters
  std::uint32_t places = 0, places_count = 0;  ///< where the dictionary may go on
  WordKind kind = WordKind::kAny;
  bool starts_search = false, starts_word = false, may_end = false, again = false;
};

class Beam {
 public:
  explicit Beam(const Reading& with) : with_(with) {}

  /// The best way through all steps, a node a step; empty if there is none.
  std::vector<BeamNode> search(const LineScores& scores);

 private:
  /// What may follow a node: all; only itself (it was counted with another before it stood alone); all but itself.
  enum Next { kAll, kItself, kOthers, kNexts };
  enum Rank : std::uint8_t { kTopTwo, kTopFive, kRest, kRanks };
  static constexpr std::size_t kBeams = 2 * kNexts;  ///< without the dictionary, then with it

  void rank(std::span<const float> likelihood);
  void step();
  void extend(std::int32_t before, bool words, Next next, Rank rank);
  void repeat(float certainty, bool words, Next next, std::int32_t before);
  void add_letter(int code, int letter, float certainty, bool words, Next next, std::int32_t before);
  void add_in_word(int code, int letter, float certainty, Next next, std::int32_t before);
  void add_start(BeamNode node, Next next);
  void add(std::size_t beam, const BeamNode& node);
  BeamNode node(int code, int letter, float certainty, std::int32_t before, WordKind kind) const;
  std::int32_t letter_before(std::int32_t at) const;
  std::int32_t best_end() const;
  const BeamNode& at(std::int32_t index) const { return all_[static_cast<std::size_t>(index)]; }
  float likelihood(int code) const { return likelihood_[static_cast<std::size_t>(code)]; }

  const Reading with_;
  std::span<const float> likelihood_;
  std::vector<Rank> ranks_;
  std::array<std::vector<int>, kRanks> codes_;
  int top_ = -1, second_ = -1;
  std::array<std::vector<BeamNode>, kBeams> beams_;  ///< of this step
  std::array<BeamNode, kNexts> starts_;              ///< of this step: the best place for a word to start
  std::array<std::pair<std::int32_t, std::int32_t>, kBeams> last_{};  ///< of the step before, in the list of all nodes
  std::vector<BeamNode> all_;
  std::vector<WordPlace> places_;
};

}  // namespace millpond::extract::lstm
