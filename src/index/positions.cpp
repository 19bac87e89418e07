#include "index/positions.h"

#include "index/bytes.h"

namespace millpond::index {

void encode_positions(std::span<const std::uint32_t> positions, std::string& out) {
  if (positions.empty()) {
    put_varint(out, 0);  // too far behind in its column
    return;
  }
  // Most words occur once in a row: the low bit says so. Zero stands for no position.
  put_varint(out, (std::uint64_t{positions[0]} + 1) << 1 | (positions.size() > 1 ? 1 : 0));
  if (positions.size() == 1) return;
  std::uint64_t count = 0;
  std::size_t size = 0;
  for (; count + 1 < positions.size() && size < kPositionBytesMax - 16; ++count)
    size += varint_bytes(positions[count + 1] - positions[count]);
  put_varint(out, count);
  for (std::size_t i = 1; i <= count; ++i) put_varint(out, positions[i] - positions[i - 1]);
}

void put_position_blocks(std::span<const std::uint16_t> sizes, std::string& out) {
  if (sizes.size() <= kRowsInBlock) return;
  std::uint32_t end = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    end += sizes[i];
    if ((i + 1) % kRowsInBlock == 0 || i + 1 == sizes.size()) put(out, end);
  }
}

PositionsReader::PositionsReader(const TermEntry& term) : rows_(term.rows), data_(term.positions) {
  if (rows_ <= kRowsInBlock) return;
  const std::size_t size = std::size_t{(rows_ + kRowsInBlock - 1) / kRowsInBlock} * sizeof(std::uint32_t);
  damaged_ = data_.size() < size;
  if (damaged_) return;
  table_ = data_.substr(0, size);
  data_.remove_prefix(size);
}

bool PositionsReader::read(std::uint32_t index, std::vector<std::uint32_t>& positions) {
  positions.clear();
  if (damaged_ || index >= rows_ || index < next_) return false;
  const std::uint32_t block = index / kRowsInBlock;
  if (block > next_ / kRowsInBlock) {
    at_ = load<std::uint32_t>(table_.data() + (block - 1) * sizeof(std::uint32_t));
    next_ = block * kRowsInBlock;
  }
  if (at_ > data_.size()) damaged_ = true;
  ByteReader in(damaged_ ? std::string_view() : data_.substr(at_));
  for (; next_ <= index && !damaged_; ++next_) {
    const bool wanted = next_ == index;
    const std::uint64_t first = in.varint();
    std::uint64_t position = (first >> 1) - 1;
    if (wanted && first > 1) positions.push_back(static_cast<std::uint32_t>(position));
    for (std::uint64_t left = (first & 1) != 0 ? in.varint() : 0; left > 0 && in.ok(); --left) {
      position += in.varint();
      if (wanted) positions.push_back(static_cast<std::uint32_t>(position));
    }
    damaged_ = !in.ok();
  }
  at_ = data_.size() - in.left();
  return !damaged_;
}

}  // namespace millpond::index
