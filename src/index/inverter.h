#pragma once
// Collects the words of rows and turns them round: term → rows.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/segment_file.h"
#include "millpond/index/analyzer.h"

namespace millpond::index {

/// Threads: one thread an instance.
class Inverter {
 public:
  explicit Inverter(std::unique_ptr<Analyzer> analyzer) : analyzer_(std::move(analyzer)) {}

  void add_text(std::string_view text, int weight);  ///< to the row that is open
  void end_row();
  std::uint32_t rows() const { return static_cast<std::uint32_t>(lengths_.size()); }
  std::uint32_t terms() const { return analyzer_->terms(); }
  std::uint64_t length() const { return length_; }
  const std::string& analyzer_id() const { return analyzer_->id(); }
  std::int64_t memory_bytes() const;

  /// Writes lengths, postings, terms and term blocks.
  Status write(SegmentFile& file);

 private:
  struct Entry {
    std::uint32_t term, count;
  };
  std::vector<std::uint32_t> sorted_terms() const;

  std::unique_ptr<Analyzer> analyzer_;
  std::vector<Token> tokens_;
  std::vector<Entry> entries_;           // of all rows, one after the other
  std::vector<std::uint64_t> row_ends_;  // in entries_
  std::vector<std::uint32_t> lengths_;
  std::vector<std::uint32_t> rows_of_term_;  // how many
  std::vector<std::uint64_t> last_entry_;    // term → its entry in the open row, plus one
  std::uint64_t row_begin_ = 0, row_length_ = 0, length_ = 0;
};

}  // namespace millpond::index
