#include "index/postings.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "index/bytes.h"

namespace millpond::index {
namespace {

int width_of(std::span<const std::uint32_t> values) {
  std::uint32_t all = 0;
  for (const std::uint32_t value : values) all |= value;
  return std::bit_width(all);
}

char* put_varint_at(char* to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
  *to++ = static_cast<char>(value);
  return to;
}

// Writes up to seven bytes too many.
char* pack(std::span<const std::uint32_t> values, int width, char* to) {
  std::uint64_t held = 0;
  int bits = 0;
  for (const std::uint32_t value : values) {
    held |= static_cast<std::uint64_t>(value) << bits;
    bits += width;
    std::memcpy(to, &held, sizeof held);
    to += bits / 8;
    held >>= bits & ~7;
    bits %= 8;
  }
  return to;
}

// Loads eight bytes for each value: the section ends with padding for this.
void unpack(const unsigned char* from, int width, std::uint32_t* to) {
  if (width == 0) {
    std::fill_n(to, kRowsInBlock, 0U);
    return;
  }
  const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
  for (std::uint32_t i = 0; i < kRowsInBlock; ++i) {
    const std::size_t bit = static_cast<std::size_t>(i) * static_cast<std::size_t>(width);
    to[i] = static_cast<std::uint32_t>(load<std::uint64_t>(from + bit / 8) >> (bit % 8) & mask);
  }
}

}  // namespace

void encode_postings(std::span<const std::uint32_t> rows, std::span<const std::uint32_t> counts,
                     std::span<const std::uint32_t> lengths, std::string& out) {
  const std::size_t blocks = (rows.size() + kRowsInBlock - 1) / kRowsInBlock;
  const std::size_t table_at = out.size();
  if (blocks > 1) out.append(blocks * sizeof(PostingsBlock), '\0');
  const std::size_t data_at = out.size();
  std::uint32_t next = 0;  // the lowest row that may follow
  std::array<std::uint32_t, kRowsInBlock> gaps, fewer;
  std::array<char, kRowsInBlock * 10 + 16> data;
  for (std::size_t from = 0, at = 0; from < rows.size(); from += kRowsInBlock, ++at) {
    const std::size_t size = std::min<std::size_t>(kRowsInBlock, rows.size() - from);
    PostingsBlock block{rows[from + size - 1], 0, 0, ~std::uint32_t{0}};
    char* to = data.data();
    for (std::size_t i = 0; i < size; ++i) {
      const std::uint32_t row = rows[from + i];
      gaps[i] = row - next;
      fewer[i] = counts[from + i] - 1;
      next = row + 1;
    }
    if (size == kRowsInBlock) {
      const int gap_width = width_of(gaps), count_width = width_of(fewer);
      *to++ = static_cast<char>(gap_width);
      *to++ = static_cast<char>(count_width);
      to = pack(gaps, gap_width, to);
      to = pack(fewer, count_width, to);
    } else {
      for (std::size_t i = 0; i < size; ++i) {
        // Most words occur once in a row: the low bit says so and saves the count.
        const std::uint64_t gap = std::uint64_t{gaps[i]} << 1 | (fewer[i] != 0 ? 1 : 0);
        to = put_varint_at(to, gap);
        if (fewer[i] != 0) to = put_varint_at(to, fewer[i]);
      }
    }
    out.append(data.data(), static_cast<std::size_t>(to - data.data()));
    if (blocks == 1) break;
    for (std::size_t i = 0; i < size; ++i) {
      block.count_max = std::max(block.count_max, counts[from + i]);
      block.length_min = std::min(block.length_min, lengths[rows[from + i]]);
    }
    block.end = static_cast<std::uint32_t>(out.size() - data_at);
    std::memcpy(out.data() + table_at + at * sizeof(PostingsBlock), &block, sizeof block);
  }
}

PostingsCursor::PostingsCursor(const TermEntry& term, std::span<const std::uint32_t> lengths)
    : rows_total_(term.rows), row_limit_(static_cast<std::uint32_t>(lengths.size())) {
  counts_[0] = 0;
  if (term.rows == 0) return;
  blocks_ = (term.rows + kRowsInBlock - 1) / kRowsInBlock;
  const std::size_t table_size = blocks_ > 1 ? blocks_ * sizeof(PostingsBlock) : 0;
  if (term.postings.size() < table_size) {
    fail();
    return;
  }
  table_ = blocks_ > 1 ? term.postings.data() : nullptr;
  data_ = term.postings.data() + table_size;
  data_size_ = term.postings.size() - table_size;
  std::uint32_t end = 0, next = 0;
  for (std::uint32_t i = 0; table_ != nullptr && i < blocks_; ++i) {
    const PostingsBlock here = block(i);
    if (here.end < end || here.end > data_size_ || here.last_row < next || here.last_row >= row_limit_) {
      fail();
      return;
    }
    end = here.end;
    next = here.last_row + 1;
    count_max_ = std::max(count_max_, here.count_max);
    length_min_ = std::min(length_min_, here.length_min);
  }
  decode_block(0);
  if (table_ == nullptr) {
    for (std::uint32_t i = 0; i < filled_; ++i) {
      count_max_ = std::max(count_max_, counts_[i]);
      length_min_ = std::min(length_min_, lengths[rows_[i]]);
    }
  }
}

PostingsBlock PostingsCursor::block(std::uint32_t index) const {
  return load<PostingsBlock>(table_ + static_cast<std::size_t>(index) * sizeof(PostingsBlock));
}

void PostingsCursor::fail() {
  corrupt_ = true;
  row_ = kEnd;
  blocks_ = block_ = filled_ = at_ = 0;
}

void PostingsCursor::next_block() {
  if (block_ + 1 >= blocks_) {
    row_ = kEnd;
    at_ = 0;
    filled_ = 0;
    return;
  }
  decode_block(block_ + 1);
}

void PostingsCursor::decode_block(std::uint32_t index) {
  block_ = index;
  const std::size_t from = index == 0 || table_ == nullptr ? 0 : block(index - 1).end;
  const std::size_t to = table_ == nullptr ? data_size_ : block(index).end;
  const std::uint32_t count = index + 1 < blocks_ ? kRowsInBlock : rows_total_ - index * kRowsInBlock;
  if (count == kRowsInBlock) {
    decode_packed(reinterpret_cast<const unsigned char*>(data_) + from, to - from, count);
  } else {
    decode_varints(data_ + from, to - from, count);
  }
  if (corrupt_) return;
  std::uint64_t row = index == 0 ? 0 : std::uint64_t{block(index - 1).last_row} + 1;
  for (std::uint32_t i = 0; i < count; ++i) {
    row += rows_[i];
    rows_[i] = static_cast<std::uint32_t>(row);
    ++row;
    counts_[i] += 1;
  }
  if (row > row_limit_ || (table_ != nullptr && rows_[count - 1] != block(index).last_row)) return fail();
  filled_ = count;
  at_ = 0;
  row_ = rows_[0];
}

void PostingsCursor::decode_packed(const unsigned char* from, std::size_t size, std::uint32_t count) {
  if (size < 2 || from[0] > 32 || from[1] > 32) return fail();
  const int gap_width = from[0], count_width = from[1];
  const std::size_t gap_bytes = static_cast<std::size_t>(gap_width) * count / 8;
  const std::size_t count_bytes = static_cast<std::size_t>(count_width) * count / 8;
  if (size != 2 + gap_bytes + count_bytes) return fail();
  unpack(from + 2, gap_width, rows_.data());
  unpack(from + 2 + gap_bytes, count_width, counts_.data());
}

void PostingsCursor::decode_varints(const char* from, std::size_t size, std::uint32_t count) {
  ByteReader reader({from, size});
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t gap = reader.varint();
    const std::uint64_t fewer = (gap & 1) != 0 ? reader.varint() : 0;
    if (gap >> 1 >= row_limit_ || fewer >= kEnd) return fail();
    rows_[i] = static_cast<std::uint32_t>(gap >> 1);
    counts_[i] = static_cast<std::uint32_t>(fewer);
  }
  if (!reader.ok()) fail();
}

void PostingsCursor::seek(std::uint32_t row) {
  if (row_ >= row) return;
  if (table_ != nullptr && block(block_).last_row < row) {
    std::uint32_t low = block_ + 1, high = blocks_;  // the first block whose last row is ≥ row
    while (low < high) {
      const std::uint32_t middle = low + (high - low) / 2;
      block(middle).last_row < row ? low = middle + 1 : high = middle;
    }
    if (low >= blocks_) {
      block_ = blocks_;
      row_ = kEnd;
      at_ = filled_ = 0;
      return;
    }
    decode_block(low);
    if (row_ >= row) return;
  }
  const auto* from = rows_.data();
  at_ = static_cast<std::uint32_t>(std::lower_bound(from + at_, from + filled_, row) - from);
  if (at_ < filled_) {
    row_ = rows_[at_];
  } else {
    block_ = blocks_;
    at_ = filled_ = 0;
    row_ = kEnd;
  }
}

PostingsCursor::Bound PostingsCursor::bound_at(std::uint32_t row) {
  if (table_ == nullptr) return {count_max_, length_min_};
  bound_block_ = std::max(bound_block_, block_);
  while (bound_block_ < blocks_ && block(bound_block_).last_row < row) ++bound_block_;
  if (bound_block_ >= blocks_) return {0, 0};
  const PostingsBlock here = block(bound_block_);
  return {here.count_max, here.length_min};
}

}  // namespace millpond::index
