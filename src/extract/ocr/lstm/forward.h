#pragma once
// Lines of print through the network.

#include <memory>
#include <span>
#include <vector>

#include "extract/ocr/lstm/kernels.h"
#include "extract/ocr/lstm/traineddata.h"

namespace millpond::extract::lstm {

/// A line as the network takes it: `height` rows from the top, dark -127 to light 127.
struct LinePixels {
  int width = 0, height = 0;
  std::vector<std::int8_t> pixels;
};

/// What the network says of a line. Shape: steps x letters, the likelihood of each at that place.
struct LineScores {
  int steps = 0, letters = 0;
  std::vector<float> values;
  std::span<const float> at(int step) const {
    return std::span(values).subspan(static_cast<std::size_t>(step) * static_cast<std::size_t>(letters),
                                     static_cast<std::size_t>(letters));
  }
};

/// A network ready to run. Threads: any number at once.
class Runner {
 public:
  explicit Runner(const Network& network, const Kernels& kernels = *lstm_kernels().back());
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  int height() const;
  int step_pixels() const;  ///< across, of one step
  /// Runs lines side by side; the result of a line does not depend on its neighbours. A line too narrow for a step has
  /// none.
  std::vector<LineScores> run(std::span<const LinePixels> lines) const;

 private:
  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

}  // namespace millpond::extract::lstm
