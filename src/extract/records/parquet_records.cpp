// Rows of Parquet files, read in order, a piece at a time.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/io/file.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <algorithm>

#include "core/arrow_status.h"
#include "extract/records/cutter.h"
#include "millpond/expander.h"

namespace millpond::extract {
namespace {

class ParquetRecords final : public Stream {
 public:
  ParquetRecords(std::unique_ptr<parquet::arrow::FileReader> file, std::unique_ptr<arrow::RecordBatchReader> rows)
      : file_(std::move(file)), rows_(std::move(rows)) {
    schema_ = arrow::schema({arrow::field(std::string(kExpandedRecord), arrow::struct_(rows_->schema()->fields())),
                             arrow::field(std::string(kExpandedNumber), arrow::int64()),
                             arrow::field(std::string(kExpandedError), arrow::utf8())},
                            arrow::key_value_metadata({{"format", "parquet"}, {"header", ""}}));
  }
  ArrowSchema schema() const override { return schema_; }

  Result<std::optional<Batch>> next(Context& context) override {
    MP_TRY(context.check());
    try {
      std::shared_ptr<arrow::RecordBatch> batch;
      do { MP_TRY(as_corrupt(rows_->ReadNext(&batch))); } while (batch && batch->num_rows() == 0);
      if (!batch) return std::optional<Batch>();
      arrow::Int64Builder numbers;
      arrow::Status status;
      for (std::int64_t i = 0; i < batch->num_rows(); ++i) status &= numbers.Append(++number_);
      std::vector<std::shared_ptr<arrow::Array>> columns(3);
      MP_ASSIGN(columns[0], from_arrow(batch->ToStructArray()));
      status &= numbers.Finish(&columns[1]);
      MP_TRY(from_arrow(status));
      MP_ASSIGN(columns[2], from_arrow(arrow::MakeArrayOfNull(arrow::utf8(), batch->num_rows())));
      return std::optional<Batch>(arrow::RecordBatch::Make(schema_, batch->num_rows(), std::move(columns)));
    } catch (const std::exception& failure) { return corrupt("not readable as Parquet: ", failure.what()); }
  }

 private:
  Status as_corrupt(const arrow::Status& status) const {
    if (status.ok() || status.IsOutOfMemory()) return from_arrow(status);
    return corrupt("not readable as Parquet after record ", number_, ": ", status.message());
  }

  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::unique_ptr<arrow::RecordBatchReader> rows_;
  ArrowSchema schema_;
  std::int64_t number_ = 0;
};

Result<std::unique_ptr<Stream>> open_file(const std::string& path, const std::string& text) {
  MP_ASSIGN(auto bytes, from_arrow(arrow::io::ReadableFile::Open(path)));
  parquet::ReaderProperties properties = parquet::default_reader_properties();
  properties.enable_buffered_stream();
  properties.set_buffer_size(1 << 20);
  auto raw = parquet::ParquetFileReader::Open(std::move(bytes), properties);
  const std::int64_t rows = std::max<std::int64_t>(1, raw->metadata()->num_rows());
  std::int64_t size_bytes = 0;
  for (int group = 0; group < raw->metadata()->num_row_groups(); ++group) {
    size_bytes += raw->metadata()->RowGroup(group)->total_byte_size();
  }
  parquet::ArrowReaderProperties form;
  form.set_use_threads(false);
  form.set_pre_buffer(false);
  form.set_batch_size(std::clamp<std::int64_t>((1 << 20) * rows / std::max<std::int64_t>(1, size_bytes), 1, 4096));
  MP_ASSIGN(auto file,
            from_arrow(parquet::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(raw), form)));
  MP_ASSIGN(auto batches, from_arrow(file->GetRecordBatchReader()));
  if (batches->schema()->GetFieldIndex(text) < 0) {
    std::string names;
    for (const std::string& name : batches->schema()->field_names()) names += (names.empty() ? "" : ", ") + name;
    return invalid("has no column: ", text).hint("Name its text by the option `text`. There are: " + names + ".");
  }
  return std::unique_ptr<Stream>(new ParquetRecords(std::move(file), std::move(batches)));
}

}  // namespace

Result<std::unique_ptr<Stream>> open_parquet_records(const std::string& path, const std::string& text) {
  try {
    return open_file(path, text);
  } catch (const std::exception& failure) { return corrupt("not readable as Parquet: ", failure.what()); }
}

}  // namespace millpond::extract
