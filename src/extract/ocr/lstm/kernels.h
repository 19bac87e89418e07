#pragma once
// The arithmetic of the network: bytes times bytes, and the two curves of an LSTM.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "extract/ocr/lstm/traineddata.h"

namespace millpond::extract::lstm {

/// How many inputs are multiplied at once, so that the weights are fetched once for all of them.
inline constexpr std::size_t kVectorsMax = 8;

/// Weights in the order in which kernels read them: groups of 16 outputs, in them groups of 4 inputs, in them outputs.
/// Shape: 64 * groups_out * groups_in bytes; what is beyond the edges is 0.
struct Packed {
  std::size_t outputs = 0, inputs = 0, groups_out = 0, groups_in = 0;
  std::vector<std::int8_t> values;
  std::vector<std::int32_t> bias;  ///< 127 times the bias
  std::vector<std::int32_t> lift;  ///< 128 times the sum of a row: what inputs that are lifted by 128 give too much
  std::vector<float> scales;
  std::size_t input_bytes() const { return groups_in * 4; }
  std::size_t output_numbers() const { return groups_out * 16; }
};

/// Puts rows of several matrices of the same inputs one below the other, each filled up to a group of 16 outputs.
Packed pack(std::span<const Weights> parts);

/// One set is made for one kind of processor; all give the same products, and curves that differ by some millionths.
struct Kernels {
  std::string_view name;
  /// Products of `count` (up to kVectorsMax) inputs, each of input_bytes(), with bias and scale, to output_numbers()
  /// each.
  void (*multiply)(const Packed& weights, const std::int8_t* const* inputs, std::size_t count, float* const* outputs);
  /// A step of an LSTM of `units` (a multiple of 16): `gates` are cell, input, forget and output gate, each of `units`.
  void (*step)(const float* gates, std::size_t units, float* state, std::int8_t* output);
  /// Hyperbolic tangent as bytes, of a multiple of 16 numbers.
  void (*tanh_bytes)(const float* values, std::size_t count, std::int8_t* to);
};

/// Scalar first, the best for this machine last.
std::span<const Kernels* const> lstm_kernels();

}  // namespace millpond::extract::lstm
