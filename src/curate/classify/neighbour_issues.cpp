#include "millpond/curate/neighbour_issues.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <thread>

namespace millpond::curate {
namespace {

constexpr std::size_t kEuclideanMost = 3;  // numbers; as cleanlab chooses the distance
constexpr double kSmallest = 1e-6;

struct Near {
  double distance;
  std::int32_t row;
  bool operator<(const Near& other) const {
    return distance != other.distance ? distance < other.distance : row < other.row;
  }
};

double dot(const double* a, const double* b, std::size_t width) {
  constexpr std::size_t kLanes = 8;
  double sums[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= width; i += kLanes) {
    for (std::size_t j = 0; j < kLanes; ++j) sums[j] += a[i + j] * b[i + j];
  }
  for (; i < width; ++i) sums[0] += a[i] * b[i];
  return std::accumulate(sums, sums + kLanes, 0.0);
}

/// Only tells which rows to look at exactly, so that the order of its additions, which is the machine's, changes
/// nothing.
__attribute__((target_clones("avx512f", "avx2", "default"))) float quick_dot(const float* a, const float* b,
                                                                             std::size_t width) {
  constexpr std::size_t kLanes = 32;
  float sums[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= width; i += kLanes) {
    for (std::size_t j = 0; j < kLanes; ++j) sums[j] += a[i + j] * b[i + j];
  }
  for (; i < width; ++i) sums[0] += a[i] * b[i];
  for (std::size_t j = kLanes / 2; j > 0; j /= 2) {
    for (std::size_t lane = 0; lane < j; ++lane) sums[lane] += sums[lane + j];
  }
  return sums[0];
}

double euclidean(const double* a, const double* b, std::size_t width) {
  double sum = 0;
  for (std::size_t i = 0; i < width; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

/// Vectors, for cosines of length 1: in single precision to tell what is too far, in double for what is near.
struct Values {
  std::size_t width = 0;
  std::vector<double> exact;
  std::vector<float> quick;
  /// By how much a product in single precision may be wrong: half a bit for each of its steps, and to spare.
  float slack() const { return static_cast<float>(width + 8) * 1.2e-7F; }
};

/// The best of the rows that are offered to one row.
class Best {
 public:
  Best(std::size_t width, const double* own, std::size_t k) : width_(width), own_(own), k_(k) { best_.reserve(k + 1); }

  /// False if it is too far.
  bool offer(std::size_t other, const double* that) {
    const double apart = by_direction(width_) ? 1 - dot(own_, that, width_) : euclidean(own_, that, width_);
    const bool equal = std::equal(own_, own_ + width_, that);
    const Near near{equal ? 0 : std::max(apart, 0.0), static_cast<std::int32_t>(other)};
    if (best_.size() == k_ && !(near < best_.front())) return false;
    best_.push_back(near);
    std::push_heap(best_.begin(), best_.end());
    if (best_.size() <= k_) return true;
    std::pop_heap(best_.begin(), best_.end());
    best_.pop_back();
    return true;
  }
  bool full() const { return best_.size() == k_; }
  double furthest() const { return best_.front().distance; }

  void write(std::size_t row, Neighbours& out) {
    std::sort_heap(best_.begin(), best_.end());
    for (std::size_t i = 0; i < k_; ++i) {
      out.row[row * k_ + i] = best_[i].row;
      out.distance[row * k_ + i] = best_[i].distance;
    }
  }

 private:
  const std::size_t width_;
  const double* const own_;
  const std::size_t k_;
  std::vector<Near> best_;
};

/// Those of one row, into its place.
void find_nearest(const Values& values, std::size_t row, Neighbours& out) {
  const std::size_t width = values.width;
  Best best(width, &values.exact[row * width], out.k);
  float least = -2;  // a lower product is too far
  for (std::size_t other = 0; other < out.rows; ++other) {
    if (other == row) continue;
    if (by_direction(width) && quick_dot(&values.quick[row * width], &values.quick[other * width], width) < least)
      continue;
    if (best.offer(other, &values.exact[other * width]) && best.full()) {
      least = static_cast<float>(1 - best.furthest()) - values.slack();
    }
  }
  best.write(row, out);
}

/// The numbers of a row in double precision, for cosines of length 1. False if it has no direction.
bool exact_row(std::span<const float> vectors, std::size_t width, std::size_t row, double* out) {
  for (std::size_t i = 0; i < width; ++i) out[i] = static_cast<double>(vectors[row * width + i]);
  if (!by_direction(width)) return true;
  const double length = std::sqrt(dot(out, out, width));
  if (!(length > 0) || !std::isfinite(length)) return false;
  for (std::size_t i = 0; i < width; ++i) out[i] /= length;
  return true;
}

/// Room for the neighbours.
Result<Neighbours> room_for(std::size_t numbers, std::size_t width, std::size_t k) {
  Neighbours out;
  out.rows = width > 0 ? numbers / width : 0;
  out.k = k;
  if (k < 1 || out.rows <= k) return invalid("too few rows with vectors for ", k, " neighbours: ", out.rows);
  if (out.rows > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    return exhausted("too many rows: ", out.rows);
  out.row.resize(out.rows * k);
  out.distance.resize(out.rows * k);
  return out;
}

Status without_direction(std::size_t row) { return invalid("a vector has no direction: that of row ", row); }

/// Calls `find(row)` for all rows, on all threads; what it returns may not depend on them. Returns the error of the
/// first row that has one.
template <class Find>
Status for_each_row(std::size_t rows, Context& context, const Find& find) {
  const auto threads = static_cast<std::size_t>(std::max(1, context.threads()));
  std::vector<std::pair<std::size_t, Status>> failed(threads, {rows, Status()});
  const auto work = [&](std::size_t first) {
    for (std::size_t row = first; row < rows; row += threads) {
      if (row % 64 == 0 && !context.check().ok()) return;
      if (Status status = find(row); !status.ok()) {
        failed[first] = {row, std::move(status)};
        return;
      }
    }
  };
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work, i);
  work(0);
  for (std::thread& each : others) each.join();
  MP_TRY(context.check());
  const auto by_row = [](const auto& x, const auto& y) { return x.first < y.first; };
  return std::move(std::min_element(failed.begin(), failed.end(), by_row)->second);
}

/// Linear between the two values next to it, as NumPy's percentile.
double quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  const double at = part * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

/// How far the distances in the order of the rows are distributed from those of any two rows (Kolmogorov-Smirnov).
double order_statistic(const Neighbours& neighbours, std::span<const std::int64_t> place) {
  const std::size_t n = neighbours.rows;
  std::vector<std::int64_t> counts(n);
  for (std::size_t i = 0; i < neighbours.row.size(); ++i) {
    const std::int64_t from = place[i / neighbours.k], to = place[static_cast<std::size_t>(neighbours.row[i])];
    ++counts[static_cast<std::size_t>(std::abs(from - to))];
  }
  const double all = static_cast<double>(neighbours.row.size());
  const double pairs = static_cast<double>(n) * static_cast<double>(n - 1) / 2;
  double worst = 0, background = 0, seen = 0;
  for (std::size_t apart = 1; apart < n; ++apart) {
    background += static_cast<double>(n - apart) / pairs;
    if (counts[apart] == 0) continue;
    worst = std::max(worst, std::abs(seen / all - background));
    seen += static_cast<double>(counts[apart]);
    worst = std::max(worst, std::abs((seen - 1) / all - background));
  }
  return std::max(worst, std::abs(1 - background));
}

/// As NumPy's RandomState makes them, so that the p-value is cleanlab's.
std::vector<std::int64_t> permutation(std::size_t n, std::mt19937& random) {
  std::vector<std::int64_t> out(n);
  std::iota(out.begin(), out.end(), 0);
  for (std::size_t i = n - 1; i > 0; --i) {
    std::uint32_t mask = static_cast<std::uint32_t>(i);
    for (const unsigned shift : {1U, 2U, 4U, 8U, 16U}) mask |= mask >> shift;
    std::uint32_t j = 0;
    do { j = static_cast<std::uint32_t>(random()) & mask; } while (j > i);
    std::swap(out[i], out[j]);
  }
  return out;
}

double normal_below(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

}  // namespace

bool by_direction(std::size_t width) { return width > kEuclideanMost; }

Result<Neighbours> nearest_neighbours(std::span<const float> vectors, std::size_t width, std::size_t k,
                                      Context& context) {
  MP_ASSIGN(Neighbours out, room_for(vectors.size(), width, k));
  Values values{width, std::vector<double>(vectors.size()), {}};
  for (std::size_t row = 0; row < out.rows; ++row) {
    if (!exact_row(vectors, width, row, &values.exact[row * width])) return without_direction(row);
  }
  for (const double value : values.exact) values.quick.push_back(static_cast<float>(value));
  MP_TRY(for_each_row(out.rows, context, [&](std::size_t row) -> Status {
    find_nearest(values, row, out);
    return {};
  }));
  return out;
}

Result<Neighbours> nearest_of(std::span<const float> vectors, std::size_t width, std::size_t k, const NearRowsOf& near,
                              Context& context) {
  MP_ASSIGN(Neighbours out, room_for(vectors.size(), width, k));
  MP_TRY(for_each_row(out.rows, context, [&](std::size_t row) -> Status {
    std::vector<double> own(width), that(width);
    if (!exact_row(vectors, width, row, own.data())) return without_direction(row);
    std::vector<std::int32_t> others;
    MP_TRY(near(row, others));
    std::sort(others.begin(), others.end());
    others.erase(std::unique(others.begin(), others.end()), others.end());
    const auto self = std::lower_bound(others.begin(), others.end(), static_cast<std::int32_t>(row));
    if (self != others.end() && *self == static_cast<std::int32_t>(row)) others.erase(self);
    Best best(width, own.data(), k);
    const auto offer = [&](std::size_t other) -> Status {
      if (!exact_row(vectors, width, other, that.data())) return without_direction(other);
      best.offer(other, that.data());
      return {};
    };
    for (const std::int32_t other : others) MP_TRY(offer(static_cast<std::size_t>(other)));
    for (std::size_t other = 0; others.size() < k && other < out.rows; ++other) {
      const bool offered = std::binary_search(others.begin(), others.end(), static_cast<std::int32_t>(other));
      if (other != row && !offered) MP_TRY(offer(other));
    }
    best.write(row, out);
    return {};
  }));
  return out;
}

Outliers find_outliers(const Neighbours& neighbours, double threshold) {
  std::vector<double> means(neighbours.rows);
  for (std::size_t i = 0; i < neighbours.distance.size(); ++i) {
    means[i / neighbours.k] += neighbours.distance[i] / static_cast<double>(neighbours.k);
  }
  constexpr double kRounding = 100 * std::numeric_limits<double>::epsilon();
  const double scale = std::max(quantile(means, 0.5), kRounding);
  const double third = quantile(means, 0.75), range = third - quantile(means, 0.25);
  const double most = threshold > 0 ? third + (1 / threshold - 1) * range : std::numeric_limits<double>::infinity();
  Outliers out;
  for (std::size_t row = 0; row < means.size(); ++row) {
    out.scores.push_back(means[row] < kRounding / 2 ? 1 : std::exp(-means[row] / std::max(scale, kSmallest)));
    if (means[row] > most) out.rows.push_back(static_cast<std::int64_t>(row));
  }
  std::stable_sort(out.rows.begin(), out.rows.end(), [&](std::int64_t a, std::int64_t b) {
    return means[static_cast<std::size_t>(a)] > means[static_cast<std::size_t>(b)];
  });
  return out;
}

NearDuplicateRows find_near_duplicates(const Neighbours& neighbours, double threshold) {
  NearDuplicateRows out;
  out.of_row.resize(neighbours.rows);
  std::vector<double> nearest;
  for (std::size_t row = 0; row < neighbours.rows; ++row) nearest.push_back(neighbours.distance[row * neighbours.k]);
  const double median = std::max(quantile(nearest, 0.5), kSmallest);
  for (const double distance : nearest) out.scores.push_back(1 - std::exp(-distance / median));
  for (std::size_t i = 0; i < neighbours.row.size(); ++i) {
    if (!(neighbours.distance[i] < threshold * median)) continue;
    const std::size_t row = i / neighbours.k;
    out.of_row[row].push_back(neighbours.row[i]);
    out.of_row[static_cast<std::size_t>(neighbours.row[i])].push_back(static_cast<std::int32_t>(row));
  }
  for (auto& rows : out.of_row) {
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  }
  return out;
}

double order_p_value(const Neighbours& neighbours) {
  constexpr int kPermutations = 25;
  std::vector<std::int64_t> place(neighbours.rows);
  std::iota(place.begin(), place.end(), 0);
  const double found = order_statistic(neighbours, place);
  std::mt19937 random(0);
  std::vector<double> by_chance;
  for (int i = 0; i < kPermutations; ++i) {
    by_chance.push_back(order_statistic(neighbours, permutation(neighbours.rows, random)));
  }
  const double mean = std::accumulate(by_chance.begin(), by_chance.end(), 0.0) / kPermutations;
  double variance = 0;
  for (const double each : by_chance) variance += (each - mean) * (each - mean) / (kPermutations - 1);
  // A density around each of them, as wide as Scott's rule says: how much of it is beyond what was found?
  const double width = std::sqrt(variance) * std::pow(kPermutations, -0.2);
  if (!(width > 0)) return found > mean ? 0 : 1;
  double beyond = 0;
  for (const double each : by_chance) beyond += normal_below((each - found) / width) / kPermutations;
  return beyond;
}

}  // namespace millpond::curate
