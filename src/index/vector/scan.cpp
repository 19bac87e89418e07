#include "index/vector/scan.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace millpond::index {
namespace {

// Of the errors of estimates, relative to gain × length of the query: measured, and what follows from the codes.
constexpr float kSignError = 0.6F, kCodeError = 0.3F;
constexpr float kCodeConfidence = 3;  // standard deviations; more rows than this would let in change nothing

void make_tables(PreparedQuery& query, std::size_t padded) {
  float most = 0, floor = 0;
  for (std::size_t d = 0; d < padded; d += 4) {
    float half = 0;
    for (std::size_t i = 0; i < 4; ++i) half += std::fabs(query.rotated[d + i]);
    most = std::max(most, 2 * half);
    floor -= half;
  }
  query.table_step = most / kTableMax;
  query.table_floor = floor;
  query.tables.resize(padded * 4);
  const float scale = most > 0 ? 1 / query.table_step : 0.0F;
  for (std::size_t d = 0; d < padded; d += 4) {
    const float* q = query.rotated.data() + d;
    const float lowest = -(std::fabs(q[0]) + std::fabs(q[1]) + std::fabs(q[2]) + std::fabs(q[3]));
    for (unsigned entry = 0; entry < 16; ++entry) {
      float sum = -lowest;
      for (unsigned i = 0; i < 4; ++i) sum += (entry >> i & 1) != 0 ? q[i] : -q[i];
      query.tables[d * 4 + entry] = static_cast<std::uint8_t>(sum * scale + 0.5F);
    }
  }
}

}  // namespace

PreparedQuery prepare(const VectorView& view, std::span<const float> query) {
  const std::size_t padded = view.padded();
  PreparedQuery made;
  made.rotated.assign(padded, 0);
  std::copy(query.begin(), query.end(), made.rotated.begin());
  view.rotation.apply(made.rotated.data());
  float most = 0;
  for (const float value : made.rotated) most = std::max(most, std::fabs(value));
  made.step = most / 127;
  const float scale = most > 0 ? 127 / most : 0.0F;
  made.bytes.resize(padded);
  for (std::size_t d = 0; d < padded; ++d) {
    const float level = made.rotated[d] * scale;
    made.bytes[d] = static_cast<std::int8_t>(level < 0 ? level - 0.5F : level + 0.5F);
    made.bytes_sum += made.bytes[d];
    made.mean_product += made.rotated[d] * view.center_mean[d];
    made.length += made.rotated[d] * made.rotated[d];
  }
  made.length = std::sqrt(made.length);
  make_tables(made, padded);
  std::vector<std::int32_t> dots(view.clusters.size());
  best_vector_kernels().dot_u8(made.bytes.data(), view.centers, padded, dots.size(), dots.data());
  made.center_products.resize(dots.size());
  for (std::size_t c = 0; c < dots.size(); ++c) {
    made.center_products[c] = made.step * view.clusters[c].scale * static_cast<float>(dots[c] - 128 * made.bytes_sum);
  }
  return made;
}

namespace {

constexpr std::size_t kCountedMost = 16384, kFirstClusters = 16;

// How many visible rows a cluster has, in a sample of all of them that does not depend on the query.
std::vector<std::uint32_t> count_visible(const VectorView& view, const Visible& visible) {
  std::vector<std::uint32_t> counts(view.clusters.size());
  const std::size_t step = 1 + visible.count / kCountedMost;
  for (std::size_t w = 0; w < visible.bits.size() && w * 64 < view.head.rows; w += step) {
    for (std::uint64_t bits = visible.bits[w]; bits != 0; bits &= bits - 1) {
      const std::size_t row = w * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      if (row >= view.head.rows) continue;
      for (const std::uint16_t cluster : view.clusters_of_row(row)) {
        if (cluster < counts.size()) ++counts[cluster];
      }
    }
  }
  return counts;
}

constexpr auto nearer = [](const Candidate& a, const Candidate& b) {
  return a.estimate != b.estimate ? a.estimate > b.estimate : a.row < b.row;
};
constexpr auto farther = [](const Candidate& a, const Candidate& b) { return nearer(b, a); };

// Marks the nearest of the clusters that are not marked, until the marked ones hold `wanted` rows of the sample.
void mark_more(std::span<const float> estimates, std::span<const std::uint32_t> counts, double held, double wanted,
               std::vector<std::uint8_t>& marks) {
  std::vector<Candidate> rest;
  for (std::uint32_t c = 0; c < marks.size(); ++c) {
    if (marks[c] == 0 && counts[c] > 0) rest.push_back({estimates[c], c});
  }
  std::make_heap(rest.begin(), rest.end(), farther);
  while (!rest.empty() && held < wanted) {
    std::pop_heap(rest.begin(), rest.end(), farther);
    held += counts[rest.back().row];
    marks[rest.back().row] = 1;
    rest.pop_back();
  }
}

}  // namespace

namespace {

// Far fewer are within reach than the margin alone lets in. Counted in bands of scores, so that few must be sorted:
// moves those which may be within reach to the front, and returns how many.
std::size_t within_ranks(const Reach& reach, float best, std::span<Candidate> chosen) {
  constexpr std::size_t kBands = 64;
  if (reach.rank_weight <= 0 || !(reach.margin > 0)) return chosen.size();
  std::array<std::uint32_t, kBands> counts{};
  const float bands = static_cast<float>(kBands) / reach.margin;
  const auto band = [&](const Candidate& each) {
    const float at = (best - each.estimate) * bands;  // not a number where both are infinite
    return at < static_cast<float>(kBands - 1) ? static_cast<std::size_t>(at) : kBands - 1;
  };
  for (const Candidate& each : chosen) ++counts[band(each)];
  std::size_t last = 0, before = 0;
  while (last + 1 < kBands) {
    before += counts[last];
    const float begin = static_cast<float>(last + 1) / bands;
    if (remoteness(begin, before, reach.rank_weight) > reach.margin) break;
    ++last;
  }
  const auto end =
      std::partition(chosen.begin(), chosen.end(), [&](const Candidate& each) { return band(each) <= last; });
  return static_cast<std::size_t>(end - chosen.begin());
}

// Of clusters that hold visible rows, those within reach, nearest first.
std::vector<Candidate> within(const Reach& reach, std::span<const float> estimates,
                              std::span<const std::uint32_t> counts) {
  float best = -std::numeric_limits<float>::infinity();
  for (std::size_t c = 0; c < estimates.size(); ++c) {
    if (counts.empty() || counts[c] > 0) best = std::max(best, estimates[c]);
  }
  std::vector<Candidate> chosen;
  for (std::uint32_t c = 0; c < estimates.size(); ++c) {
    if (estimates[c] >= best - reach.margin && (counts.empty() || counts[c] > 0)) chosen.push_back({estimates[c], c});
  }
  chosen.resize(within_ranks(reach, best, chosen));
  std::sort(chosen.begin(), chosen.end(), nearer);
  std::size_t taken = 0;
  while (taken < chosen.size() && remoteness(best - chosen[taken].estimate, taken, reach.rank_weight) <= reach.margin) {
    ++taken;
  }
  chosen.resize(taken);
  return chosen;
}

}  // namespace

std::vector<std::uint32_t> near_clusters(const VectorView& view, const PreparedQuery& query, const Visible& visible,
                                         const Reach& reach, double part) {
  const std::size_t clusters = view.clusters.size();
  std::vector<float> estimates(clusters);
  for (std::size_t c = 0; c < clusters; ++c) estimates[c] = query.center_products[c] + view.clusters[c].bias;
  std::vector<std::uint32_t> counts;
  if (!visible.bits.empty()) counts = count_visible(view, visible);
  const std::vector<Candidate> chosen = within(reach, estimates, counts);
  std::vector<std::uint8_t> marks(clusters);
  for (const Candidate& each : chosen) marks[each.row] = 1;
  std::vector<std::uint32_t> out;
  for (std::size_t i = 0; i < std::min(chosen.size(), kFirstClusters); ++i) out.push_back(chosen[i].row);
  if (!counts.empty() && clusters > 0) {
    const auto nearest =
        static_cast<std::size_t>(std::max_element(estimates.begin(), estimates.end()) - estimates.begin());
    double all = 0, held = 0, entries = 0;
    for (std::size_t c = 0; c < clusters; ++c) {
      all += counts[c];
      held += marks[c] != 0 ? counts[c] : 0;
      entries += view.clusters[c].rows;
    }
    // A filter that takes away just what is near leaves rows that are all about as far: more must be looked at.
    constexpr double kTakenAway = 0.5, kMore = 5;
    const double usual = all / std::max(entries, 1.0) * view.clusters[nearest].rows;
    if (counts[nearest] < kTakenAway * usual) part *= kMore;
    if (held < part * all) mark_more(estimates, counts, held, part * all, marks);
  }
  // The first few in order, so that the threshold rises at once; the others as they lie in memory.
  for (const std::uint32_t c : out) marks[c] = 0;
  for (std::uint32_t c = 0; c < clusters; ++c) {
    if (marks[c] != 0) out.push_back(c);
  }
  return out;
}

CodeRank::CodeRank(const VectorView& view, const PreparedQuery& query, std::size_t limit, bool twice)
    : view_(&view), query_(&query), limit_(limit), threshold_(-std::numeric_limits<float>::infinity()) {
  constexpr std::size_t kSeenAtFirst = 1024;
  best_.reserve(limit + 1);
  kept_.reserve(256);
  if (twice) seen_.assign(kSeenAtFirst, kNoRow);
}

namespace {

// Where a row is in the table, or the free place where it belongs.
std::uint32_t& place_of(std::vector<std::uint32_t>& table, std::uint32_t row) {
  const std::size_t mask = table.size() - 1;
  std::size_t at = (row * 0x9E3779B1U >> 7) & mask;
  while (table[at] != row && table[at] != kNoRow) at = (at + 1) & mask;
  return table[at];
}

}  // namespace

bool CodeRank::is_new(std::uint32_t row) {
  if (2 * seen_count_ >= seen_.size()) grow_seen();
  std::uint32_t& place = place_of(seen_, row);
  if (place == row) return false;
  place = row;
  ++seen_count_;
  return true;
}

void CodeRank::grow_seen() {
  std::vector<std::uint32_t> larger(4 * seen_.size(), kNoRow);
  for (const std::uint32_t row : seen_) {
    if (row != kNoRow) place_of(larger, row) = row;
  }
  seen_ = std::move(larger);
}

void CodeRank::flush() {
  if (view_->ahead.wanted()) ReadAhead::rows(view_->codes, view_->padded() / 2, {places_.data(), pending_count_});
  std::array<std::int32_t, 32> dots;
  best_vector_kernels().dot_u4(query_->bytes.data(), view_->codes, view_->padded(), places_.data(), pending_count_,
                               dots.data());
  const float half = 7.5F * static_cast<float>(query_->bytes_sum);
  for (std::size_t i = 0; i < pending_count_; ++i) {
    const CodeFacts& facts = view_->code_facts[places_[i]];
    const float estimate =
        query_->mean_product + facts.gain * query_->step * (static_cast<float>(dots[i]) - half) + facts.shift;
    // Twice: the estimate that set the threshold errs as well.
    const float most = estimate + 1.5F * kCodeConfidence * kCodeError * facts.gain * query_->length;
    if (!(most >= threshold_)) continue;
    kept_.push_back({most, pending_[i]});
    if (!(estimate > threshold_)) continue;
    best_.push_back(estimate);
    std::push_heap(best_.begin(), best_.end(), std::greater<>());
    if (best_.size() > limit_) {
      std::pop_heap(best_.begin(), best_.end(), std::greater<>());
      best_.pop_back();
    }
    if (best_.size() == limit_) threshold_ = best_.front();
  }
  compared_ += static_cast<std::int64_t>(pending_count_);
  pending_count_ = 0;
}

std::vector<Candidate> CodeRank::take(VectorWork& work) {
  flush();
  work.compared += compared_;
  work.size_bytes += compared_ * static_cast<std::int64_t>(view_->padded() / 2 + sizeof(CodeFacts));
  std::erase_if(kept_, [&](const Candidate& each) { return !(each.estimate >= threshold_); });
  return std::move(kept_);
}

namespace {

/// Rows whose signs passed, by block. Their numbers are far from the signs in memory: they are asked for some blocks
/// before they are used.
class PassedRows {
 public:
  PassedRows(const VectorView& view, VisibleBits visible, CodeRank& rank)
      : view_(view), visible_(visible), rank_(rank) {}

  void add(std::uint32_t block, std::uint32_t rows) {
    if (rows == 0) return;
    const std::uint32_t* ids = view_.ids + std::size_t{block} * kBlockRows;
    __builtin_prefetch(ids);
    __builtin_prefetch(ids + kBlockRows / 2);
    Passed& place = waiting_[at_++ % kDelay];
    if (at_ > kDelay) push(place);
    place = {block, rows};
  }
  void finish() {
    for (std::size_t i = at_ > kDelay ? at_ - kDelay : 0; i < at_; ++i) push(waiting_[i % kDelay]);
    at_ = 0;
  }

 private:
  static constexpr std::size_t kDelay = 4;
  struct Passed {
    std::uint32_t block, rows;
  };

  void push(const Passed& passed) {
    const std::uint32_t* ids = view_.ids + std::size_t{passed.block} * kBlockRows;
    for (std::uint32_t rows = passed.rows; rows != 0; rows &= rows - 1) {
      const std::uint32_t row = ids[std::countr_zero(rows)];
      if (row < view_.head.rows && is_visible(visible_, row)) rank_.push(row);
    }
  }

  const VectorView& view_;
  const VisibleBits visible_;
  CodeRank& rank_;
  std::array<Passed, kDelay> waiting_;
  std::size_t at_ = 0;
};

}  // namespace

void scan_signs(const VectorView& view, const PreparedQuery& query, std::span<const std::uint32_t> clusters,
                VisibleBits visible, float confidence, CodeRank& rank, VectorWork& work) {
  const std::size_t padded = view.padded(), size = block_bytes(padded);
  const auto scan = best_vector_kernels().scan;
  if (view.ahead.wanted()) {
    for (const std::uint32_t c : clusters) {
      const ClusterFacts& facts = view.clusters[c];
      ReadAhead::bytes(view.blocks + facts.first_block * size, facts.blocks * size);
      ReadAhead::bytes(view.ids + std::size_t{facts.first_block} * kBlockRows, facts.blocks * kBlockRows * 4);
    }
  }
  std::array<float, kBlockRows> estimates;
  PassedRows passed(view, visible, rank);
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    const std::uint32_t c = clusters[i];
    const ClusterFacts& facts = view.clusters[c];
    if (i + 1 < clusters.size()) {
      const std::uint8_t* next = view.blocks + view.clusters[clusters[i + 1]].first_block * size;
      for (std::size_t line = 0; line < 2 * size; line += 64) __builtin_prefetch(next + line);
    }
    const float product = facts.reach * query.center_products[c];
    // The error comes from the part of the query that points away from the origin of the residuals.
    const float away = std::sqrt(std::max(0.0F, query.length * query.length - 2 * product + facts.square));
    ScanScale scale{product, query.table_step, query.table_floor + confidence * kSignError * away, rank.threshold()};
    for (std::uint32_t b = facts.first_block; b < facts.first_block + facts.blocks; ++b) {
      passed.add(b, scan(query.tables.data(), view.blocks + b * size, padded, scale, estimates.data()));
      if (i < kFirstClusters / 4) passed.finish();  // what is found here raises the threshold for all the others
      scale.threshold = rank.threshold();
    }
    work.scanned += facts.rows;
    work.size_bytes += static_cast<std::int64_t>(facts.blocks * size);
  }
  passed.finish();
  work.probes = static_cast<int>(clusters.size());
}

}  // namespace millpond::index
