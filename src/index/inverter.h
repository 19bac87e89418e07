#pragma once
// Collects the words of rows and turns them round: term → rows.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/interner.h"
#include "index/segment_file.h"
#include "index/segment_rows.h"

namespace millpond::index {

/// Threads: one thread an instance.
class Inverter {
 public:
  void add(SegmentRows&& rows);
  std::uint32_t rows() const { return static_cast<std::uint32_t>(lengths_.size()); }
  std::uint32_t terms() const { return terms_.size(); }
  std::uint64_t length() const { return length_; }
  std::int64_t memory_bytes() const;

  /// Writes lengths, postings, terms and term blocks.
  Status write(SegmentFile& file);

 private:
  std::vector<std::uint32_t> sorted_terms() const;

  Interner terms_;
  struct Rows {
    std::vector<TermCount> entries;
    std::vector<std::uint32_t> row_ends;  // in entries
    std::string positions;
    std::vector<std::uint16_t> position_bytes;
  };
  std::vector<Rows> batches_;  // kept as they came: one vector of all would be moved as it grows
  std::uint64_t entries_ = 0, position_bytes_ = 0;
  std::vector<std::uint32_t> lengths_;
  std::vector<std::uint32_t> rows_of_term_;  // how many
  std::vector<std::uint64_t> position_bytes_of_term_;
  std::vector<std::uint32_t> term_in_batch_;
  std::uint64_t length_ = 0;
};

}  // namespace millpond::index
