// Shards of samples for MosaicML's streaming, one sample a row.

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "millpond/sink.h"
#include "sink/csv_text.h"
#include "sink/json_text.h"
#include "sink/mds_shards.h"
#include "sink/sink_folder.h"

namespace millpond::sink {
namespace {

MdsColumn mds_column(const arrow::Field& field) {
  switch (field.type()->id()) {
    case arrow::Type::BOOL: return {field.name(), "uint8", 1};
    case arrow::Type::INT32: return {field.name(), "int32", 4};
    case arrow::Type::INT64: return {field.name(), "int64", 8};
    case arrow::Type::FLOAT: return {field.name(), "float32", 4};
    case arrow::Type::DOUBLE: return {field.name(), "float64", 8};
    case arrow::Type::BINARY: return {field.name(), "bytes"};
    case arrow::Type::LIST:
    case arrow::Type::STRUCT:
    case arrow::Type::MAP: return {field.name(), "json"};
    default: return {field.name(), "str"};  // texts, times, days, ids
  }
}

template <class Array>
void put_number(const arrow::Array& column, std::int64_t row, std::string& out) {
  const auto value = static_cast<const Array&>(column).Value(row);
  out.assign(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_value(const arrow::Array& column, std::int64_t row, std::string& out) {
  out.clear();
  switch (column.type_id()) {
    case arrow::Type::BOOL: out += static_cast<const arrow::BooleanArray&>(column).Value(row) ? '\1' : '\0'; return;
    case arrow::Type::INT32: return put_number<arrow::Int32Array>(column, row, out);
    case arrow::Type::INT64: return put_number<arrow::Int64Array>(column, row, out);
    case arrow::Type::FLOAT: return put_number<arrow::FloatArray>(column, row, out);
    case arrow::Type::DOUBLE: return put_number<arrow::DoubleArray>(column, row, out);
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      if (!column.IsNull(row)) out = static_cast<const arrow::BinaryArray&>(column).GetView(row);
      return;
    case arrow::Type::LIST:
    case arrow::Type::STRUCT:
    case arrow::Type::MAP: return append_json(column, row, out);
    default: out = plain_text(column, row);
  }
}

class Mds final : public Sink {
 public:
  static Result<std::unique_ptr<Sink>> make(const Options& options, const ArrowSchema& schema) {
    const std::int64_t bytes = options.integer("shard_bytes");
    if (bytes <= 0 || bytes > 0xF000'0000) return invalid("shard_bytes must be from 1 to 4026531840: ", bytes);
    std::unique_ptr<Mds> sink(new Mds);
    MP_ASSIGN(sink->folder_, SinkFolder::create(options));
    std::vector<MdsColumn> columns;
    for (const auto& field : schema->fields()) columns.push_back(mds_column(*field));
    sink->shards_ = MdsShards(sink->folder_.working_path(), std::move(columns), bytes);
    sink->values_.resize(sink->shards_.columns().size());
    return std::unique_ptr<Sink>(std::move(sink));
  }

  Status write(const Batch& batch, Context& context) override {
    std::vector<std::shared_ptr<arrow::Array>> columns;
    for (const MdsColumn& column : shards_.columns()) columns.push_back(batch->GetColumnByName(column.name));
    for (std::int64_t row = 0; row < batch->num_rows(); ++row, ++rows_) {
      MP_TRY(context.check());
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (shards_.columns()[i].size_bytes > 0 && columns[i]->IsNull(row)) {
          return invalid("MDS has no null, and row ", rows_,
                         " has none in the column of numbers: ", shards_.columns()[i].name)
              .hint("--columns leaves the column out; `millpond sql ... --output` can put a value in its place.");
        }
        put_value(*columns[i], row, values_[i]);
      }
      MP_TRY(shards_.add(values_));
    }
    return {};
  }

  Status commit(Context&) override {
    MP_TRY(shards_.finish());
    return folder_.commit();
  }

 private:
  SinkFolder folder_;
  MdsShards shards_;
  std::vector<std::string> values_;
  std::int64_t rows_ = 0;
};

}  // namespace

MILLPOND_SINK(mds) = {
    .name = "mds",
    .summary = "A folder of MDS shards, as MosaicML's streaming reads them.",
    .options = {{"path", "", "The folder to make."},
                {"replace", false, "Has no effect: a folder is never replaced."},
                {"shard_bytes", std::int64_t{1} << 26, "A shard ends before the sample that would pass so many."}},
    .make = Mds::make,
};

}  // namespace millpond::sink
