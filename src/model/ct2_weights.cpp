#include "model/ct2_weights.h"

namespace millpond::model {
namespace {

constexpr std::size_t kTensorsMax = 100'000, kDimensionsMax = 8;

/// Takes little-endian numbers and names off the front; `broken` once something did not fit.
class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  std::string_view take(std::size_t size) {
    if (size > rest_.size()) {
      broken = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::uint32_t number(std::size_t width) {
    std::uint32_t value = 0;
    const std::string_view taken = take(width);
    for (std::size_t i = taken.size(); i > 0; --i) value = value << 8 | static_cast<unsigned char>(taken[i - 1]);
    return value;
  }
  std::string_view name() {
    std::string_view taken = take(number(2));
    if (!taken.empty() && taken.back() == '\0') taken.remove_suffix(1);
    return taken;
  }

  bool broken = false;

 private:
  std::string_view rest_;
};

Result<Ct2Tensor> take_tensor(Reader& in, std::string_view name) {
  Ct2Tensor tensor;
  const std::uint32_t dimensions = in.number(1);
  if (dimensions > kDimensionsMax) return corrupt("model file: a tensor of ", dimensions, " dimensions: ", name);
  std::size_t values = 1;
  for (std::uint32_t i = 0; i < dimensions; ++i) {
    tensor.shape.push_back(in.number(4));
    if (__builtin_mul_overflow(values, tensor.shape.back(), &values)) in.broken = true;
  }
  const std::uint32_t type = in.number(1), size_bytes = in.number(4);
  if (type > 4) return unsupported("model file: numbers of type ", type, " in ", name);
  tensor.type = static_cast<Ct2Tensor::Type>(type);
  tensor.bytes = in.take(size_bytes);
  std::size_t expected = 0;
  if (__builtin_mul_overflow(values, Ct2Tensor::width_bytes(tensor.type), &expected) || expected != size_bytes)
    in.broken = true;
  if (in.broken) return corrupt("model file: a tensor that does not fit: ", name);
  return tensor;
}

}  // namespace

Result<Ct2Weights> read_ct2(std::string_view file) {
  Reader in(file);
  const std::uint32_t version = in.number(4);
  if (in.broken || version < 4 || version > 6) return unsupported("not a model file of version 4 to 6: ", version);
  in.name();  // of the architecture
  in.number(4);
  const std::uint32_t count = in.number(4);
  if (in.broken || count > kTensorsMax) return corrupt("model file: number of tensors: ", count);
  Ct2Weights weights;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string_view name = in.name();
    MP_ASSIGN(Ct2Tensor tensor, take_tensor(in, name));
    weights.emplace(name, std::move(tensor));
  }
  const std::uint32_t aliases = in.number(4);
  for (std::uint32_t i = 0; i < aliases && !in.broken; ++i) {
    const std::string_view alias = in.name(), name = in.name();
    const auto found = weights.find(name);
    if (in.broken || found == weights.end()) return corrupt("model file: a second name for what is not there: ", alias);
    weights.emplace(alias, found->second);
  }
  if (in.broken) return corrupt("model file: cut off");
  return weights;
}

}  // namespace millpond::model
