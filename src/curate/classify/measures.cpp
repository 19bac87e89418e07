#include <algorithm>
#include <cmath>
#include <numeric>

#include "millpond/curate/classifier.h"

namespace millpond::curate {
namespace {

constexpr int kBins = 15;

/// The area under the ROC curve from ranks; equal scores count half.
double auc_of(std::span<const std::int32_t> truth, std::span<const float> probabilities, std::size_t labels,
              std::int32_t label) {
  std::vector<std::size_t> order(truth.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto score = [&](std::size_t row) { return probabilities[row * labels + static_cast<std::size_t>(label)]; };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return score(a) < score(b); });
  double rank_sum = 0, positives = 0;
  for (std::size_t from = 0; from < order.size();) {
    std::size_t to = from;
    while (to < order.size() && score(order[to]) == score(order[from])) ++to;
    const double rank = static_cast<double>(from + to + 1) / 2;
    for (std::size_t i = from; i < to; ++i) {
      if (truth[order[i]] != label) continue;
      rank_sum += rank;
      positives += 1;
    }
    from = to;
  }
  const double negatives = static_cast<double>(truth.size()) - positives;
  if (positives == 0 || negatives == 0) return 0.5;
  return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives);
}

struct Bin {
  double rows = 0, right = 0, confidence = 0;
};

}  // namespace

Measures measure(std::span<const std::string> labels, std::span<const std::int32_t> truth,
                 std::span<const float> probabilities) {
  Measures out;
  out.rows = static_cast<std::int64_t>(truth.size());
  const std::size_t width = labels.size();
  std::vector<std::int64_t> has(width), said(width), both(width);
  std::vector<Bin> bins(kBins);
  double right = 0, loss = 0;
  for (std::size_t row = 0; row < truth.size(); ++row) {
    const float* const scores = &probabilities[row * width];
    const auto best = static_cast<std::size_t>(std::max_element(scores, scores + width) - scores);
    const auto wanted = static_cast<std::size_t>(truth[row]);
    ++has[wanted], ++said[best];
    if (best == wanted) ++both[best], ++right;
    loss -= std::log(std::max(static_cast<double>(scores[wanted]), 1e-15));
    Bin& bin =
        bins[static_cast<std::size_t>(std::clamp(static_cast<int>(std::ceil(scores[best] * kBins)) - 1, 0, kBins - 1))];
    bin.rows += 1;
    bin.right += best == wanted;
    bin.confidence += scores[best];
  }
  const double rows = std::max(1.0, static_cast<double>(truth.size()));
  out.accuracy = right / rows;
  out.log_loss = loss / rows;
  for (const Bin& bin : bins) out.calibration_error += std::abs(bin.right - bin.confidence) / rows;
  const auto share = [](std::int64_t part, std::int64_t all) {
    return all == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(all);
  };
  for (std::size_t i = 0; i < width; ++i) {
    LabelMeasures each{labels[i], has[i], share(both[i], said[i]), share(both[i], has[i]), 0, 0};
    each.f1 = share(2 * both[i], said[i] + has[i]);
    each.auc = auc_of(truth, probabilities, width, static_cast<std::int32_t>(i));
    out.f1_macro += each.f1 / static_cast<double>(width);
    out.auc_macro += each.auc / static_cast<double>(width);
    out.labels.push_back(std::move(each));
  }
  return out;
}

}  // namespace millpond::curate
