#pragma once
// Numbers and texts one after another in bytes, between workers of one version on machines of one kind.

#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "millpond/status.h"

namespace millpond {

class PackedWriter {
 public:
  template <class T>
  PackedWriter& number(T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  PackedWriter& text(std::string_view value) {
    number(static_cast<std::uint64_t>(value.size()));
    bytes_.append(value);
    return *this;
  }
  const std::string& bytes() const { return bytes_; }
  std::string take() { return std::move(bytes_); }
  void clear() { bytes_.clear(); }

 private:
  std::string bytes_;
};

/// Reads in the order of writing. `ok` is false once something was missing; then numbers are 0 and texts empty.
class PackedReader {
 public:
  explicit PackedReader(std::string_view bytes) : rest_(bytes) {}
  template <class T>
  T number() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    const std::string_view bytes = raw(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::string_view text() { return raw(static_cast<std::size_t>(number<std::uint64_t>())); }
  bool at_end() const { return rest_.empty(); }
  Status status() const { return ok_ ? Status() : corrupt("a plan or tally of a scattered fold is cut off"); }
  bool ok() const { return ok_; }

 private:
  std::string_view raw(std::size_t size) {
    if (!ok_ || size > rest_.size()) {
      ok_ = false, rest_ = {};
      return {};
    }
    const std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace millpond
