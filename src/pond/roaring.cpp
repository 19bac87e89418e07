#include "pond/roaring.h"

#include <bit>
#include <cstring>

namespace millpond::pond {
namespace {

constexpr std::uint32_t kCookieNoRuns = 12346, kCookieRuns = 12347;
constexpr std::size_t kArrayMax = 4096;  // more values than this take a bitmap
constexpr std::size_t kBitmapBytes = 8192;
constexpr std::size_t kOffsetsFrom = 4;  // with runs, offsets are there only from so many containers on
constexpr std::size_t kContainersMax = 1 << 16;

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  template <class T>
  T take() {
    T value{};
    const std::string_view at = take(sizeof value);
    if (!at.empty()) std::memcpy(&value, at.data(), sizeof value);
    return value;
  }
  std::string_view take(std::size_t size) {
    if (size > bytes_.size()) {
      failed_ = true;
      bytes_ = {};
      return {};
    }
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  bool failed() const { return failed_; }
  bool done() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool failed_ = false;
};

std::uint16_t at16(std::string_view bytes, std::size_t index) {
  std::uint16_t value = 0;
  std::memcpy(&value, bytes.data() + 2 * index, 2);
  return value;
}

/// The values of one 2^16 range, all below 2^16.
struct Container {
  std::uint16_t key = 0;
  std::vector<std::uint16_t> values;
};

void append_bitmap32(std::string& out, const std::vector<Container>& containers) {
  put(out, kCookieNoRuns);
  put(out, static_cast<std::uint32_t>(containers.size()));
  for (const Container& container : containers) {
    put(out, container.key);
    put(out, static_cast<std::uint16_t>(container.values.size() - 1));
  }
  auto offset = static_cast<std::uint32_t>(8 + 8 * containers.size());
  for (const Container& container : containers) {
    put(out, offset);
    const std::size_t size = container.values.size();
    offset += static_cast<std::uint32_t>(size > kArrayMax ? kBitmapBytes : 2 * size);
  }
  for (const Container& container : containers) {
    if (container.values.size() <= kArrayMax) {
      for (const std::uint16_t value : container.values) put(out, value);
      continue;
    }
    std::string bits(kBitmapBytes, '\0');
    for (const std::uint16_t value : container.values)
      bits[value >> 3] = static_cast<char>(bits[value >> 3] | (1 << (value & 7)));
    out += bits;
  }
}

class Sink {
 public:
  Sink(std::vector<std::int64_t>& out, std::int64_t limit) : out_(out), limit_(limit) {}
  bool add(std::int64_t value) {
    if (static_cast<std::int64_t>(out_.size()) >= limit_ || (!out_.empty() && value <= out_.back())) return false;
    out_.push_back(value);
    return true;
  }

 private:
  std::vector<std::int64_t>& out_;
  const std::int64_t limit_;
};

bool read_runs(Reader& in, std::int64_t base, Sink& sink) {
  const auto count = in.take<std::uint16_t>();
  const std::string_view runs = in.take(std::size_t{4} * count);
  if (in.failed()) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t start = at16(runs, 2 * i), length = at16(runs, 2 * i + 1);
    if (start + length > 0xffff) return false;
    for (std::int64_t value = start; value <= start + length; ++value) {
      if (!sink.add(base | value)) return false;
    }
  }
  return true;
}

bool read_bitmap(Reader& in, std::int64_t base, Sink& sink) {
  const std::string_view bits = in.take(kBitmapBytes);
  if (in.failed()) return false;
  for (std::size_t word = 0; word < kBitmapBytes / 8; ++word) {
    std::uint64_t left = 0;
    std::memcpy(&left, bits.data() + 8 * word, 8);
    for (; left != 0; left &= left - 1) {
      if (!sink.add(base | static_cast<std::int64_t>(64 * word + static_cast<std::size_t>(std::countr_zero(left)))))
        return false;
    }
  }
  return true;
}

bool read_array(Reader& in, std::size_t count, std::int64_t base, Sink& sink) {
  const std::string_view values = in.take(2 * count);
  if (in.failed()) return false;
  for (std::size_t i = 0; i < count; ++i) {
    if (!sink.add(base | at16(values, i))) return false;
  }
  return true;
}

bool read_bitmap32(Reader& in, std::int64_t high, Sink& sink) {
  const auto cookie = in.take<std::uint32_t>();
  const bool with_runs = (cookie & 0xffff) == kCookieRuns;
  if (!with_runs && cookie != kCookieNoRuns) return false;
  const std::size_t count = with_runs ? (cookie >> 16) + 1 : in.take<std::uint32_t>();
  if (in.failed() || count > kContainersMax) return false;
  const std::string_view run_flags = with_runs ? in.take((count + 7) / 8) : std::string_view();
  const std::string_view keys = in.take(4 * count);
  if (!with_runs || count >= kOffsetsFrom)
    in.take(4 * count);  // containers follow one another; offsets only help to seek
  if (in.failed()) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t base = high | (static_cast<std::int64_t>(at16(keys, 2 * i)) << 16);
    const std::size_t values = std::size_t{at16(keys, 2 * i + 1)} + 1;
    const bool runs = with_runs && ((static_cast<unsigned char>(run_flags[i / 8]) >> (i % 8)) & 1) != 0;
    const bool good = runs                 ? read_runs(in, base, sink)
                      : values > kArrayMax ? read_bitmap(in, base, sink)
                                           : read_array(in, values, base, sink);
    if (!good) return false;
  }
  return true;
}

}  // namespace

std::string serialise_roaring(const std::vector<std::int64_t>& positions) {
  std::string body;
  std::uint64_t keys = 0;
  for (std::size_t i = 0; i < positions.size();) {
    const std::int64_t high = positions[i] >> 32;
    std::vector<Container> containers;
    for (; i < positions.size() && positions[i] >> 32 == high; ++i) {
      const auto key = static_cast<std::uint16_t>(positions[i] >> 16);
      if (containers.empty() || containers.back().key != key) containers.push_back({key, {}});
      containers.back().values.push_back(static_cast<std::uint16_t>(positions[i]));
    }
    put(body, static_cast<std::uint32_t>(high));
    append_bitmap32(body, containers);
    ++keys;
  }
  std::string out;
  put(out, keys);
  return out += body;
}

Result<std::vector<std::int64_t>> parse_roaring(std::string_view bytes, std::int64_t limit) {
  std::vector<std::int64_t> out;
  Sink sink(out, limit);
  Reader in(bytes);
  const auto keys = in.take<std::uint64_t>();
  for (std::uint64_t i = 0; i < keys && !in.failed(); ++i) {
    const auto high = in.take<std::uint32_t>();
    if (high > 0x7fff'ffffU) return corrupt("a row position is negative");
    if (!read_bitmap32(in, static_cast<std::int64_t>(high) << 32, sink)) {
      if (static_cast<std::int64_t>(out.size()) >= limit) return exhausted("more row positions than ", limit);
      return corrupt("Roaring bitmap is malformed");
    }
  }
  if (in.failed() || !in.done()) return corrupt("Roaring bitmap is cut off, or has bytes behind it");
  return out;
}

}  // namespace millpond::pond
