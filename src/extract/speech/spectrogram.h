#pragma once
// Sound as Whisper sees it.

#include <cstddef>
#include <span>
#include <vector>

namespace millpond::extract {

inline constexpr int kSpeechRateHz = 16'000;
inline constexpr std::size_t kFrameSamples = 160;    ///< a frame each 10 ms
inline constexpr std::size_t kWindowFrames = 3'000;  ///< 30 s, what Whisper hears at once

/// Row `band` begins at `values[band * frames]`.
struct Spectrogram {
  std::size_t bands = 0, frames = 0;
  std::vector<float> values;
};

/// Makes log-mel spectrograms.
///
/// Shape:   one frame for each 160 whole samples; the last ones see zeros after the end.
/// Units:   log10 of power, at most 8 below the loudest, then (x + 4) / 4.
/// Source:  Radford et al. 2022; windows of 400 samples (Hann), Slaney's mel bands.
/// Threads: one call at a time.
class SpectrogramMaker {
 public:
  explicit SpectrogramMaker(std::size_t bands);

  Spectrogram make(std::span<const float> samples) const;

 private:
  struct Band {
    std::size_t first = 0;
    std::vector<float> weights;
  };
  void power_of(const double* windowed, std::span<double> power) const;

  std::vector<Band> bands_;
  std::vector<double> window_, cosines_, sines_;
};

}  // namespace millpond::extract
