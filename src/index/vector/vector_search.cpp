#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "index/vector/scan.h"
#include "index/vector_query.h"

namespace millpond::index {
namespace {

// Nanoseconds, for the choice of a plan: a row's signs, of 256 dimensions; a row's four-bit code, picked out.
constexpr double kScanCost = 1.0, kCompareCost = 8.0;

// What `recall` of the `rows` best needs, between the points that were measured.
CurvePoint need(const VectorView& view, double rows, double recall) {
  const auto between = [](const CurvePoint& from, const CurvePoint& to, double part) {
    const auto f = static_cast<float>(part);
    return CurvePoint{from.margin + f * (to.margin - from.margin), from.scanned + f * (to.scanned - from.scanned)};
  };
  const auto on_curve = [&](std::size_t curve) {
    const auto& points = view.head.curve[curve];
    std::size_t i = 1;
    while (i + 1 < kCurveRecall.size() && kCurveRecall[i] < recall) ++i;
    const double part = (recall - kCurveRecall[i - 1]) / (kCurveRecall[i] - kCurveRecall[i - 1]);
    return between(points[i - 1], points[i], std::clamp(part, 0.0, 1.0));
  };
  std::size_t i = 1;
  while (i + 1 < kCurveRows.size() && kCurveRows[i] < rows) ++i;
  const double part = std::log(rows / kCurveRows[i - 1]) / std::log(kCurveRows[i] / kCurveRows[i - 1]);
  return between(on_curve(i - 1), on_curve(i), std::clamp(part, 0.0, 1.0));
}

// How many standard deviations the error of a row's signs may have without losing the row.
float confidence_for(double recall) {
  return static_cast<float>(recall >= 1 ? 5 : std::clamp(0.25 - 0.33 * std::log(1 - recall), 0.8, 4.0));
}

void push_visible(const VectorView& view, VisibleBits visible, CodeRank& rank) {
  const auto push = [&](std::uint32_t row) {
    if (has_vector(view.vectors, row)) rank.push(row);
  };
  for (std::uint32_t row = 0; visible.empty() && row < view.head.rows; ++row) push(row);
  for (std::size_t w = 0; w < visible.size() && w * 64 < view.head.rows; ++w) {
    for (std::uint64_t bits = visible[w]; bits != 0; bits &= bits - 1) {
      const auto row = static_cast<std::uint32_t>(w * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
      if (row < view.head.rows) push(row);
    }
  }
}

// Exact scores of the rows that are left.
std::vector<VectorHit> rerank(const VectorView& view, std::span<const float> query, std::span<const Candidate> rows,
                              std::size_t limit, VectorWork& work) {
  const VectorRows& vectors = view.vectors;
  const VectorQuery exact(query, vectors.type, view.metric());
  const auto at = [&](std::uint32_t row) { return vectors.data + std::size_t{row} * vectors.stride; };
  std::vector<VectorHit> hits;
  hits.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i + 2 < rows.size()) {
      const char* next = at(rows[i + 2].row);
      for (std::size_t line = 0; line < vectors.stride; line += 64) __builtin_prefetch(next + line);
    }
    float score = 0;
    exact.score(at(rows[i].row), vectors.stride, 1, &score);
    hits.push_back({score, rows[i].row});
  }
  work.reranked += static_cast<std::int64_t>(rows.size());
  work.size_bytes += static_cast<std::int64_t>(rows.size() * vectors.stride);
  std::sort(hits.begin(), hits.end(), [](const VectorHit& a, const VectorHit& b) {
    return a.score != b.score ? a.score > b.score : a.row < b.row;
  });
  if (hits.size() > limit) hits.resize(limit);
  return hits;
}

}  // namespace

Result<VectorIndex> VectorIndex::open(std::string_view bytes, const VectorRows& rows) {
  MP_ASSIGN(auto view, open_view(bytes, rows));
  return VectorIndex(std::move(view));
}

VectorIndex::VectorIndex(std::unique_ptr<VectorView> view) : view_(std::move(view)) {}
VectorIndex::VectorIndex(VectorIndex&&) noexcept = default;
VectorIndex& VectorIndex::operator=(VectorIndex&&) noexcept = default;
VectorIndex::~VectorIndex() = default;
std::int64_t VectorIndex::indexed() const { return static_cast<std::int64_t>(view_->head.indexed); }
int VectorIndex::clusters() const { return static_cast<int>(view_->head.clusters); }
Metric VectorIndex::metric() const { return view_->metric(); }
std::int64_t VectorIndex::hot_bytes() const { return static_cast<std::int64_t>(view_->hot_bytes); }

double VectorIndex::mean_product(std::span<const float> query) const {
  std::vector<float> rotated(view_->padded());
  std::copy_n(query.begin(), std::min<std::size_t>(query.size(), view_->head.dimensions), rotated.begin());
  view_->rotation.apply(rotated.data());
  double sum = 0;
  for (std::size_t d = 0; d < rotated.size(); ++d) sum += double{rotated[d]} * view_->row_mean[d];
  return sum;
}

Result<std::vector<VectorHit>> VectorIndex::search(std::span<const float> query, const VectorSearch& options,
                                                   VectorWork* work) const {
  const VectorView& view = *view_;
  if (query.size() != static_cast<std::size_t>(view.vectors.dimensions)) {
    return invalid("the query must have ", view.vectors.dimensions, " numbers; it has: ", query.size());
  }
  for (const float value : query) {
    if (!std::isfinite(value)) return invalid("the query holds a number that is not finite");
  }
  const ReadAhead::Watch watch(view.ahead);
  VectorWork unused;
  VectorWork& done = work != nullptr ? *work : unused;
  done = {};
  if (options.limit <= 0 || view.head.indexed == 0) return std::vector<VectorHit>{};
  std::vector<float> unit(query.begin(), query.end());
  std::vector<float> coarse(unit.begin(), unit.begin() + view.head.dimensions);
  if (view.metric() == Metric::kCosine) {
    make_unit(unit);
    make_unit(coarse);
  }
  const auto wanted = std::min<std::size_t>(static_cast<std::size_t>(options.limit), view.head.indexed);
  // What is best by a prefix is not quite what is best by all numbers.
  const double depth = std::max(1.0, double{view.head.depth}) * static_cast<double>(wanted);
  const auto limit = std::min<std::size_t>(static_cast<std::size_t>(depth), view.head.indexed);
  auto count = static_cast<double>(view.head.indexed);
  Visible visible{options.visible, 0};
  if (!options.visible.empty()) {
    visible.count = best_vector_kernels().count_bits(options.visible.data(), options.visible.size());
    if (visible.count == 0) return std::vector<VectorHit>{};
    count = std::min(count, static_cast<double>(visible.count));
  }
  // The best of a part of the rows lie among as many more of all rows, if the filter has nothing to do with the query.
  const auto indexed = static_cast<double>(view.head.indexed);
  const CurvePoint needed = need(view, static_cast<double>(limit) * indexed / count, options.recall);
  const PreparedQuery prepared = prepare(view, coarse);
  const auto best = std::min(limit, static_cast<std::size_t>(count));
  CodeRank rank(view, prepared, best, view.head.homes() > 1);
  const double entries = indexed * static_cast<double>(view.head.homes());
  const bool cheap = double{needed.scanned} * entries * kScanCost < count * kCompareCost;
  if (options.margin >= 0 || (options.recall < 1 && cheap)) {
    const Reach reach = options.margin >= 0
                            ? Reach{static_cast<float>(options.margin), 0}
                            : Reach{needed.margin * prepared.length, view.head.rank_weight * prepared.length};
    // What a filter leaves may be far from the query, where the margins that were measured say too little.
    const double part = count < indexed ? double{needed.scanned} : 0;
    const auto clusters = near_clusters(view, prepared, visible, reach, part);
    scan_signs(view, prepared, clusters, options.visible, confidence_for(options.recall), rank, done);
    rank.flush();
    done.exhaustive = !rank.full();
  } else {
    done.exhaustive = true;
  }
  if (done.exhaustive) {
    rank = CodeRank(view, prepared, best, false);
    push_visible(view, options.visible, rank);
  }
  const std::vector<Candidate> rows = rank.take(done);
  if (options.before_rerank || view.ahead.wanted()) {
    std::vector<std::uint32_t> numbers;
    numbers.reserve(rows.size());
    for (const Candidate& each : rows) numbers.push_back(each.row);
    if (options.before_rerank) MP_TRY(options.before_rerank(numbers));
    if (view.ahead.wanted()) ReadAhead::rows(view.vectors.data, view.vectors.stride, numbers);
  }
  return rerank(view, unit, rows, wanted, done);
}

}  // namespace millpond::index
