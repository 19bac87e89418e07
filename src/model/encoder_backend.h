#pragma once
// The edge between millpond and an inference library: a transformer encoder's layers, in a plug-in of its own.
// Only this header is shared, so that the plug-in links nothing of millpond and millpond nothing of the library.

#include <functional>
#include <string>

namespace millpond::model {

/// Raised when anything below changes; a plug-in of another number is refused.
inline constexpr int kEncoderAbi = 1;

/// A BERT-style encoder without its embedding table: `layers` times attention and feed-forward, post-normalised.
struct EncoderConfig {
  int layers = 0, heads = 0, hidden = 0, intermediate = 0;
  float norm_epsilon = 1e-12f;
  int threads = 1;
  enum class Precision { kAuto, kBf16, kF32 } precision = Precision::kAuto;
  /// The tensor of that name with so many float32 values, row-major, or null. The values outlive the encoder.
  std::function<const float*(const std::string& name, std::size_t count)> weight;
};

/// Threads: one call of `run` at a time.
class EncoderBackend {
 public:
  virtual ~EncoderBackend() = default;
  virtual const char* precision() const = 0;  ///< "bf16" or "f32"
  /// Applies the layers.
  /// Shape:   `in` and `out` are rows × length × hidden and do not overlap; `bias` is rows × length: 0 for a token,
  ///          -infinity for padding. What is in `out` at padding is undefined.
  /// Errors:  false, with the reason in `error`.
  virtual bool run(const float* in, const float* bias, int rows, int length, float* out, std::string& error) = 0;
};

}  // namespace millpond::model

// What a plug-in exports.
extern "C" {
using millpond_encoder_abi_function = int();
using millpond_encoder_create_function = millpond::model::EncoderBackend*(const millpond::model::EncoderConfig&,
                                                                          std::string& error);
}
