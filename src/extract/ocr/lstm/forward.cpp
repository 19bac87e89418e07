#include "extract/ocr/lstm/forward.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>

namespace millpond::extract::lstm {
namespace {

using Kind = Layer::Kind;

/// Bytes at places of a line: row by row, `depth` a place.
struct Sheet {
  std::size_t width = 0, height = 0, depth = 0;
  std::vector<std::int8_t> bytes;
  Sheet() = default;
  Sheet(std::size_t w, std::size_t h, std::size_t d) : width(w), height(h), depth(d), bytes(w * h * d) {}
  std::int8_t* at(std::size_t x, std::size_t y) { return bytes.data() + (y * width + x) * depth; }
  const std::int8_t* at(std::size_t x, std::size_t y) const { return bytes.data() + (y * width + x) * depth; }
};

struct Step {
  Kind kind;
  std::size_t inputs = 0, outputs = 0, across = 0, down = 0;
  Packed weights;
};

/// What stands beyond the borders is noise, the same for every line. Source: Tesseract's ccutil/helpers.h (TRand).
class Noise {
 public:
  explicit Noise(std::int64_t samples) : state_(static_cast<std::uint64_t>(samples) * 0x10000001u) { next(); }
  void fill(std::int8_t* to, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const double value = 127 * 2.0 * next() / 2147483647.0 - 127;
      to[i] = static_cast<std::int8_t>(value < 0 ? value - 0.5 : value + 0.5);
    }
  }

 private:
  std::int32_t next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::int32_t>(state_ >> 33);
  }
  std::uint64_t state_;
};

/// A window around each place, column by column, through weights and a curve.
Sheet convolve(const Sheet& in, const Step& window, const Step& curve, const Kernels& kernels, Noise& noise) {
  const std::size_t rows = 2 * window.down + 1, column = rows * in.depth;
  Sheet out(in.width, in.height, curve.outputs);
  const std::size_t input_bytes = curve.weights.input_bytes(), numbers = curve.weights.output_numbers();
  std::vector<std::int8_t> gathered(kVectorsMax * input_bytes), rounded(numbers);
  std::vector<float> sums(kVectorsMax * numbers);
  std::array<const std::int8_t*, kVectorsMax> inputs{};
  std::array<float*, kVectorsMax> outputs{};
  for (std::size_t v = 0; v < kVectorsMax; ++v) {
    inputs[v] = gathered.data() + v * input_bytes, outputs[v] = sums.data() + v * numbers;
  }
  for (std::size_t y = 0; y < in.height; ++y) {
    for (std::size_t x = 0; x < in.width; x += kVectorsMax) {
      const std::size_t count = std::min(kVectorsMax, in.width - x);
      for (std::size_t v = 0; v < count; ++v) {
        std::int8_t* to = gathered.data() + v * input_bytes;
        for (std::size_t dx = 0; dx <= 2 * window.across; ++dx, to += column) {
          const std::size_t from_x = x + v + dx - window.across;  // wraps to a large number left of the border
          if (from_x >= in.width) {
            noise.fill(to, column);
            continue;
          }
          for (std::size_t dy = 0; dy < rows; ++dy) {
            const std::size_t from_y = y + dy - window.down;
            if (from_y >= in.height) {
              noise.fill(to + dy * in.depth, in.depth);
            } else if (in.depth == 1) {
              to[dy] = *in.at(from_x, from_y);
            } else {
              std::memcpy(to + dy * in.depth, in.at(from_x, from_y), in.depth);
            }
          }
        }
      }
      kernels.multiply(curve.weights, inputs.data(), count, outputs.data());
      for (std::size_t v = 0; v < count; ++v) {
        kernels.tanh_bytes(outputs[v], numbers, rounded.data());
        std::memcpy(out.at(x + v, y), rounded.data(), out.depth);
      }
    }
  }
  return out;
}

Sheet maxpool(const Sheet& in, const Step& step) {
  Sheet out(in.width / step.across, in.height / step.down, in.depth);
  for (std::size_t y = 0; y < out.height; ++y) {
    for (std::size_t x = 0; x < out.width; ++x) {
      std::int8_t* to = out.at(x, y);
      std::memcpy(to, in.at(x * step.across, y * step.down), in.depth);
      for (std::size_t dy = 0; dy < step.down; ++dy) {
        const std::int8_t* from = in.at(x * step.across, y * step.down + dy);
        for (std::size_t dx = 0; dx < step.across; ++dx, from += in.depth) {
          for (std::size_t i = 0; i < in.depth; ++i) to[i] = std::max(to[i], from[i]);
        }
      }
    }
  }
  return out;
}

/// What an LSTM reads one after the other, and where it writes; strides may be negative, or 0 to keep the last output.
struct Sequence {
  const std::int8_t* from = nullptr;
  std::int8_t* to = nullptr;
  std::ptrdiff_t from_stride = 0, to_stride = 0;
  std::size_t steps = 0;
};

/// Runs up to kVectorsMax sequences side by side, the longest first.
void run_lstm(const Step& lstm, const Kernels& kernels, std::span<const Sequence> sequences) {
  const std::size_t units = lstm.weights.output_numbers() / 4, input_bytes = lstm.weights.input_bytes();
  std::vector<std::int8_t> inputs_of(kVectorsMax * (input_bytes + units));  // the state is written in groups of 16
  std::vector<float> gates_of(kVectorsMax * 4 * units), states(kVectorsMax * units);
  std::array<const std::int8_t*, kVectorsMax> inputs{};
  std::array<float*, kVectorsMax> gates{};
  std::array<std::int8_t*, kVectorsMax> own{};
  for (std::size_t v = 0; v < kVectorsMax; ++v) {
    own[v] = inputs_of.data() + v * (input_bytes + units);
    inputs[v] = own[v], gates[v] = gates_of.data() + v * 4 * units;
  }
  std::size_t running = sequences.size();
  for (std::size_t t = 0;; ++t) {
    while (running > 0 && sequences[running - 1].steps <= t) --running;
    if (running == 0) return;
    for (std::size_t v = 0; v < running; ++v) {
      const auto step = static_cast<std::ptrdiff_t>(t);
      std::memcpy(own[v], sequences[v].from + step * sequences[v].from_stride, lstm.inputs);
    }
    kernels.multiply(lstm.weights, inputs.data(), running, gates.data());
    for (std::size_t v = 0; v < running; ++v) {
      const auto step = static_cast<std::ptrdiff_t>(t);
      kernels.step(gates[v], units, states.data() + v * units, own[v] + lstm.inputs);
      std::memcpy(sequences[v].to + step * sequences[v].to_stride, own[v] + lstm.inputs, lstm.outputs);
    }
  }
}

Sheet summarise(const Sheet& in, const Step& lstm, const Kernels& kernels) {
  Sheet out(in.width, 1, lstm.outputs);
  const auto row = static_cast<std::ptrdiff_t>(in.width * in.depth);
  for (std::size_t x = 0; x < in.width; x += kVectorsMax) {
    std::array<Sequence, kVectorsMax> columns;
    const std::size_t count = std::min(kVectorsMax, in.width - x);
    for (std::size_t v = 0; v < count; ++v) columns[v] = {in.at(x + v, 0), out.at(x + v, 0), row, 0, in.height};
    run_lstm(lstm, kernels, std::span(columns).first(count));
  }
  return out;
}

/// `lines` are the longest first.
void run_along(std::span<Sheet*> lines, const Step& lstm, const Kernels& kernels) {
  for (std::size_t first = 0; first < lines.size(); first += kVectorsMax) {
    const std::size_t count = std::min(kVectorsMax, lines.size() - first);
    std::array<Sequence, kVectorsMax> sequences;
    std::array<Sheet, kVectorsMax> outs;
    const auto in_stride = static_cast<std::ptrdiff_t>(lstm.inputs),
               out_stride = static_cast<std::ptrdiff_t>(lstm.outputs);
    for (std::size_t v = 0; v < count; ++v) {
      const Sheet& in = *lines[first + v];
      outs[v] = Sheet(in.width, 1, lstm.outputs);
      const bool back = lstm.kind == Kind::kBackward;
      const std::size_t start = back && in.width > 0 ? in.width - 1 : 0;
      sequences[v] = {in.at(start, 0), outs[v].at(start, 0), back ? -in_stride : in_stride,
                      back ? -out_stride : out_stride, in.width};
    }
    run_lstm(lstm, kernels, std::span(sequences).first(count));
    for (std::size_t v = 0; v < count; ++v) *lines[first + v] = std::move(outs[v]);
  }
}

void to_likelihoods(std::span<float> values) {
  constexpr float kLeast = -86;
  const float most = *std::max_element(values.begin(), values.end());
  float sum = 0;
  for (float& value : values) sum += value = std::exp(std::max(value - most, kLeast));
  for (float& value : values) value /= sum;
}

LineScores score(const Sheet& in, const Step& last, const Kernels& kernels) {
  LineScores out{static_cast<int>(in.width), static_cast<int>(last.outputs), {}};
  out.values.resize(in.width * last.outputs);
  const std::size_t input_bytes = last.weights.input_bytes(), numbers = last.weights.output_numbers();
  std::vector<std::int8_t> padded(kVectorsMax * input_bytes);
  std::vector<float> sums(kVectorsMax * numbers);
  std::array<const std::int8_t*, kVectorsMax> inputs{};
  std::array<float*, kVectorsMax> outputs{};
  for (std::size_t v = 0; v < kVectorsMax; ++v) {
    inputs[v] = padded.data() + v * input_bytes, outputs[v] = sums.data() + v * numbers;
  }
  for (std::size_t x = 0; x < in.width; x += kVectorsMax) {
    const std::size_t count = std::min(kVectorsMax, in.width - x);
    for (std::size_t v = 0; v < count; ++v) std::memcpy(padded.data() + v * input_bytes, in.at(x + v, 0), in.depth);
    kernels.multiply(last.weights, inputs.data(), count, outputs.data());
    for (std::size_t v = 0; v < count; ++v) {
      const std::span to = std::span(out.values).subspan((x + v) * last.outputs, last.outputs);
      std::copy_n(outputs[v], last.outputs, to.begin());
      to_likelihoods(to);
    }
  }
  return out;
}

}  // namespace

struct Runner::Parts {
  int height = 0, step_pixels = 1;
  std::int64_t samples = 0;
  std::vector<Step> steps;
  const Kernels* kernels = nullptr;
};

Runner::Runner(const Network& network, const Kernels& kernels) {
  auto parts = std::make_unique<Parts>();
  parts->height = network.height, parts->samples = network.samples, parts->kernels = &kernels;
  for (const Layer& layer : network.layers) {
    const auto size = [](int value) { return static_cast<std::size_t>(value); };
    Step step{layer.kind, size(layer.inputs), size(layer.outputs), size(layer.across), size(layer.down), {}};
    if (!layer.weights.empty()) step.weights = pack(layer.weights);
    if (layer.kind == Kind::kMaxpool) parts->step_pixels *= layer.across;
    parts->steps.push_back(std::move(step));
  }
  parts_ = std::move(parts);
}

Runner::~Runner() = default;

int Runner::height() const { return parts_->height; }
int Runner::step_pixels() const { return parts_->step_pixels; }

std::vector<LineScores> Runner::run(std::span<const LinePixels> lines) const {
  const Kernels& kernels = *parts_->kernels;
  std::vector<Sheet> sheets(lines.size());
  std::size_t next = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    Sheet& sheet = sheets[i];
    sheet = Sheet(static_cast<std::size_t>(lines[i].width), static_cast<std::size_t>(lines[i].height), 1);
    std::copy_n(lines[i].pixels.begin(), sheet.bytes.size(), sheet.bytes.begin());
    Noise noise(parts_->samples);
    for (next = 0; next < parts_->steps.size(); ++next) {
      const Step& step = parts_->steps[next];
      if (step.kind == Kind::kConvolve) {
        sheet = convolve(sheet, step, parts_->steps[next + 1], kernels, noise);
      } else if (step.kind == Kind::kMaxpool) {
        sheet = maxpool(sheet, step);
      } else if (step.kind == Kind::kSummary) {
        sheet = summarise(sheet, step, kernels);
      } else if (step.kind != Kind::kTanh) {
        break;
      }
    }
  }
  std::vector<Sheet*> longest_first;
  for (Sheet& sheet : sheets) longest_first.push_back(&sheet);
  std::stable_sort(longest_first.begin(), longest_first.end(),
                   [](const Sheet* a, const Sheet* b) { return a->width > b->width; });
  for (; next + 1 < parts_->steps.size(); ++next) run_along(longest_first, parts_->steps[next], kernels);
  std::vector<LineScores> scores;
  for (const Sheet& sheet : sheets) scores.push_back(score(sheet, parts_->steps.back(), kernels));
  return scores;
}

}  // namespace millpond::extract::lstm
