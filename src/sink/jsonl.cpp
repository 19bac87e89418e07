// One JSON object a line.

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "millpond/sink.h"
#include "sink/json_text.h"
#include "sink/sink_file.h"

namespace millpond::sink {
namespace {

class JsonLines final : public Sink {
 public:
  static Result<std::unique_ptr<Sink>> make(const Options& options, const ArrowSchema&) {
    std::unique_ptr<JsonLines> sink(new JsonLines);
    MP_ASSIGN(sink->file_, SinkFile::create(options));
    return std::unique_ptr<Sink>(std::move(sink));
  }

  Status write(const Batch& batch, Context& context) override {
    constexpr std::size_t kChunkBytes = 1 << 20;
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      text_ += '{';
      for (int i = 0; i < batch->num_columns(); ++i) {
        if (i > 0) text_ += ',';
        append_json_text(batch->column_name(i), text_);
        text_ += ':';
        append_json(*batch->column(i), row, text_);
      }
      text_ += "}\n";
      if (text_.size() >= kChunkBytes) {
        MP_TRY(context.check());
        MP_TRY(flush());
      }
    }
    return flush();
  }

  Status commit(Context&) override { return file_.commit(); }

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

MILLPOND_SINK(jsonl) = {
    .name = "jsonl",
    .summary = "JSON Lines: one object a row, UTF-8.",
    .options = sink_file_options(),
    .make = JsonLines::make,
};

}  // namespace millpond::sink
