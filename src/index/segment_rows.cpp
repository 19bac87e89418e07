#include "index/segment_rows.h"

#include <arrow/array/array_base.h>
#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "index/bytes.h"
#include "index/columns.h"
#include "index/dot.h"
#include "index/positions.h"
#include "index/stored.h"

namespace millpond::index {
namespace {

constexpr std::int64_t kRememberedBytesMax = std::int64_t{8} << 20;  // words and their stems, in one maker

/// Distinct words of each row, roughly; a vector that grows by itself holds three times its content while it does.
std::size_t distinct_words_estimate(const std::vector<const arrow::Array*>& columns) {
  constexpr std::int64_t kBytesAWord = 9;
  std::int64_t size_bytes = 0;
  for (const arrow::Array* column : columns) { size_bytes += arrow::util::ReferencedBufferSize(*column).ValueOr(0); }
  return static_cast<std::size_t>(size_bytes / kBytesAWord);
}

}  // namespace

Status StoredBlocks::end_row() {
  ends_.push_back(static_cast<std::uint32_t>(raw_.size()));
  return raw_.size() >= kStoredBlockBytes ? flush() : Status();
}

Status StoredBlocks::flush() {
  if (ends_.empty()) return {};
  const std::size_t table = (ends_.size() + 1) * 4;
  if (raw_.size() + table > kStoredBlockBytesMax) return exhausted("stored columns of a row, bytes: ", raw_.size());
  std::string block;
  block.reserve(table + raw_.size());
  put(block, static_cast<std::uint32_t>(table));
  for (const std::uint32_t end : ends_) put(block, static_cast<std::uint32_t>(table + end));
  block += raw_;
  MP_TRY(pack_stored(block, frame_));
  const std::size_t size = frame_.size();
  blocks_.push_back(
      {packed_bytes_, static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(block.size()), first_row_, 0});
  constexpr std::size_t kPieceBytes = 1 << 20;  // a string of all would be moved as it grows
  if (packed_.empty() || packed_.back().size() + size > kPieceBytes) packed_.emplace_back();
  packed_.back().append(frame_);
  packed_bytes_ += size;
  first_row_ += static_cast<std::uint32_t>(ends_.size());
  raw_.clear();
  ends_.clear();
  return {};
}

Status StoredBlocks::join(StoredBlocks&& other) {
  if (!other.blocks_.empty()) {
    MP_TRY(flush());
    for (StoredBlock block : other.blocks_) {
      block.offset += packed_bytes_;
      block.first_row += first_row_;
      blocks_.push_back(block);
    }
    std::move(other.packed_.begin(), other.packed_.end(), std::back_inserter(packed_));
    packed_bytes_ += other.packed_bytes_;
    first_row_ += other.first_row_;
  }
  std::uint32_t begin = 0;
  for (const std::uint32_t end : other.ends_) {  // few: less than a block
    raw_.append(other.raw_, begin, end - begin);
    begin = end;
    MP_TRY(end_row());
  }
  return {};
}

std::uint32_t SegmentRowsMaker::Impl::term_of(std::uint32_t analyzed, SegmentRows& out) {
  Seen& seen = seen_[analyzed];
  if (seen.batch != batch_) {
    seen.batch = batch_;
    seen.term = static_cast<std::uint32_t>(out.spelling_ends.size());
    out.spellings += analyzer_->term(analyzed);
    out.spelling_ends.push_back(static_cast<std::uint32_t>(out.spellings.size()));
  }
  return seen.term;
}

void SegmentRowsMaker::Impl::add_text(std::string_view text, std::size_t column, std::uint32_t first,
                                      std::uint64_t row_begin, SegmentRows& out) {
  tokens_.clear();
  analyzer_->analyze(text, tokens_);
  if (analyzer_->terms() > seen_.size()) seen_.resize(analyzer_->terms() + analyzer_->terms() / 2);
  const auto count = static_cast<std::uint32_t>(options_.text[column].weight);
  std::uint32_t at = first;
  for (const Token& token : tokens_) {
    Seen& seen = seen_[token.term];
    if (seen.batch == batch_ && seen.entry > row_begin) {
      TermCount& entry = out.entries[seen.entry - 1];
      entry.count = static_cast<std::uint32_t>(
          std::min<std::uint64_t>(std::uint64_t{entry.count} + count, std::numeric_limits<std::uint32_t>::max()));
    } else {
      out.entries.push_back({term_of(token.term, out), count});
      seen.entry = out.entries.size();
    }
    if (at < kPositionsInColumn) {
      places_.push_back({static_cast<std::uint32_t>(seen.entry - 1 - row_begin), position_of(column, at++)});
    }
  }
}

// From the order of the text to the order of the row's words.
void SegmentRowsMaker::Impl::add_positions(std::uint64_t row_begin, SegmentRows& out) {
  const std::size_t entries = out.entries.size() - row_begin;
  ends_.assign(entries + 1, 0);
  for (const Place& place : places_) ++ends_[place.entry + 1];
  for (std::size_t i = 0; i < entries; ++i) ends_[i + 1] += ends_[i];
  sorted_.resize(places_.size());
  for (const Place& place : places_) sorted_[ends_[place.entry]++] = place.position;
  std::uint32_t begin = 0;
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t before = out.positions.size();
    encode_positions(std::span(sorted_).subspan(begin, ends_[i] - begin), out.positions);
    begin = ends_[i];
    out.position_bytes.push_back(static_cast<std::uint16_t>(out.positions.size() - before));
  }
  places_.clear();
}

Status SegmentRowsMaker::Impl::add_texts(const arrow::RecordBatch& batch, SegmentRows& out) {
  std::vector<const arrow::Array*> columns;
  for (const TextColumn& column : options_.text) { MP_ASSIGN(columns.emplace_back(), column_of(batch, column.name)); }
  std::vector<std::string_view> texts;
  out.entries.reserve(distinct_words_estimate(columns));
  for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
    const std::uint64_t row_begin = out.entries.size();
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      texts.clear();
      if (Status status = texts_of(*columns[i], row, texts); !status.ok())
        return std::move(status).at(options_.text[i].name);
      std::uint32_t first = 0;
      for (const std::string_view text : texts) {
        add_text(text, i, first, row_begin, out);
        first += static_cast<std::uint32_t>(tokens_.size()) + 1;  // a phrase does not go on in the next item
        length += tokens_.size() * static_cast<std::uint64_t>(options_.text[i].weight);
      }
    }
    add_positions(row_begin, out);
    if (out.entries.size() > std::numeric_limits<std::uint32_t>::max())
      return exhausted("distinct words of the rows of a batch: ", out.entries.size());
    out.row_ends.push_back(static_cast<std::uint32_t>(out.entries.size()));
    out.lengths.push_back(
        static_cast<std::uint32_t>(std::min<std::uint64_t>(length, std::numeric_limits<std::uint32_t>::max())));
  }
  return {};
}

Status SegmentRowsMaker::Impl::add_vectors(const arrow::RecordBatch& batch, SegmentRows& out) const {
  if (options_.vector.empty()) return {};
  MP_ASSIGN(const arrow::Array* column, column_of(batch, options_.vector));
  out.has_vector.resize(static_cast<std::size_t>(batch.num_rows()));
  std::size_t stride = 0;
  for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
    const auto read = vector_of(*column, row);
    if (!read.ok()) return Status(read.status()).at(options_.vector);
    const std::span<const float> vector = *read;
    if (vector.empty()) continue;
    if (out.dimensions == 0) {
      if (vector.size() > kDimensionsMax) return unsupported("dimensions of a vector: ", vector.size());
      out.dimensions = static_cast<int>(vector.size());
      stride = vector_stride(out.dimensions, options_.half);
      out.vectors.assign(stride * static_cast<std::size_t>(batch.num_rows()), '\0');
    }
    if (vector.size() != static_cast<std::size_t>(out.dimensions)) {
      return invalid("vectors of one segment must have one length; row ", row, " has: ", vector.size());
    }
    for (const float value : vector) {
      if (!std::isfinite(value)) return invalid("a vector must be finite; not so in row: ", row);
    }
    out.has_vector[static_cast<std::size_t>(row)] = true;
    char* to = out.vectors.data() + stride * static_cast<std::size_t>(row);
    if (!options_.half) {
      std::memcpy(to, vector.data(), vector.size() * sizeof(float));
      continue;
    }
    for (const float value : vector) {
      const std::uint16_t half = half_from_float(value);
      std::memcpy(to, &half, sizeof half);
      to += sizeof half;
    }
  }
  return {};
}

Status SegmentRowsMaker::Impl::add_stored(const arrow::RecordBatch& batch, SegmentRows& out) const {
  if (options_.stored.empty()) return {};
  std::vector<const arrow::Array*> columns;
  for (const std::string& name : options_.stored) { MP_ASSIGN(columns.emplace_back(), column_of(batch, name)); }
  for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (Status status = encode_cell(*columns[i], row, out.stored.row()); !status.ok())
        return std::move(status).at(options_.stored[i]);
    }
    MP_TRY(out.stored.end_row());
  }
  return {};
}

Result<std::unique_ptr<SegmentRows>> SegmentRowsMaker::Impl::make(const arrow::RecordBatch& batch) {
  if (analyzer_->memory_bytes() > kRememberedBytesMax) {
    analyzer_->forget();
    seen_.clear();
  }
  ++batch_;
  auto out = std::make_unique<SegmentRows>();
  out->rows = batch.num_rows();
  MP_TRY(add_texts(batch, *out));
  MP_TRY(add_vectors(batch, *out));
  MP_TRY(add_stored(batch, *out));
  return out;
}

SegmentRowsMaker::SegmentRowsMaker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SegmentRowsMaker::~SegmentRowsMaker() = default;

Result<std::unique_ptr<SegmentRowsMaker>> SegmentRowsMaker::create(const SegmentOptions& options) {
  MP_ASSIGN(auto analyzer, Analyzer::make(options.language));
  return std::unique_ptr<SegmentRowsMaker>(new SegmentRowsMaker(std::make_unique<Impl>(options, std::move(analyzer))));
}

Result<std::unique_ptr<SegmentRows>> SegmentRowsMaker::make(const arrow::RecordBatch& batch) {
  return impl_->make(batch);
}

}  // namespace millpond::index
