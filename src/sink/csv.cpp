// Comma-separated values, with a header.

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "millpond/sink.h"
#include "sink/csv_text.h"
#include "sink/sink_file.h"

namespace millpond::sink {
namespace {

class Csv final : public Sink {
 public:
  static Result<std::unique_ptr<Sink>> make(const Options& options, const ArrowSchema& schema) {
    std::unique_ptr<Csv> sink(new Csv);
    MP_ASSIGN(sink->file_, SinkFile::create(options));
    append_csv_header(*schema, sink->text_);
    return std::unique_ptr<Sink>(std::move(sink));
  }

  Status write(const Batch& batch, Context& context) override {
    constexpr std::size_t kChunkBytes = 1 << 20;
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      append_csv_row(*batch, row, text_);
      if (text_.size() < kChunkBytes) continue;
      MP_TRY(context.check());
      MP_TRY(flush());
    }
    return {};
  }

  Status commit(Context&) override {
    MP_TRY(flush());
    return file_.commit();
  }

 private:
  Status flush() {
    const Status status = file_.writer().append(text_);
    text_.clear();
    return status;
  }
  SinkFile file_;
  std::string text_;
};

}  // namespace

MILLPOND_SINK(csv) = {
    .name = "csv",
    .summary = "Comma-separated values with a header, UTF-8.",
    .options = sink_file_options(),
    .make = Csv::make,
};

}  // namespace millpond::sink
