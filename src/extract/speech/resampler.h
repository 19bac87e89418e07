#pragma once
// Changes the rate of sound.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace millpond::extract {

/// A sinc under a Kaiser window, 32 zero crossings long; what the lower rate cannot hold is taken out. Equal rates pass
/// through unchanged. Sample `i` that comes out stands for the time `i / to_hz` of what came in.
/// Threads: one.
class Resampler {
 public:
  Resampler(int from_hz, int to_hz);

  void add(std::span<const float> samples, std::vector<float>& out);  ///< appends what is known so far
  void finish(std::vector<float>& out);                               ///< and the rest

 private:
  void emit(std::vector<float>& out, std::int64_t until);

  const std::int64_t from_, to_;  // by their greatest common divisor
  std::int64_t reach_ = 0;        // samples on each side
  std::vector<std::vector<float>> phases_;
  std::vector<float> held_;
  std::int64_t held_begin_ = 0, came_ = 0, went_ = 0;
};

}  // namespace millpond::extract
