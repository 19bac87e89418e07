#pragma once
// How toxic a text is, or how explicit, by its words.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace millpond::curate {

enum class Concern { kToxicity, kNsfw };

struct PassageScore {
  double worst = 0;  ///< the probability of the worst passage, to four digits
  double share = 0;  ///< of the words that are in passages from one half on
};

/// Scores texts in passages of 20 to 60 words, which end with a sentence where one ends.
/// Threads: one instance for each.
class PassageScores {
 public:
  explicit PassageScores(Concern concern);
  /// None for a text without words.
  std::optional<PassageScore> score(std::string_view text);

 private:
  void add(std::uint32_t key);
  double take_passage();

  struct Slot {
    std::uint32_t key = 0, passage = 0;  ///< the passage in which it was seen last
    std::int32_t weight = 0;
  };
  std::vector<Slot> slots_;
  std::vector<std::uint64_t> known_;  ///< a bit for the lowest bits of each key: most words are in no slot
  double step_ = 0, bias_ = 0;
  std::int32_t sum_ = 0;
  std::uint32_t passage_ = 0;
};

}  // namespace millpond::curate
