// Tar shards, one sample a row, as loaders of training data read them.

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <cstdio>
#include <cstring>

#include "millpond/sink.h"
#include "sink/csv_text.h"
#include "sink/json_text.h"
#include "sink/sink_file.h"
#include "sink/sink_folder.h"

namespace millpond::sink {
namespace {

constexpr std::size_t kBlock = 512;

/// Source: POSIX.1-1988 (ustar). Times are 0, so that equal rows give equal shards.
std::string tar_header(const std::string& name, std::size_t size_bytes) {
  std::string block(kBlock, '\0');
  const auto put = [&](std::size_t at, const std::string& text) { std::memcpy(&block[at], text.data(), text.size()); };
  char size[16];
  std::snprintf(size, sizeof size, "%011llo", static_cast<unsigned long long>(size_bytes));
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, size);
  put(136, "00000000000");
  put(148, "        ");
  put(156, "0");
  put(257, "ustar");
  put(263, "00");
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  char checksum[16];
  std::snprintf(checksum, sizeof checksum, "%06o", sum);
  put(148, checksum);
  block[154] = '\0';
  return block;
}

class WebDataset final : public Sink {
 public:
  static Result<std::unique_ptr<Sink>> make(const Options& options, const ArrowSchema&) {
    std::unique_ptr<WebDataset> sink(new WebDataset);
    sink->shard_rows_ = options.integer("shard_rows");
    if (sink->shard_rows_ <= 0) return invalid("shard_rows must be positive: ", sink->shard_rows_);
    MP_ASSIGN(sink->folder_, SinkFolder::create(options));
    return std::unique_ptr<Sink>(std::move(sink));
  }

  Status write(const Batch& batch, Context& context) override {
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      MP_TRY(context.check());
      if (rows_ % shard_rows_ == 0) MP_TRY(next_shard());
      MP_TRY(write_sample(*batch, row));
      ++rows_;
    }
    return {};
  }

  Status commit(Context&) override {
    MP_TRY(end_shard());
    return folder_.commit();
  }

 private:
  Status next_shard() {
    MP_TRY(end_shard());
    char name[32];
    std::snprintf(name, sizeof name, "/%06lld.tar", static_cast<long long>(rows_ / shard_rows_));
    MP_ASSIGN(shard_, pond::FileWriter::create(folder_.working_path() + name));
    return {};
  }

  Status end_shard() {
    if (!shard_.is_open()) return {};
    MP_TRY(shard_.append(std::string(2 * kBlock, '\0')));
    return shard_.finish();
  }

  Status add(const std::string& name, std::string_view content) {
    constexpr std::size_t kNameMax = 100, kContentMax = std::size_t{8} << 30;
    if (name.size() > kNameMax) return unsupported("the name of a tar member is too long: ", name);
    if (content.size() >= kContentMax) return unsupported("a tar member is 8 GiB or more: ", name);
    MP_TRY(shard_.append(tar_header(name, content.size())));
    MP_TRY(shard_.append(content));
    const std::size_t rest = content.size() % kBlock;
    return rest == 0 ? Status() : shard_.append(std::string(kBlock - rest, '\0'));
  }

  /// `text` becomes KEY.txt, each binary column KEY.column, and the other columns KEY.json.
  Status write_sample(const arrow::RecordBatch& batch, std::int64_t row) {
    std::string json = "{", key;
    if (const auto id = batch.GetColumnByName("_row")) key = plain_text(*id, row);
    if (key.empty()) {
      char number[24];
      std::snprintf(number, sizeof number, "%012lld", static_cast<long long>(rows_));
      key = number;
    }
    for (int i = 0; i < batch.num_columns(); ++i) {
      const arrow::Array& column = *batch.column(i);
      const std::string& name = batch.column_name(i);
      if (column.type_id() == arrow::Type::BINARY) {
        if (!column.IsNull(row))
          MP_TRY(add(key + "." + name, static_cast<const arrow::BinaryArray&>(column).GetView(row)));
        continue;
      }
      if (name == "text" && column.type_id() == arrow::Type::STRING) {
        if (!column.IsNull(row)) MP_TRY(add(key + ".txt", static_cast<const arrow::StringArray&>(column).GetView(row)));
        continue;
      }
      if (json.size() > 1) json += ',';
      append_json_text(name, json);
      json += ':';
      append_json(column, row, json);
    }
    return add(key + ".json", json + "}");
  }

  SinkFolder folder_;
  pond::FileWriter shard_;
  std::int64_t shard_rows_ = 0, rows_ = 0;
};

}  // namespace

MILLPOND_SINK(webdataset) = {
    .name = "webdataset",
    .summary = "A folder of tar shards: `text` as .txt, binary columns as they are, the rest as .json.",
    .options = {{"path", "", "The folder to make."},
                {"replace", false, "Has no effect: a folder is never replaced."},
                {"shard_rows", 10000, "Rows in one shard."}},
    .make = WebDataset::make,
};

}  // namespace millpond::sink
