#include "index/segment_rows.h"

#include <arrow/array/array_base.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "index/bytes.h"
#include "index/columns.h"
#include "index/stored.h"

namespace millpond::index {

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

Status SegmentRowsMaker::Impl::add_texts(const arrow::RecordBatch& batch, SegmentRows& out) {
  std::vector<const arrow::Array*> columns;
  for (const TextColumn& column : options_.text) { MP_ASSIGN(columns.emplace_back(), column_of(batch, column.name)); }
  std::vector<std::string_view> texts;
  words_.begin_batch();
  for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      texts.clear();
      if (Status status = texts_of(*columns[i], row, texts); !status.ok())
        return std::move(status).at(options_.text[i].name);
      const auto weight = static_cast<std::uint8_t>(options_.text[i].weight);
      std::uint32_t first = 0;
      for (const std::string_view text : texts) {
        const std::uint32_t words = words_.add(text, static_cast<std::uint8_t>(i), weight, first);
        first += words + 1;  // a phrase does not go on in the next item
        length += std::uint64_t{words} * weight;
      }
    }
    MP_TRY(words_.end_row(out.words));
    out.lengths.push_back(
        static_cast<std::uint32_t>(std::min<std::uint64_t>(length, std::numeric_limits<std::uint32_t>::max())));
  }
  return words_.end_batch(out.words);
}

Status SegmentRowsMaker::Impl::add_vectors(const arrow::RecordBatch& batch, SegmentRows& out) const {
  for (const VectorColumn& declared : options_.vectors) {
    MP_ASSIGN(const arrow::Array* column, column_of(batch, declared.name));
    auto packed = pack_vectors(*column, declared);
    if (!packed.ok()) return std::move(packed).status().at(declared.name);
    out.vectors.push_back(*std::move(packed));
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
