#pragma once
// Runs of small whole numbers: equal ones, or packed by bits. Definition levels and dictionary indices are written so.
//
// Source: Parquet format, "Run Length Encoding / Bit-Packing Hybrid".

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace millpond::pond {

/// Walks forward; what lies between two looks is skipped by whole runs.
class PageRuns {
 public:
  PageRuns(std::string_view bytes, int width_bits) : bytes_(bytes), width_(width_bits) {}

  /// The number at `place`, which must not go back. Sets `failed` where the runs end before it.
  std::uint32_t at(std::int64_t place) {
    while (!failed_ && place >= end_) next_run();
    if (failed_) return 0;
    return packed_ ? unpack(place - begin_) : repeated_;
  }

  /// How many of [from, to) are `1`, for numbers of one bit; `from` must not go back.
  std::int64_t ones(std::int64_t from, std::int64_t to) {
    std::int64_t count = 0;
    while (from < to && !failed_) {
      while (!failed_ && from >= end_) next_run();
      const std::int64_t until = std::min(to, end_);
      if (failed_) break;
      if (!packed_) count += repeated_ == 1 ? until - from : 0;
      for (std::int64_t i = from; packed_ && i < until;) {
        const std::int64_t bit = i - begin_;
        if (bit % 8 == 0 && until - i >= 8) {
          count += std::popcount(static_cast<unsigned char>(run_[static_cast<std::size_t>(bit / 8)]));
          i += 8;
        } else {
          count += unpack(bit);
          ++i;
        }
      }
      from = until;
    }
    return count;
  }
  bool failed() const { return failed_; }

 private:
  void next_run() {
    std::uint64_t head = 0;
    int shift = 0;
    for (;; shift += 7) {
      if (bytes_.empty() || shift > 35) return void(failed_ = true);
      const auto byte = static_cast<std::uint8_t>(bytes_.front());
      bytes_.remove_prefix(1);
      head |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) break;
    }
    begin_ = end_;
    packed_ = (head & 1) != 0;
    const std::uint64_t count = head >> 1;
    if (count == 0) return;  // an empty run; the next one follows
    const std::size_t repeated_bytes = static_cast<std::size_t>(width_ + 7) / 8;
    std::uint64_t size = packed_ ? count * static_cast<std::uint64_t>(width_) : repeated_bytes;
    if (size > bytes_.size()) {
      // Some writers leave out the padding after the last values.
      if (!packed_ || width_ == 0) return void(failed_ = true);
      size = bytes_.size();
      end_ += static_cast<std::int64_t>(size * 8 / static_cast<std::uint64_t>(width_));
      if (end_ == begin_) return void(failed_ = true);
    } else {
      end_ += static_cast<std::int64_t>(packed_ ? count * 8 : count);
    }
    run_ = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    repeated_ = 0;
    if (!packed_) std::memcpy(&repeated_, run_.data(), size);
  }

  std::uint32_t unpack(std::int64_t index) const {
    if (width_ == 0) return 0;
    const auto bit = static_cast<std::uint64_t>(index) * static_cast<std::uint64_t>(width_);
    std::uint64_t word = 0;
    const std::size_t byte = bit / 8;
    std::memcpy(&word, run_.data() + byte, std::min<std::size_t>(sizeof word, run_.size() - byte));
    return static_cast<std::uint32_t>((word >> (bit % 8)) & ((std::uint64_t{1} << width_) - 1));
  }

  std::string_view bytes_, run_;
  const int width_;  // 0 to 32
  std::int64_t begin_ = 0, end_ = 0;
  std::uint32_t repeated_ = 0;
  bool packed_ = false, failed_ = false;
};

}  // namespace millpond::pond
