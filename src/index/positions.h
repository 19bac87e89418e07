#pragma once
// Where in a row a term stands: for each row of its postings the numbers of its words, by column.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "index/segment_format.h"

namespace millpond::index {

inline constexpr std::uint32_t kPositionsInColumn = (1 << 24) - 1;  // words behind them have none
inline constexpr std::size_t kPositionBytesMax =
    60'000;  // of one term in one row; what is beyond is not found in phrases

/// Word `at` of text column `column`. Consecutive words of a column differ by one.
inline std::uint32_t position_of(std::size_t column, std::uint32_t at) {
  return static_cast<std::uint32_t>(column) << 24 | at;
}
/// Whether `position` is a word's place, not made of kPositionsInColumn.
inline bool has_position(std::uint32_t position) { return (position & 0xFFFFFF) != kPositionsInColumn; }
inline std::size_t column_of_position(std::uint32_t position) { return position >> 24; }

/// Appends the positions of one row, ascending.
void encode_positions(std::span<const std::uint32_t> positions, std::string& out);
/// Appends where blocks of 128 rows end, if a term has more rows; `sizes` are the bytes of its rows.
void put_position_blocks(std::span<const std::uint16_t> sizes, std::string& out);

/// Reads the positions of rows in ascending order.
class PositionsReader {
 public:
  explicit PositionsReader(const TermEntry& term);
  /// `index` is `PostingsCursor::index()`, never less than before. False if the bytes are no positions.
  bool read(std::uint32_t index, std::vector<std::uint32_t>& positions);

 private:
  std::uint32_t rows_ = 0, next_ = 0;  // next_: the row at at_
  std::string_view table_, data_;
  std::size_t at_ = 0;
  bool damaged_ = false;
};

}  // namespace millpond::index
