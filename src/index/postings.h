#pragma once
// The rows of a term, and how often it occurs in each: coded in blocks of 128 rows, with bounds for skipping.

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "index/segment_format.h"

namespace millpond::index {

/// Appends the postings of one term. `rows` ascend; `counts` ≥ 1; `lengths` is indexed by row.
void encode_postings(std::span<const std::uint32_t> rows, std::span<const std::uint32_t> counts,
                     std::span<const std::uint32_t> lengths, std::string& out);

/// Walks the rows of one term in one segment.
///
/// Errors: bytes that are not postings end the walk; `corrupt()` tells.
class PostingsCursor {
 public:
  static constexpr std::uint32_t kEnd = ~std::uint32_t{0};

  PostingsCursor(const TermEntry& term, std::span<const std::uint32_t> lengths);

  std::uint32_t row() const { return row_; }  ///< kEnd behind the last
  std::uint32_t count() const { return counts_[at_]; }
  std::uint32_t rows() const { return rows_total_; }
  std::uint32_t index() const { return block_ * kRowsInBlock + at_; }  ///< of the row among the term's rows
  void next() { ++at_ < filled_ ? void(row_ = rows_[at_]) : next_block(); }
  void seek(std::uint32_t row);  ///< to the first row ≥ `row`; never backwards
  /// The row at the cursor and those behind it that are decoded, and their counts.
  std::span<const std::uint32_t> decoded_rows() const { return {rows_.data() + at_, filled_ - at_}; }
  std::span<const std::uint32_t> decoded_counts() const { return {counts_.data() + at_, filled_ - at_}; }
  void skip(std::uint32_t rows) {  ///< at most the decoded ones
    at_ += rows;
    at_ < filled_ ? void(row_ = rows_[at_]) : next_block();
  }

  /// The most that a term can count, and the shortest text, over all rows.
  std::uint32_t count_max() const { return count_max_; }
  std::uint32_t length_min() const { return length_min_; }
  /// The same for the block where `row` would be, without decoding it; {0, 0} behind the last.
  struct Bound {
    std::uint32_t count_max, length_min;
  };
  Bound bound_at(std::uint32_t row);
  bool corrupt() const { return corrupt_; }

 private:
  void next_block();
  void decode_block(std::uint32_t block);
  void decode_packed(const unsigned char* from, std::size_t size, std::uint32_t count);
  void decode_varints(const char* from, std::size_t size, std::uint32_t count);
  void fail();
  PostingsBlock block(std::uint32_t index) const;

  std::array<std::uint32_t, kRowsInBlock> rows_, counts_;
  std::uint32_t at_ = 0, filled_ = 0, row_ = kEnd;
  std::uint32_t block_ = 0, blocks_ = 0, bound_block_ = 0;
  std::uint32_t rows_total_ = 0, row_limit_ = 0;
  std::uint32_t count_max_ = 0, length_min_ = kEnd;
  const char* table_ = nullptr;  // PostingsBlock for each block, if there are several
  const char* data_ = nullptr;
  std::size_t data_size_ = 0;
  bool corrupt_ = false;
};

}  // namespace millpond::index
