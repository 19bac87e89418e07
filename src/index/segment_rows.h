#pragma once
// Rows on their way into a segment: analysed, checked and packed, so that the builder has only to join them.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/segment_format.h"
#include "index/vector_values.h"
#include "index/word_runs.h"
#include "millpond/index/analyzer.h"
#include "millpond/index/segment.h"

namespace millpond::index {

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

  std::vector<WordRuns> words;
  std::vector<std::uint32_t> lengths;

  std::vector<PackedVectors> vectors;  // of each column

  StoredBlocks stored;
};

/// Makes the `SegmentRows` of batches.
class SegmentRowsMaker::Impl {
 public:
  Impl(const SegmentOptions& options, std::unique_ptr<Analyzer> analyzer)
      : options_(options), words_(std::move(analyzer)) {}
  Result<std::unique_ptr<SegmentRows>> make(const arrow::RecordBatch& batch);

 private:
  Status add_texts(const arrow::RecordBatch& batch, SegmentRows& out);
  Status add_vectors(const arrow::RecordBatch& batch, SegmentRows& out) const;
  Status add_stored(const arrow::RecordBatch& batch, SegmentRows& out) const;

  const SegmentOptions options_;
  WordRunsMaker words_;
};

}  // namespace millpond::index
