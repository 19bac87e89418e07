#pragma once
// What several terms give to rows, added up for a window of rows at a time.

#include <array>
#include <cstdint>
#include <span>

#include "index/postings.h"

namespace millpond::index {

/// How a term's count in a row becomes a part of the row's score: weight × tf / (tf + base + slope × length).
struct TermWeight {
  double weight, norm_base, norm_slope;
};

/// Sums of floats, which tell what rows can be among the best; their exact scores are another matter.
/// Threads: one.
class RowSums {
 public:
  static constexpr std::uint32_t kRows = 4096;  ///< of a window
  static constexpr double kError = 1e-5;        ///< a sum differs from the exact one by less than this part of it

  /// `lengths`: of the texts, by row.
  explicit RowSums(std::span<const std::uint32_t> lengths) : lengths_(lengths) {}

  /// Begins a window.
  void start(std::uint32_t first_row);
  /// Adds a term: what it gives to rows of the window. Moves the cursor behind them.
  void add(PostingsCursor& cursor, const TermWeight& term);
  /// From here on only rows count that have a sum, and for which `wanted` holds.
  template <class Wanted>
  void keep_if(Wanted wanted) {
    const std::span<const std::uint16_t> before(keeping_ ? kept_.data() : touched_.data(),
                                                keeping_ ? kept_count_ : touched_count_);
    keeping_ = true;
    std::uint32_t count = 0;
    for (const std::uint16_t at : before) {
      kept_[count] = at;
      count += wanted(first_row_ + at, sums_[at]) ? 1 : 0;
    }
    kept_count_ = count;
  }
  /// Adds a term to the rows that were kept. The cursor must not be behind the first row of the window.
  void add_to_kept(PostingsCursor& cursor, const TermWeight& term);

  std::uint32_t kept() const { return kept_count_; }
  /// The `rank`-th largest sum of the rows that were kept, counted from 1.
  float largest(std::size_t rank) const;
  /// The rows that were kept, ascending.
  std::span<const std::uint16_t> sorted();
  std::uint32_t first_row() const { return first_row_; }

 private:
  template <bool kToKept>
  void add_all(PostingsCursor& cursor, const TermWeight& term);

  const std::span<const std::uint32_t> lengths_;
  std::uint32_t first_row_ = 0, touched_count_ = 0, kept_count_ = 0;
  bool keeping_ = false;
  std::array<float, kRows> sums_{};
  std::array<std::uint16_t, kRows + 1> touched_, kept_;  // rows with a sum, less the first of the window
};

}  // namespace millpond::index
