#include "curate/classify/calibration.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

namespace millpond::curate {
namespace {

constexpr double kLeast = 1e-7;

double logit(double p) {
  p = std::clamp(p, kLeast, 1 - kLeast);
  return std::log(p / (1 - p));
}

void sharpen(std::span<float> probabilities, double temperature) {
  double most = -1e300;
  std::vector<double> logs(probabilities.size());
  for (std::size_t i = 0; i < logs.size(); ++i) {
    logs[i] = std::log(std::max(static_cast<double>(probabilities[i]), 1e-30)) / temperature;
    most = std::max(most, logs[i]);
  }
  double sum = 0;
  for (double& each : logs) sum += each = std::exp(each - most);
  for (std::size_t i = 0; i < logs.size(); ++i) probabilities[i] = static_cast<float>(logs[i] / sum);
}

double loss_at(double temperature, std::span<const std::int32_t> truth, std::span<const float> probabilities,
               std::size_t labels) {
  double loss = 0;
  std::vector<float> row(labels);
  for (std::size_t i = 0; i < truth.size(); ++i) {
    std::copy_n(&probabilities[i * labels], labels, row.begin());
    sharpen(row, temperature);
    loss -= std::log(std::max(static_cast<double>(row[static_cast<std::size_t>(truth[i])]), 1e-30));
  }
  return loss;
}

/// Golden-section search over the logarithm of the temperature.
double best_temperature(std::span<const std::int32_t> truth, std::span<const float> probabilities, std::size_t labels) {
  constexpr double kGolden = 0.6180339887498949;
  double low = std::log(0.05), high = std::log(20.0);
  const auto loss = [&](double x) { return loss_at(std::exp(x), truth, probabilities, labels); };
  double a = high - kGolden * (high - low), b = low + kGolden * (high - low), at_a = loss(a), at_b = loss(b);
  for (int step = 0; step < 40; ++step) {
    if (at_a < at_b) {
      high = b, b = a, at_b = at_a, a = high - kGolden * (high - low), at_a = loss(a);
    } else {
      low = a, a = b, at_a = at_b, b = low + kGolden * (high - low), at_b = loss(b);
    }
  }
  return std::exp((low + high) / 2);
}

/// Newton's method with damping for the two numbers of Platt's curve.
std::pair<double, double> platt(const std::vector<double>& x, const std::vector<bool>& positive) {
  const double positives = static_cast<double>(std::count(positive.begin(), positive.end(), true));
  const double negatives = static_cast<double>(positive.size()) - positives;
  const double high = (positives + 1) / (positives + 2), low = 1 / (negatives + 2);
  double a = 0, b = std::log((negatives + 1) / (positives + 1));
  const auto loss = [&](double slope, double offset) {
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double z = slope * x[i] + offset, target = positive[i] ? high : low;
      sum += z >= 0 ? target * z + std::log1p(std::exp(-z)) : (target - 1) * z + std::log1p(std::exp(z));
    }
    return sum;
  };
  double now = loss(a, b);
  for (int step = 0; step < 100; ++step) {
    double h11 = 1e-9, h22 = 1e-9, h21 = 0, g1 = 0, g2 = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double p = 1 / (1 + std::exp(a * x[i] + b)), d1 = (positive[i] ? high : low) - p, d2 = p * (1 - p);
      h11 += x[i] * x[i] * d2, h22 += d2, h21 += x[i] * d2, g1 += x[i] * d1, g2 += d1;
    }
    if (std::abs(g1) < 1e-6 && std::abs(g2) < 1e-6) break;
    const double det = h11 * h22 - h21 * h21;
    const double da = -(h22 * g1 - h21 * g2) / det, db = -(h11 * g2 - h21 * g1) / det;
    double width = 1;
    for (; width > 1e-10; width /= 2) {
      const double next = loss(a + width * da, b + width * db);
      if (next >= now) continue;
      a += width * da, b += width * db, now = next;
      break;
    }
    if (width <= 1e-10) break;
  }
  return {a, b};
}

}  // namespace

Result<Calibration> Calibration::fit(std::string_view method, std::span<const std::int32_t> truth,
                                     std::span<const float> probabilities, std::size_t labels) {
  Calibration out;
  out.method_ = truth.empty() ? "none" : method;
  if (method == "none" || truth.empty()) return out;
  if (method == "temperature") {
    out.temperature_ = best_temperature(truth, probabilities, labels);
    return out;
  }
  if (method != "platt" && method != "isotonic") {
    return invalid("no such calibration: ", method).hint("There are temperature, platt, isotonic and none.");
  }
  for (std::size_t label = 0; label < labels; ++label) {
    Curve curve;
    if (method == "platt") {
      std::vector<double> x;
      std::vector<bool> positive;
      for (std::size_t i = 0; i < truth.size(); ++i) {
        x.push_back(logit(probabilities[i * labels + label]));
        positive.push_back(static_cast<std::size_t>(truth[i]) == label);
      }
      std::tie(curve.slope, curve.offset) = platt(x, positive);
    } else {
      std::vector<std::pair<float, bool>> rows;
      for (std::size_t i = 0; i < truth.size(); ++i) {
        rows.emplace_back(probabilities[i * labels + label], static_cast<std::size_t>(truth[i]) == label);
      }
      std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      struct Block {
        double sum, weight;
        float from, to;
      };
      std::vector<Block> blocks;
      for (std::size_t i = 0; i < rows.size();) {  // equal probabilities are one point
        Block block{0, 0, rows[i].first, rows[i].first};
        for (; i < rows.size() && rows[i].first == block.from; ++i) block.sum += rows[i].second, block.weight += 1;
        while (!blocks.empty() && blocks.back().sum * block.weight >= block.sum * blocks.back().weight) {
          block = {block.sum + blocks.back().sum, block.weight + blocks.back().weight, blocks.back().from, block.to};
          blocks.pop_back();
        }
        blocks.push_back(block);
      }
      for (const Block& block : blocks) {
        const auto value = static_cast<float>(block.sum / block.weight);
        curve.from.push_back(block.from), curve.value.push_back(value);
        if (block.to > block.from) curve.from.push_back(block.to), curve.value.push_back(value);
      }
    }
    out.curves_.push_back(std::move(curve));
  }
  return out;
}

float Calibration::at(const Curve& curve, float probability) const {
  if (method_ == "platt") {
    return static_cast<float>(1 / (1 + std::exp(curve.slope * logit(probability) + curve.offset)));
  }
  const auto next = std::upper_bound(curve.from.begin(), curve.from.end(), probability);
  if (next == curve.from.begin()) return curve.value.front();
  if (next == curve.from.end()) return curve.value.back();
  const auto i = static_cast<std::size_t>(next - curve.from.begin());
  const float part = (probability - curve.from[i - 1]) / (curve.from[i] - curve.from[i - 1]);
  return curve.value[i - 1] + part * (curve.value[i] - curve.value[i - 1]);
}

void Calibration::apply(std::span<float> probabilities) const {
  if (method_ == "none") return;
  if (method_ == "temperature") return sharpen(probabilities, temperature_);
  float sum = 0;
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    probabilities[i] = std::max(at(curves_[i], probabilities[i]), 1e-6F);  // so that no row is impossible
    sum += probabilities[i];
  }
  for (float& each : probabilities) each /= sum;
}

nlohmann::json Calibration::to_json() const {
  nlohmann::json json = {{"method", method_}};
  if (method_ == "temperature") json["temperature"] = temperature_;
  if (curves_.empty()) return json;
  json["curves"] = nlohmann::json::array();
  for (const Curve& curve : curves_) {
    json["curves"].push_back(method_ == "platt" ? nlohmann::json{{"slope", curve.slope}, {"offset", curve.offset}}
                                                : nlohmann::json{{"from", curve.from}, {"value", curve.value}});
  }
  return json;
}

Result<Calibration> Calibration::from_json(const nlohmann::json& json, std::size_t labels) {
  try {
    Calibration out;
    out.method_ = json.at("method").get<std::string>();
    if (out.method_ == "none") return out;
    if (out.method_ == "temperature") {
      out.temperature_ = json.at("temperature").get<double>();
      if (!(out.temperature_ > 0)) return corrupt("the model's temperature: ", out.temperature_);
      return out;
    }
    for (const nlohmann::json& each : json.at("curves")) {
      Curve curve;
      if (out.method_ == "platt") {
        curve.slope = each.at("slope").get<double>(), curve.offset = each.at("offset").get<double>();
      } else {
        curve.from = each.at("from").get<std::vector<float>>(),
        curve.value = each.at("value").get<std::vector<float>>();
        if (curve.from.empty() || curve.from.size() != curve.value.size() ||
            !std::is_sorted(curve.from.begin(), curve.from.end())) {
          return corrupt("the model's steps of calibration: ", curve.from.size());
        }
      }
      out.curves_.push_back(std::move(curve));
    }
    if (out.curves_.size() != labels || (out.method_ != "platt" && out.method_ != "isotonic")) {
      return corrupt("the model's calibration is for other labels: ", out.curves_.size());
    }
    return out;
  } catch (const nlohmann::json::exception& error) { return corrupt("the model's calibration: ", error.what()); }
}

}  // namespace millpond::curate
