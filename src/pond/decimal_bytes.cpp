#include "pond/decimal_bytes.h"

#include <arrow/util/decimal.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace millpond::pond {
namespace {

constexpr int kWidthMax = 16;

arrow::Decimal128 value_of(std::string_view arrow_bytes) {
  std::array<std::uint8_t, kWidthMax> bytes{};
  std::memcpy(bytes.data(), arrow_bytes.data(), std::min(arrow_bytes.size(), bytes.size()));
  return arrow::Decimal128(bytes.data());
}

std::string bytes_of(const arrow::Decimal128& value) {
  const std::array<std::uint8_t, kWidthMax> bytes = value.ToBytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

int decimal_width(int precision) {
  // 10^P - 1 needs this many bits and one more for the sign.
  static constexpr int kDigitsOfWidth[] = {2, 4, 6, 9, 11, 14, 16, 18, 21, 23, 26, 28, 31, 33, 35, 38};
  int width = 1;
  for (const int digits : kDigitsOfWidth) {
    if (precision <= digits) return width;
    ++width;
  }
  return kWidthMax;
}

std::string decimal_bytes(std::string_view arrow_bytes, int width_bytes) {
  std::string out(arrow_bytes.substr(0, static_cast<std::size_t>(width_bytes)));
  std::reverse(out.begin(), out.end());
  return out;
}

std::string decimal_bytes(std::string_view arrow_bytes) {
  const std::string all = decimal_bytes(arrow_bytes, kWidthMax);
  const char fill = (all[0] & 0x80) != 0 ? '\xff' : '\0';
  std::size_t first = 0;  // what only repeats the sign is left out
  while (first + 1 < all.size() && all[first] == fill && ((all[first + 1] ^ fill) & 0x80) == 0) ++first;
  return all.substr(first);
}

std::optional<std::string> arrow_decimal(std::string_view bytes) {
  if (bytes.empty() || bytes.size() > kWidthMax) return std::nullopt;
  std::string out(kWidthMax, (bytes[0] & 0x80) != 0 ? '\xff' : '\0');
  std::copy(bytes.rbegin(), bytes.rend(), out.begin());
  return out;
}

std::string truncated_decimal(std::string_view arrow_bytes, int width) {
  const arrow::Decimal128 value = value_of(arrow_bytes), step(width);
  arrow::Decimal128 rest = value % step;
  if (rest < arrow::Decimal128(0)) rest += step;
  return bytes_of(value - rest);
}

bool decimal_less(std::string_view a, std::string_view b) { return value_of(a) < value_of(b); }

std::string decimal_text(std::string_view arrow_bytes, int scale) { return value_of(arrow_bytes).ToString(scale); }

}  // namespace millpond::pond
