#include "flow/upstream_reader.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>
#include <set>

namespace millpond::flow {
namespace {

constexpr const char* kEndsRow = "ends_row";

/// The last piece of an upstream row says so.
std::optional<Batch> with_end(const Batch& piece, bool ends) {
  if (!ends) return piece;
  auto metadata = piece->schema()->metadata() ? piece->schema()->metadata()->Copy() : arrow::key_value_metadata({}, {});
  metadata->Append(kEndsRow, "true");
  return piece->ReplaceSchemaMetadata(metadata);
}

}  // namespace

Result<std::unique_ptr<UpstreamReader>> UpstreamReader::open(const pond::Table& upstream, const PlannedTable& planned,
                                                             const std::vector<pond::FilePart>& parts,
                                                             Context& context) {
  std::unique_ptr<UpstreamReader> reader(new UpstreamReader);
  std::set<std::string> columns{"_row"};
  for (const std::string& name : planned.chain.needs()) columns.insert(name);
  for (const std::string& name : planned.spec.keep) columns.insert(name);
  for (const char* useful : {"uri", "size"}) {  // for messages, and to weigh rows whose content is elsewhere
    if (find_field(upstream.schema(), useful)) columns.insert(useful);
  }
  if (!planned.chain.steps().empty()) {
    const Step& first = planned.chain.steps().front();
    auto made = first.def->make(first.options);
    if (!made.ok()) return std::move(made).status().at(first.def->name);
    reader->first_ = *std::move(made);
    reader->expander_ = dynamic_cast<Expander*>(reader->first_.get());
  }
  for (const Step& step : planned.chain.steps()) reader->content_elsewhere_ |= !step.def->locates.empty();
  std::int64_t rows = 0, size_bytes = 0;
  for (const pond::FilePart& part : parts) {
    rows += part.file.rows;
    size_bytes += part.file.size_bytes;
  }
  constexpr std::int64_t kUnpacked = 5;  // Parquet's zstd gives text back about five times as large
  // Some batches for each thread are under way at once.
  const std::int64_t batch_bytes = std::clamp<std::int64_t>(context.memory().limit_bytes() / 128, 512 << 10, 4 << 20);
  const std::int64_t row_bytes = std::max<std::int64_t>(1, size_bytes * kUnpacked / std::max<std::int64_t>(1, rows));
  pond::ReadOptions options;
  options.columns.assign(columns.begin(), columns.end());
  options.batch_rows_max = std::clamp<std::int64_t>(batch_bytes / row_bytes, 1, 1024);
  options.threads = 1;
  MP_ASSIGN(reader->stream_, upstream.read(parts, options, context));
  return reader;
}

Result<std::optional<Batch>> UpstreamReader::next(Context& context) {
  if (!expander_) return rows(context);
  while (true) {
    if (expansion_) {
      MP_ASSIGN(std::optional<Batch> piece, expansion_->next(context));
      if (piece) return with_end(*piece, expansion_->ends_row());
      expansion_.reset();
    }
    MP_ASSIGN(std::optional<Batch> batch, rows(context));
    if (!batch) return batch;
    expansion_.emplace(*expander_, *std::move(batch));
  }
}

Result<std::optional<Batch>> UpstreamReader::rows(Context& context) {
  if (!batch_ || row_ == batch_->num_rows()) {
    MP_ASSIGN(std::optional<Batch> batch, stream_->next(context));
    if (!batch) return std::optional<Batch>();
    batch_ = std::move(*batch);
    row_ = 0;
  }
  const std::int64_t end = content_elsewhere_ ? end_by_size() : batch_->num_rows();
  Batch slice = row_ == 0 && end == batch_->num_rows() ? batch_ : batch_->Slice(row_, end - row_);
  row_ = end;
  return std::optional<Batch>(std::move(slice));
}

std::int64_t UpstreamReader::end_by_size() const {
  constexpr std::int64_t kContentBytes = 2 << 20, kRowsMax = 64;
  const auto column = batch_->GetColumnByName("size");
  const auto* sizes = dynamic_cast<const arrow::Int64Array*>(column.get());
  std::int64_t end = row_, size_bytes = 0;
  while (end < batch_->num_rows() && end - row_ < kRowsMax && (end == row_ || size_bytes < kContentBytes)) {
    if (sizes) size_bytes += sizes->Value(end);
    ++end;
  }
  return end;
}

std::int64_t rows_done(const Batch& batch) {
  if (batch->schema()->GetFieldIndex(std::string(kExpandedNumber)) < 0) return batch->num_rows();
  const auto& metadata = batch->schema()->metadata();
  return metadata && metadata->Contains(kEndsRow) ? 1 : 0;
}

std::int64_t input_bytes(const Batch& batch) {
  if (const auto record = batch->GetColumnByName(std::string(kExpandedRecord))) {
    return arrow::util::TotalBufferSize(*record);
  }
  const auto column = batch->GetColumnByName("size");
  if (const auto* sizes = dynamic_cast<const arrow::Int64Array*>(column.get())) {
    std::int64_t sum = 0;
    for (std::int64_t row = 0; row < sizes->length(); ++row) sum += sizes->Value(row);
    return sum;
  }
  return arrow::util::TotalBufferSize(*batch);
}

}  // namespace millpond::flow
