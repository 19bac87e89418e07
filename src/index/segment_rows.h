#pragma once
// Rows on their way into a segment: analysed, checked and packed, so that the builder has only to join them.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/segment_format.h"
#include "millpond/index/analyzer.h"
#include "millpond/index/segment.h"

namespace millpond::index {

/// How often a row has a term, weighted. `term` indexes the terms of the batch, or of the segment.
struct TermCount {
  std::uint32_t term, count;
};

/// Stored columns of rows, one after the other, cut into compressed blocks.
class StoredBlocks {
 public:
  StoredBlocks() = default;
  StoredBlocks(StoredBlocks&&) noexcept = default;
  StoredBlocks& operator=(StoredBlocks&&) noexcept = default;

  std::string& row() { return raw_; }  ///< append the values of the next row, then call `end_row`
  Status end_row();
  /// Takes the rows of `other` behind those of this. What it has compressed stays as it is.
  Status join(StoredBlocks&& other);
  Status flush();                                                  ///< compresses the rest
  std::span<const std::string> packed() const { return packed_; }  ///< the blocks, one after the other
  std::int64_t packed_bytes() const { return static_cast<std::int64_t>(packed_bytes_); }
  std::span<const StoredBlock> blocks() const { return blocks_; }

 private:
  std::vector<std::string> packed_;
  std::uint64_t packed_bytes_ = 0;
  std::string raw_, frame_;
  std::vector<std::uint32_t> ends_;  // of the rows in raw_
  std::vector<StoredBlock> blocks_;
  std::uint32_t first_row_ = 0;  // of raw_
};

/// Rows of a batch, ready for `SegmentBuilder::add`.
struct SegmentRows {
  std::int64_t rows = 0;

  std::string spellings;  // of the distinct terms, in order of first sight
  std::vector<std::uint32_t> spelling_ends;
  std::vector<TermCount> entries;  // of all rows, one after the other
  std::vector<std::uint32_t> row_ends;
  std::vector<std::uint32_t> lengths;
  std::string positions;                      // of all entries, coded, one after the other
  std::vector<std::uint16_t> position_bytes;  // of each entry

  int dimensions = 0;   // 0 if no row has a vector
  std::string vectors;  // a stride for each row, zeros where there is none; empty if no row has one
  std::vector<bool> has_vector;

  StoredBlocks stored;
};

/// Makes the `SegmentRows` of batches.
class SegmentRowsMaker::Impl {
 public:
  Impl(const SegmentOptions& options, std::unique_ptr<Analyzer> analyzer)
      : options_(options), analyzer_(std::move(analyzer)) {}
  Result<std::unique_ptr<SegmentRows>> make(const arrow::RecordBatch& batch);
  const std::string& analyzer_id() const { return analyzer_->id(); }

 private:
  Status add_texts(const arrow::RecordBatch& batch, SegmentRows& out);
  void add_text(std::string_view text, std::size_t column, std::uint32_t first, std::uint64_t row_begin,
                SegmentRows& out);
  void add_positions(std::uint64_t row_begin, SegmentRows& out);
  Status add_vectors(const arrow::RecordBatch& batch, SegmentRows& out) const;
  Status add_stored(const arrow::RecordBatch& batch, SegmentRows& out) const;
  std::uint32_t term_of(std::uint32_t analyzed, SegmentRows& out);

  const SegmentOptions options_;
  std::unique_ptr<Analyzer> analyzer_;
  std::vector<Token> tokens_;
  struct Place {
    std::uint32_t entry, position;  // of the open row
  };
  std::vector<Place> places_;  // in order
  std::vector<std::uint32_t> sorted_, ends_;
  struct Seen {
    std::uint64_t entry = 0;            // the term's entry in the open row, plus one
    std::uint32_t batch = 0, term = 0;  // the last batch that had it, and its number there
  };
  std::vector<Seen> seen_;  // by the analyzer's ids
  std::uint32_t batch_ = 0;
};

}  // namespace millpond::index
