#include "extract/speech/spectrogram.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace millpond::extract {
namespace {

constexpr std::size_t kWidth = 400, kBins = kWidth / 2 + 1, kHalf = kWidth / 2;

struct Complex {
  double re = 0, im = 0;
};

/// Hz at a place of the mel scale: straight to 1,000 Hz, then geometric.
double hertz(double mel) {
  constexpr double kStep = 200.0 / 3, kBreakHz = 1000;
  const double break_mel = kBreakHz / kStep;
  return mel < break_mel ? mel * kStep : kBreakHz * std::exp(std::log(6.4) / 27 * (mel - break_mel));
}

/// A Fourier transform of `n` values that lie `stride` apart, n = 4 x 4 x 5 x 5 or what is left of it.
void transform(const double* in, std::size_t stride, Complex* out, std::size_t n, const double* cosines,
               const double* sines) {
  if (n == 1) {
    out[0] = {in[0], 0};
    return;
  }
  const std::size_t radix = n % 4 == 0 ? 4 : 5, part = n / radix;
  for (std::size_t k = 0; k < radix; ++k)
    transform(in + k * stride, stride * radix, out + k * part, part, cosines, sines);
  for (std::size_t q = 0; q < part; ++q) {
    std::array<Complex, 5> turned;
    for (std::size_t k = 0; k < radix; ++k) {
      const Complex value = out[q + k * part];
      const std::size_t angle = q * k * stride % kWidth;
      turned[k] = {value.re * cosines[angle] + value.im * sines[angle],
                   value.im * cosines[angle] - value.re * sines[angle]};
    }
    for (std::size_t j = 0; j < radix; ++j) {
      Complex sum = turned[0];
      for (std::size_t k = 1; k < radix; ++k) {
        const std::size_t angle = k * j * part * stride % kWidth;
        sum.re += turned[k].re * cosines[angle] + turned[k].im * sines[angle];
        sum.im += turned[k].im * cosines[angle] - turned[k].re * sines[angle];
      }
      out[q + j * part] = sum;
    }
  }
}

}  // namespace

SpectrogramMaker::SpectrogramMaker(std::size_t bands) : window_(kWidth), cosines_(kWidth), sines_(kWidth) {
  for (std::size_t i = 0; i < kWidth; ++i) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(kWidth);
    window_[i] = 0.5 - 0.5 * std::cos(angle);
    cosines_[i] = std::cos(angle);
    sines_[i] = std::sin(angle);
  }
  constexpr double kMelMax = 45.245640471924965;  // 8 kHz
  const auto edge = [&](std::size_t i) { return hertz(kMelMax * double(i) / double(bands + 1)); };
  for (std::size_t b = 0; b < bands; ++b) {
    const double low = edge(b), middle = edge(b + 1), high = edge(b + 2);
    Band band;
    for (std::size_t bin = 0; bin < kBins; ++bin) {
      const double hz = double(bin) * kSpeechRateHz / double(kWidth);
      const double weight = std::min((hz - low) / (middle - low), (high - hz) / (high - middle));
      if (weight <= 0) continue;
      if (band.weights.empty()) band.first = bin;
      band.weights.push_back(static_cast<float>(weight * 2 / (high - low)));
    }
    bands_.push_back(std::move(band));
  }
}

void SpectrogramMaker::power_of(const double* windowed, std::span<double> power) const {
  std::array<Complex, kWidth> out;
  transform(windowed, 1, out.data(), kWidth, cosines_.data(), sines_.data());
  for (std::size_t bin = 0; bin < kBins; ++bin) power[bin] = out[bin].re * out[bin].re + out[bin].im * out[bin].im;
}

Spectrogram SpectrogramMaker::make(std::span<const float> samples) const {
  const auto count = static_cast<std::ptrdiff_t>(samples.size());
  const std::ptrdiff_t padded = count + static_cast<std::ptrdiff_t>(kFrameSamples);
  // Mirrored at both ends, as if the signal went on.
  const auto sample = [&](std::ptrdiff_t at) {
    if (at < 0) at = -at;
    if (at >= padded) at = 2 * (padded - 1) - at;
    return at >= 0 && at < count ? static_cast<double>(samples[static_cast<std::size_t>(at)]) : 0.0;
  };
  const std::size_t all = samples.size() / kFrameSamples + 1;  // the last counts for the loudest only
  Spectrogram made{.bands = bands_.size(), .frames = all - 1, .values = {}};
  made.values.resize(made.bands * made.frames);
  std::array<double, kWidth> windowed;
  std::array<double, kBins> power;
  float most = -10;
  for (std::size_t frame = 0; frame < all; ++frame) {
    const std::ptrdiff_t begin =
        static_cast<std::ptrdiff_t>(frame * kFrameSamples) - static_cast<std::ptrdiff_t>(kHalf);
    for (std::size_t i = 0; i < kWidth; ++i) windowed[i] = window_[i] * sample(begin + static_cast<std::ptrdiff_t>(i));
    power_of(windowed.data(), power);
    for (std::size_t b = 0; b < made.bands; ++b) {
      double sum = 0;
      for (std::size_t i = 0; i < bands_[b].weights.size(); ++i)
        sum += double(bands_[b].weights[i]) * power[bands_[b].first + i];
      const auto level = static_cast<float>(std::log10(std::max(sum, 1e-10)));
      most = std::max(most, level);
      if (frame < made.frames) made.values[b * made.frames + frame] = level;
    }
  }
  for (float& value : made.values) value = (std::max(value, most - 8) + 4) / 4;
  return made;
}

}  // namespace millpond::extract
