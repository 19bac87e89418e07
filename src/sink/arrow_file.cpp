// One Arrow IPC file (Feather version 2).

#include <arrow/io/interfaces.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "core/arrow_status.h"
#include "millpond/sink.h"
#include "pond/parquet_sink.h"
#include "sink/sink_file.h"

namespace millpond::sink {
namespace {

class ArrowFile final : public Sink {
 public:
  static Result<std::unique_ptr<Sink>> make(const Options& options, const ArrowSchema& schema) {
    std::unique_ptr<ArrowFile> sink(new ArrowFile);
    MP_ASSIGN(sink->file_, SinkFile::create(options));
    sink->out_ = std::make_shared<pond::ParquetSink>(sink->file_.writer());
    MP_ASSIGN(sink->writer_, from_arrow(arrow::ipc::MakeFileWriter(sink->out_, schema)));
    return std::unique_ptr<Sink>(std::move(sink));
  }

  Status write(const Batch& batch, Context&) override { return wrote(writer_->WriteRecordBatch(*batch)); }

  Status commit(Context&) override {
    MP_TRY(wrote(writer_->Close()));
    return file_.commit();
  }

 private:
  Status wrote(const arrow::Status& status) {
    if (!status.ok() && !out_->first_error().ok()) return out_->first_error();
    return from_arrow(status);
  }
  SinkFile file_;
  std::shared_ptr<pond::ParquetSink> out_;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer_;
};

}  // namespace

MILLPOND_SINK(arrow) = {
    .name = "arrow",
    .summary = "One Arrow IPC file, as pandas and Polars read it (Feather 2).",
    .options = sink_file_options(),
    .make = ArrowFile::make,
};

}  // namespace millpond::sink
