// Any bytes as a file of weights: refused or read, never read beyond.

#include "model/ct2_weights.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto weights = millpond::model::read_ct2({reinterpret_cast<const char*>(data), size});
  if (!weights.ok()) return 0;
  for (const auto& [name, tensor] : *weights) {
    std::vector<float> numbers;
    std::int64_t value = 0;
    if (tensor.append_f32(numbers) && numbers.size() != tensor.size()) __builtin_trap();
    tensor.integer(value);
  }
  return 0;
}
