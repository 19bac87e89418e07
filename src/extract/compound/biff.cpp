#include "extract/compound/biff.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "extract/compound/compound_file.h"

namespace millpond::extract {
namespace {

constexpr std::uint16_t kContinue = 0x3C;
constexpr std::uint8_t kWide = 1, kPhonetic = 4, kRuns = 8;  // flags of a string

}  // namespace

void BiffReader::settle() {
  while (piece_ < pieces_.size() && at_ >= pieces_[piece_].size()) ++piece_, at_ = 0;
}

std::uint8_t BiffReader::byte() {
  settle();
  return at_end() ? std::uint8_t{0} : static_cast<std::uint8_t>(pieces_[piece_][at_++]);
}

std::uint16_t BiffReader::u16() {
  const unsigned low = byte();
  return static_cast<std::uint16_t>(low | unsigned{byte()} << 8);
}

std::uint32_t BiffReader::u32() {
  const std::uint32_t low = u16();
  return low | std::uint32_t{u16()} << 16;
}

double BiffReader::number() {
  const std::uint64_t low = u32();
  return std::bit_cast<double>(low | std::uint64_t{u32()} << 32);
}

void BiffReader::skip(std::uint64_t bytes) {
  for (settle(); bytes > 0 && !at_end(); settle()) {
    const std::uint64_t here = std::min<std::uint64_t>(bytes, pieces_[piece_].size() - at_);
    at_ += static_cast<std::size_t>(here);
    bytes -= here;
  }
}

std::string BiffReader::text(std::size_t chars, bool wide) {
  std::string utf16;
  while (chars > 0) {
    if (piece_ < pieces_.size() && at_ >= pieces_[piece_].size()) {
      settle();
      if (at_end()) break;
      wide = (byte() & kWide) != 0;
      continue;
    }
    if (at_end()) break;
    const std::size_t width = wide ? 2 : 1;
    const std::size_t here = std::min(chars, (pieces_[piece_].size() - at_) / width);
    if (here == 0) {  // half a character: the file is broken
      at_ = pieces_[piece_].size();
      continue;
    }
    const std::string_view from = pieces_[piece_].substr(at_, here * width);
    if (wide) {
      utf16 += from;
    } else {
      for (const char c : from) utf16.append(1, c).append(1, '\0');
    }
    at_ += here * width;
    chars -= here;
  }
  return utf8_of_utf16(utf16);
}

std::string BiffReader::string(bool short_length) {
  const std::size_t chars = short_length ? byte() : u16();
  const std::uint8_t flags = byte();
  const std::uint32_t runs = (flags & kRuns) != 0 ? u16() : 0u;
  const std::uint32_t phonetic = (flags & kPhonetic) != 0 ? u32() : 0u;
  std::string out = text(chars, (flags & kWide) != 0);
  skip(std::uint64_t{runs} * 4 + phonetic);
  return out;
}

Result<bool> BiffStream::next(BiffRecord& out) {
  out.pieces.clear();
  if (at_ + 4 > bytes_.size()) return false;
  const auto take = [&](std::string_view& data) -> Status {
    const std::size_t size = little16(bytes_, at_ + 2);
    if (size > bytes_.size() - at_ - 4) return corrupt("workbook: a record is cut off at byte ", at_);
    data = bytes_.substr(at_ + 4, size);
    at_ += 4 + size;
    return {};
  };
  out.type = little16(bytes_, at_);
  MP_TRY(take(out.data));
  out.pieces.push_back(out.data);
  while (at_ + 4 <= bytes_.size() && little16(bytes_, at_) == kContinue) {
    std::string_view more;
    MP_TRY(take(more));
    out.pieces.push_back(more);
  }
  return true;
}

double biff_rk(std::uint32_t bits) {
  const bool hundredths = (bits & 1) != 0, integer = (bits & 2) != 0;
  const double value = integer ? static_cast<double>(static_cast<std::int32_t>(bits) >> 2)
                               : std::bit_cast<double>(std::uint64_t{bits & ~3u} << 32);
  return hundredths ? value / 100 : value;
}

}  // namespace millpond::extract
