#pragma once
// A query against the codes of an index, step by step: clusters, signs, four bits.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "index/vector/vector_layout.h"

namespace millpond::index {

/// A rotated query in the forms that the kernels take.
struct PreparedQuery {
  std::vector<float> rotated;
  std::vector<std::int8_t> bytes;  // rotated ≈ step × bytes
  float step = 0;
  std::int32_t bytes_sum = 0;
  std::vector<std::uint8_t> tables;  // for VectorKernels::scan
  float table_step = 0, table_floor = 0;
  float length = 0, mean_product = 0;  // mean_product: with the mean that four-bit codes are relative to
  std::vector<float> center_products;
};
/// `query`: a unit vector if the metric is the cosine.
PreparedQuery prepare(const VectorView& view, std::span<const float> query);

/// A row proposed by the scan.
struct Candidate {
  float estimate;
  std::uint32_t row;
};

/// Visible rows: bit i % 64 of word i / 64; empty for all.
using VisibleBits = std::span<const std::uint64_t>;

struct Visible {
  VisibleBits bits;
  std::uint64_t count = 0;  ///< of them, where there are bits
};
inline bool is_visible(VisibleBits bits, std::uint32_t row) {
  return bits.empty() || (row / 64 < bits.size() && (bits[row / 64] >> (row % 64) & 1) != 0);
}

/// Ranks rows by their four-bit codes, a few at a time, so that their codes arrive while others are looked at.
class CodeRank {
 public:
  /// `twice`: a row may be pushed more than once, and counts once.
  CodeRank(const VectorView& view, const PreparedQuery& query, std::size_t limit, bool twice);
  /// What the score of a row must be, as far as is known, to be one of the `limit` best.
  float threshold() const { return threshold_; }
  void push(std::uint32_t row) {
    if (!seen_.empty() && !is_new(row)) return;
    const std::uint32_t place = view_->place_of(row);
    if (place >= view_->head.rows) return;  // damaged
    const std::uint8_t* code = view_->codes + place * (view_->padded() / 2);
    for (std::size_t line = 0; line < view_->padded() / 2; line += 64) __builtin_prefetch(code + line);
    pending_[pending_count_] = row;
    places_[pending_count_++] = place;
    if (pending_count_ == pending_.size()) flush();
  }
  bool full() const { return best_.size() == limit_; }
  void flush();
  /// The rows that may be among the best, considering how much an estimate errs.
  std::vector<Candidate> take(VectorWork& work);

 private:
  bool is_new(std::uint32_t row);
  void grow_seen();

  const VectorView* view_;
  const PreparedQuery* query_;
  std::size_t limit_, pending_count_ = 0, seen_count_ = 0;
  std::vector<std::uint32_t> seen_;  // a hash table of rows, its size a power of two; kNoRow where it is free
  std::int64_t compared_ = 0;
  std::array<std::uint32_t, 32> pending_, places_;  // rows; where their codes are
  float threshold_;
  std::vector<float> best_;  // a heap of the `limit` best estimates, the least first
  std::vector<Candidate> kept_;
};

/// How far a search goes; for the query as long as it is.
struct Reach {
  float margin, rank_weight;
};

/// The clusters whose remoteness is within reach, the best few first. With a filter only clusters with visible rows
/// count, and as many of them are taken as hold `part` of the visible rows, however far they are.
std::vector<std::uint32_t> near_clusters(const VectorView& view, const PreparedQuery& query, const Visible& visible,
                                         const Reach& reach, double part);

/// Gives `rank` the visible rows of these clusters whose estimate, raised by `confidence` standard deviations, passes
/// its threshold.
void scan_signs(const VectorView& view, const PreparedQuery& query, std::span<const std::uint32_t> clusters,
                VisibleBits visible, float confidence, CodeRank& rank, VectorWork& work);

}  // namespace millpond::index
