#include "extract/speech/resampler.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace millpond::extract {
namespace {

constexpr double kCrossings = 16, kBeta = 9.0, kPassed = 0.945;  // 90 dB; of the lower rate's half

double bessel0(double x) {
  double sum = 1, term = 1;
  for (int k = 1; k < 40; ++k) {
    term *= (x / (2 * k)) * (x / (2 * k));
    sum += term;
  }
  return sum;
}

constexpr std::int64_t kPhasesMax = 1'000;  // rates without a common divisor take the nearest of so many

}  // namespace

Resampler::Resampler(int from_hz, int to_hz)
    : from_(from_hz / std::gcd(from_hz, to_hz)), to_(to_hz / std::gcd(from_hz, to_hz)) {
  if (from_ == to_) return;
  const double cut = kPassed * std::min(1.0, double(to_) / double(from_));  // of half the rate that comes in
  const double half = kCrossings / cut;
  reach_ = static_cast<std::int64_t>(std::ceil(half)) + 1;
  const std::int64_t count = std::min(to_, kPhasesMax);
  const double whole = bessel0(kBeta);
  for (std::int64_t phase = 0; phase < count; ++phase) {
    std::vector<float> taps;
    double sum = 0;
    std::vector<double> exact;
    for (std::int64_t i = -reach_; i <= reach_; ++i) {
      const double x = double(i) - double(phase) / double(count);
      const double inside = 1 - (x / half) * (x / half);
      const double angle = std::numbers::pi * x * cut;
      const double sinc = std::fabs(angle) < 1e-12 ? 1 : std::sin(angle) / angle;
      exact.push_back(inside > 0 ? sinc * bessel0(kBeta * std::sqrt(inside)) / whole : 0);
      sum += exact.back();
    }
    for (const double tap : exact) taps.push_back(static_cast<float>(tap / sum));
    phases_.push_back(std::move(taps));
  }
}

void Resampler::add(std::span<const float> samples, std::vector<float>& out) {
  if (from_ == to_) {
    out.insert(out.end(), samples.begin(), samples.end());
    return;
  }
  held_.insert(held_.end(), samples.begin(), samples.end());
  came_ += static_cast<std::int64_t>(samples.size());
  emit(out, came_ - reach_);
}

void Resampler::finish(std::vector<float>& out) {
  if (from_ == to_) return;
  const std::int64_t end = came_;
  held_.resize(held_.size() + static_cast<std::size_t>(reach_) + 1, 0.0F);
  emit(out, end);
}

/// All samples whose place in what came in is before `until`.
void Resampler::emit(std::vector<float>& out, std::int64_t until) {
  for (;; ++went_) {
    const std::int64_t place = went_ * from_ / to_, rest = went_ * from_ % to_;
    if (place >= until) break;
    const std::vector<float>& taps =
        phases_[static_cast<std::size_t>(rest * static_cast<std::int64_t>(phases_.size()) / to_)];
    float sum = 0;
    const std::int64_t first = std::max<std::int64_t>(place - reach_, 0);
    const float* const values = held_.data() + (first - held_begin_);
    const float* const weights = taps.data() + (first - (place - reach_));
    const auto count = static_cast<std::size_t>(place + reach_ + 1 - first);
    for (std::size_t i = 0; i < count; ++i) sum += values[i] * weights[i];
    out.push_back(sum);
  }
  const std::int64_t kept = std::max<std::int64_t>(went_ * from_ / to_ - reach_ - 1, 0);
  if (kept > held_begin_) {
    held_.erase(held_.begin(), held_.begin() + std::min<std::int64_t>(kept - held_begin_, std::ssize(held_)));
    held_begin_ = kept;
  }
}

}  // namespace millpond::extract
