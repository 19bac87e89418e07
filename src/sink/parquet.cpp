// One Parquet file.

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include "core/arrow_status.h"
#include "millpond/sink.h"
#include "pond/parquet_sink.h"
#include "sink/sink_file.h"

namespace millpond::sink {
namespace {

class ParquetFile final : public Sink {
 public:
  static Result<std::unique_ptr<Sink>> make(const Options& options, const ArrowSchema& schema) {
    std::unique_ptr<ParquetFile> sink(new ParquetFile);
    MP_ASSIGN(sink->file_, SinkFile::create(options));
    sink->out_ = std::make_shared<pond::ParquetSink>(sink->file_.writer());
    const auto properties = parquet::WriterProperties::Builder()
                                .compression(parquet::Compression::ZSTD)
                                ->created_by("millpond")
                                ->enable_store_decimal_as_integer()
                                ->max_row_group_length(std::numeric_limits<std::int32_t>::max())
                                ->build();
    const auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
    MP_ASSIGN(sink->writer_, from_arrow(parquet::arrow::FileWriter::Open(*schema, arrow::default_memory_pool(),
                                                                         sink->out_, properties, arrow_properties)));
    return std::unique_ptr<Sink>(std::move(sink));
  }

  Status write(const Batch& batch, Context&) override {
    constexpr std::int64_t kRowGroupBytes = 32 << 20;
    MP_TRY(wrote(writer_->WriteRecordBatch(*batch)));
    MP_ASSIGN(const std::int64_t size_bytes, from_arrow(arrow::util::ReferencedBufferSize(*batch)));
    group_bytes_ += size_bytes;
    if (group_bytes_ < kRowGroupBytes) return {};
    group_bytes_ = 0;
    return wrote(writer_->NewBufferedRowGroup());
  }

  Status commit(Context&) override {
    MP_TRY(wrote(writer_->Close()));
    return file_.commit();
  }
  ~ParquetFile() override {
    if (writer_) (void)writer_->Close();  // it would complain otherwise; the temporary file goes anyway
  }

 private:
  /// The file layer's error says more than Parquet's.
  Status wrote(const arrow::Status& status) {
    if (!status.ok() && !out_->first_error().ok()) return out_->first_error();
    return from_arrow(status);
  }

  SinkFile file_;
  std::shared_ptr<pond::ParquetSink> out_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  std::int64_t group_bytes_ = 0;
};

}  // namespace

MILLPOND_SINK(parquet) = {
    .name = "parquet",
    .summary = "One Parquet file, compressed with zstd.",
    .options = sink_file_options(),
    .make = ParquetFile::make,
};

}  // namespace millpond::sink
