#pragma once
// Little-endian numbers off the front of a language file.

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace millpond::extract::lstm {

/// Takes values off the front; `broken` once something did not fit, and zeros from then on.
class LanguageBytes {
 public:
  explicit LanguageBytes(std::string_view rest) : rest_(rest) {}

  std::string_view take(std::size_t size) {
    if (size > rest_.size()) {
      broken = true;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  template <class Number>
  Number number() {
    static_assert(std::endian::native == std::endian::little);
    Number value{};
    const std::string_view taken = take(sizeof value);
    if (!taken.empty()) std::memcpy(&value, taken.data(), sizeof value);
    return value;
  }
  std::string_view name() { return take(number<std::uint32_t>()); }
  std::size_t left() const { return rest_.size(); }

  bool broken = false;

 private:
  std::string_view rest_;
};

}  // namespace millpond::extract::lstm
