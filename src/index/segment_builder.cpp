#include <arrow/array/array_base.h>
#include <arrow/record_batch.h>
#include <zstd.h>

#include <cmath>
#include <limits>

#include "index/bytes.h"
#include "index/columns.h"
#include "index/dot.h"
#include "index/inverter.h"
#include "index/segment_file.h"
#include "index/segment_meta.h"
#include "index/stored.h"
#include "millpond/index/segment.h"

namespace millpond::index {
namespace {

constexpr std::int64_t kRowsMax = std::int64_t{1} << 31;

// Stored rows, cut into blocks and compressed.
struct StoredWriter {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  std::string packed, raw, frame;
  std::vector<std::uint32_t> ends;
  std::vector<StoredBlock> blocks;
  std::uint32_t first_row = 0;

  ~StoredWriter() { ZSTD_freeCCtx(context); }

  Status end_row() {
    ends.push_back(static_cast<std::uint32_t>(raw.size()));
    return raw.size() >= kStoredBlockBytes ? flush() : Status();
  }

  Status flush() {
    if (ends.empty()) return {};
    const std::size_t table = (ends.size() + 1) * 4;
    if (raw.size() + table > kStoredBlockBytesMax) return exhausted("stored columns of a row, bytes: ", raw.size());
    std::string block;
    block.reserve(table + raw.size());
    put(block, static_cast<std::uint32_t>(table));
    for (const std::uint32_t end : ends) put(block, static_cast<std::uint32_t>(table + end));
    block += raw;
    frame.resize(ZSTD_compressBound(block.size()));
    const std::size_t size = ZSTD_compressCCtx(context, frame.data(), frame.size(), block.data(), block.size(), 1);
    if (ZSTD_isError(size) != 0) return internal("zstd: ", ZSTD_getErrorName(size));
    blocks.push_back(
        {packed.size(), static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(block.size()), first_row, 0});
    packed.append(frame, 0, size);
    first_row += static_cast<std::uint32_t>(ends.size());
    raw.clear();
    ends.clear();
    return {};
  }
};

}  // namespace

struct SegmentBuilder::Impl {
  Impl(std::string path, SegmentOptions options, std::unique_ptr<Analyzer> analyzer)
      : options(std::move(options)), file(std::move(path)), inverter(std::move(analyzer)) {}

  SegmentOptions options;
  SegmentFile file;
  Inverter inverter;
  StoredWriter stored;
  std::int64_t rows = 0;
  int dimensions = 0;
  std::int64_t empty_vectors = 0;  // rows before the first vector
  std::string has_vector, vector_row;
  bool all_have_vectors = true;

  Status add_texts(const arrow::RecordBatch& batch);
  Status add_vectors(const arrow::RecordBatch& batch);
  Status add_vector(std::span<const float> vector, std::int64_t row);
  Status add_stored(const arrow::RecordBatch& batch);
  Status write_stored();
};

Status SegmentBuilder::Impl::add_texts(const arrow::RecordBatch& batch) {
  std::vector<const arrow::Array*> columns;
  for (const TextColumn& column : options.text) { MP_ASSIGN(columns.emplace_back(), column_of(batch, column.name)); }
  std::vector<std::string_view> texts;
  for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      texts.clear();
      if (Status status = texts_of(*columns[i], row, texts); !status.ok())
        return std::move(status).at(options.text[i].name);
      for (const std::string_view text : texts) inverter.add_text(text, options.text[i].weight);
    }
    inverter.end_row();
  }
  return {};
}

Status SegmentBuilder::Impl::add_vectors(const arrow::RecordBatch& batch) {
  if (options.vector.empty()) return {};
  MP_ASSIGN(const arrow::Array* column, column_of(batch, options.vector));
  for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
    auto vector = vector_of(*column, row);
    if (!vector.ok()) return std::move(vector).status().at(options.vector);
    MP_TRY(add_vector(*vector, rows + row));
  }
  return {};
}

Status SegmentBuilder::Impl::add_vector(std::span<const float> vector, std::int64_t row) {
  if (dimensions == 0 && vector.empty()) {
    ++empty_vectors;
    return {};
  }
  if (dimensions == 0) {
    if (vector.size() > kDimensionsMax) return unsupported("dimensions of a vector: ", vector.size());
    dimensions = static_cast<int>(vector.size());
    vector_row.assign(vector_stride(dimensions, options.half), '\0');
    for (std::int64_t i = 0; i < empty_vectors; ++i) MP_TRY(file.append(vector_row));
  }
  if (!vector.empty() && vector.size() != static_cast<std::size_t>(dimensions)) {
    return invalid("vectors of one segment must have one length; row ", row, " has: ", vector.size());
  }
  for (const float value : vector) {
    if (!std::isfinite(value)) return invalid("a vector must be finite; not so in row: ", row);
  }
  std::fill(vector_row.begin(), vector_row.end(), '\0');
  if (options.half) {
    for (std::size_t i = 0; i < vector.size(); ++i) {
      const std::uint16_t half = half_from_float(vector[i]);
      std::memcpy(vector_row.data() + i * 2, &half, 2);
    }
  } else if (!vector.empty()) {
    std::memcpy(vector_row.data(), vector.data(), vector.size() * sizeof(float));
  }
  has_vector.resize(static_cast<std::size_t>(row / 8 + 1), '\0');
  if (vector.empty()) {
    all_have_vectors = false;
  } else {
    has_vector[static_cast<std::size_t>(row / 8)] |= static_cast<char>(1 << (row % 8));
  }
  return file.append(vector_row);
}

Status SegmentBuilder::Impl::add_stored(const arrow::RecordBatch& batch) {
  if (options.stored.empty()) return {};
  std::vector<const arrow::Array*> columns;
  for (const std::string& name : options.stored) { MP_ASSIGN(columns.emplace_back(), column_of(batch, name)); }
  for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      auto value = value_of(*columns[i], row);
      if (!value.ok()) return std::move(value).status().at(options.stored[i]);
      encode_value(*value, stored.raw);
    }
    MP_TRY(stored.end_row());
  }
  return {};
}

Status SegmentBuilder::Impl::write_stored() {
  MP_TRY(stored.flush());
  MP_TRY(file.begin(Section::kStored));
  MP_TRY(file.append(stored.packed));
  MP_TRY(file.begin(Section::kStoredBlocks));
  return file.append({reinterpret_cast<const char*>(stored.blocks.data()), stored.blocks.size() * sizeof(StoredBlock)});
}

SegmentBuilder::SegmentBuilder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SegmentBuilder::~SegmentBuilder() = default;
std::int64_t SegmentBuilder::rows() const { return impl_->rows; }
std::int64_t SegmentBuilder::memory_bytes() const {
  return impl_->inverter.memory_bytes() + static_cast<std::int64_t>(impl_->stored.packed.size());
}

Result<std::unique_ptr<SegmentBuilder>> SegmentBuilder::create(std::string path, SegmentOptions options) {
  for (const TextColumn& column : options.text) {
    if (column.weight < 1 || column.weight > 255)
      return invalid("the weight of a text column must be 1 to 255: ", column.weight);
  }
  MP_ASSIGN(auto analyzer, Analyzer::make(options.language));
  auto impl = std::make_unique<Impl>(std::move(path), std::move(options), std::move(analyzer));
  MP_TRY(impl->file.open());
  MP_TRY(impl->file.begin(Section::kVectors));
  return std::unique_ptr<SegmentBuilder>(new SegmentBuilder(std::move(impl)));
}

Status SegmentBuilder::add(const arrow::RecordBatch& batch) {
  if (impl_->rows + batch.num_rows() > kRowsMax)
    return exhausted("rows of a segment: ", impl_->rows + batch.num_rows());
  MP_TRY(impl_->add_texts(batch));
  MP_TRY(impl_->add_vectors(batch));
  MP_TRY(impl_->add_stored(batch));
  impl_->rows += batch.num_rows();
  return {};
}

Result<SegmentInfo> SegmentBuilder::finish() {
  Impl& impl = *impl_;
  if (impl.dimensions > 0 && (!impl.all_have_vectors || impl.empty_vectors > 0)) {
    MP_TRY(impl.file.begin(Section::kHasVector));
    MP_TRY(impl.file.append(impl.has_vector));
  }
  MP_TRY(impl.inverter.write(impl.file));
  MP_TRY(impl.write_stored());
  SegmentInfo info;
  info.data_file = impl.options.data_file;
  info.rows = impl.rows;
  info.analyzer = impl.inverter.analyzer_id();
  info.language = impl.options.language;
  info.text = impl.options.text;
  info.stored = impl.options.stored;
  info.dimensions = impl.dimensions;
  info.half = impl.options.half;
  info.terms = impl.inverter.terms();
  info.length = static_cast<std::int64_t>(impl.inverter.length());
  MP_TRY(impl.file.begin(Section::kMeta));
  MP_TRY(impl.file.append(encode_meta(info)));
  MP_ASSIGN(info.size_bytes, impl.file.finish());
  return info;
}

}  // namespace millpond::index
