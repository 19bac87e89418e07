#pragma once
// A tensor in a file. All of it is in this header, for both sides of a plug-in's edge.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace millpond::model {

/// Numbers, row-major; `bytes` points into the file.
struct Ct2Tensor {
  enum class Type : unsigned char { kF32 = 0, kI8 = 1, kI16 = 2, kI32 = 3, kF16 = 4 };
  Type type = Type::kF32;
  std::vector<std::size_t> shape;  ///< empty: a scalar
  std::string_view bytes;          ///< as many as shape and type ask for; not aligned

  static std::size_t width_bytes(Type type) {
    return type == Type::kI8 ? 1 : type == Type::kI16 || type == Type::kF16 ? 2 : 4;
  }
  std::size_t size() const { return bytes.size() / width_bytes(type); }

  /// False where it holds integers.
  bool append_f32(std::vector<float>& out) const {
    const std::size_t before = out.size(), count = size();
    if (type != Type::kF32 && type != Type::kF16) return false;
    out.resize(before + count);
    if (type == Type::kF32) {
      if (count > 0) std::memcpy(out.data() + before, bytes.data(), bytes.size());
      return true;
    }
    for (std::size_t i = 0; i < count; ++i) {
      std::uint16_t bits;
      std::memcpy(&bits, bytes.data() + 2 * i, sizeof bits);
      out[before + i] = half(bits);
    }
    return true;
  }

  /// The value of a scalar of integers; false for others.
  bool integer(std::int64_t& value) const {
    if (size() != 1 || type == Type::kF32 || type == Type::kF16) return false;
    std::uint32_t bits = 0;
    std::memcpy(&bits, bytes.data(), bytes.size());
    value = type == Type::kI8    ? std::int64_t{static_cast<std::int8_t>(bits)}
            : type == Type::kI16 ? std::int64_t{static_cast<std::int16_t>(bits)}
                                 : std::int64_t{static_cast<std::int32_t>(bits)};
    return true;
  }

 private:
  static float half(std::uint16_t bits) {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000) << 16;
    const std::uint32_t exponent = bits >> 10 & 31, fraction = bits & 0x3FF;
    if (exponent == 0) {
      const float small = static_cast<float>(fraction) * 0x1p-24F;
      return sign != 0 ? -small : small;
    }
    const std::uint32_t wide = exponent == 31 ? 0xFF : exponent + 112;
    return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
  }
};

}  // namespace millpond::model
