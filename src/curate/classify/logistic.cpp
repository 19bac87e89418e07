#include "curate/classify/logistic.h"

#include <algorithm>
#include <cmath>
#include <deque>

namespace millpond::curate {
namespace {

using Vector = std::vector<double>;

double product(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

void scores_to_probabilities(Vector& scores) {
  const double most = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (double& each : scores) sum += each = std::exp(each - most);
  for (double& each : scores) each /= sum;
}

struct Objective {
  std::span<const float> rows;
  std::size_t width;
  std::span<const std::int32_t> truth;
  std::size_t labels;
  double inverse_penalty;

  double at(const Vector& weights, Vector& gradient) const {
    gradient.assign(weights.size(), 0);
    double loss = 0;
    Vector scores(labels);
    for (std::size_t row = 0; row < truth.size(); ++row) {
      const float* const x = &rows[row * width];
      for (std::size_t label = 0; label < labels; ++label) {
        const double* const w = &weights[label * (width + 1)];
        double score = w[width];
        for (std::size_t i = 0; i < width; ++i) score += w[i] * static_cast<double>(x[i]);
        scores[label] = score;
      }
      scores_to_probabilities(scores);
      const auto wanted = static_cast<std::size_t>(truth[row]);
      loss -= std::log(std::max(scores[wanted], 1e-300));
      scores[wanted] -= 1;
      for (std::size_t label = 0; label < labels; ++label) {
        double* const g = &gradient[label * (width + 1)];
        for (std::size_t i = 0; i < width; ++i) g[i] += scores[label] * static_cast<double>(x[i]);
        g[width] += scores[label];
      }
    }
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (i % (width + 1) == width) continue;
      loss += weights[i] * weights[i] / (2 * inverse_penalty);
      gradient[i] += weights[i] / inverse_penalty;
    }
    return loss;
  }
};

struct Step {
  Vector move, change;
  double inverse;
};

/// The direction of L-BFGS from the last steps.
Vector direction_of(const Vector& gradient, const std::deque<Step>& steps) {
  Vector direction = gradient, alphas(steps.size());
  for (std::size_t i = steps.size(); i-- > 0;) {
    alphas[i] = steps[i].inverse * product(steps[i].move, direction);
    for (std::size_t j = 0; j < direction.size(); ++j) direction[j] -= alphas[i] * steps[i].change[j];
  }
  if (!steps.empty()) {
    const double scale = 1 / (steps.back().inverse * product(steps.back().change, steps.back().change));
    for (double& each : direction) each *= scale;
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const double beta = steps[i].inverse * product(steps[i].change, direction);
    for (std::size_t j = 0; j < direction.size(); ++j) direction[j] += (alphas[i] - beta) * steps[i].move[j];
  }
  for (double& each : direction) each = -each;
  return direction;
}

}  // namespace

void LogisticModel::probabilities(const float* x, float* out) const {
  Vector scores(labels);
  for (std::size_t label = 0; label < labels; ++label) {
    const double* const w = &weights[label * (width + 1)];
    scores[label] = w[width];
    for (std::size_t i = 0; i < width; ++i) scores[label] += w[i] * static_cast<double>(x[i]);
  }
  scores_to_probabilities(scores);
  for (std::size_t label = 0; label < labels; ++label) out[label] = static_cast<float>(scores[label]);
}

Result<LogisticModel> fit_logistic(std::span<const float> rows, std::size_t width, std::span<const std::int32_t> truth,
                                   std::size_t labels, double inverse_penalty, Context& context) {
  constexpr int kStepsMax = 500;
  constexpr std::size_t kRemembered = 10;
  const Objective objective{rows, width, truth, labels, inverse_penalty};
  const double enough = 1e-6 * std::max<double>(1, static_cast<double>(truth.size()));
  Vector weights(labels * (width + 1)), gradient, next_gradient;
  std::deque<Step> steps;
  double loss = objective.at(weights, gradient);
  for (int step = 0; step < kStepsMax; ++step) {
    MP_TRY(context.check());
    double steepest = 0;
    for (const double each : gradient) steepest = std::max(steepest, std::abs(each));
    if (steepest < enough) break;
    Vector direction = direction_of(gradient, steps);
    const double slope = product(gradient, direction);
    double length = steps.empty() ? 1 / std::sqrt(product(gradient, gradient)) : 1;
    Vector next(weights.size());
    double next_loss = loss;
    for (; length > 1e-20; length /= 2) {
      for (std::size_t i = 0; i < next.size(); ++i) next[i] = weights[i] + length * direction[i];
      next_loss = objective.at(next, next_gradient);
      if (next_loss <= loss + 1e-4 * length * slope) break;
    }
    if (length <= 1e-20) break;  // no smaller loss in floating point
    Step taken{next, next_gradient, 0};
    for (std::size_t i = 0; i < next.size(); ++i) taken.move[i] -= weights[i], taken.change[i] -= gradient[i];
    const double curvature = product(taken.move, taken.change);
    if (curvature > 0) {
      taken.inverse = 1 / curvature;
      steps.push_back(std::move(taken));
      if (steps.size() > kRemembered) steps.pop_front();
    }
    weights.swap(next);
    gradient.swap(next_gradient);
    loss = next_loss;
  }
  return LogisticModel{width, labels, std::move(weights)};
}

}  // namespace millpond::curate
