#include "core/fold_merge.h"

#include <arrow/array.h>
#include <arrow/array/data.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <limits>
#include <queue>

#include "core/arrow_status.h"
#include "millpond/fold.h"

namespace millpond {
namespace {

class PositionedStream final : public Stream {
 public:
  explicit PositionedStream(std::unique_ptr<Stream> rows) : rows_(std::move(rows)) {
    arrow::FieldVector fields = rows_->schema()->fields();
    fields.push_back(arrow::field(std::string(kFoldPosition), arrow::int64(), false));
    schema_ = arrow::schema(std::move(fields));
  }
  ArrowSchema schema() const override { return schema_; }
  Result<std::optional<Batch>> next(Context& context) override {
    MP_ASSIGN(const std::optional<Batch> batch, rows_->next(context));
    if (!batch) return std::optional<Batch>();
    arrow::Int64Builder positions;
    MP_TRY(from_arrow(positions.Reserve((*batch)->num_rows())));
    for (std::int64_t row = 0; row < (*batch)->num_rows(); ++row) positions.UnsafeAppend(next_++);
    auto columns = (*batch)->columns();
    MP_ASSIGN(auto column, from_arrow(positions.Finish()));
    columns.push_back(std::move(column));
    return std::optional<Batch>(arrow::RecordBatch::Make(schema_, (*batch)->num_rows(), std::move(columns)));
  }

 private:
  std::unique_ptr<Stream> rows_;
  ArrowSchema schema_;
  std::int64_t next_ = 0;
};

class UnpositionedStream final : public Stream {
 public:
  explicit UnpositionedStream(std::unique_ptr<Stream> rows) : rows_(std::move(rows)) {
    const auto schema = rows_->schema();
    column_ = schema->GetFieldIndex(std::string(kFoldPosition));
    arrow::FieldVector fields = schema->fields();
    fields.erase(fields.begin() + column_);
    schema_ = arrow::schema(std::move(fields));
  }
  ArrowSchema schema() const override { return schema_; }
  Result<std::optional<Batch>> next(Context& context) override {
    MP_ASSIGN(const std::optional<Batch> batch, rows_->next(context));
    if (!batch) return std::optional<Batch>();
    auto columns = (*batch)->columns();
    columns.erase(columns.begin() + column_);
    return std::optional<Batch>(arrow::RecordBatch::Make(schema_, (*batch)->num_rows(), std::move(columns)));
  }

 private:
  std::unique_ptr<Stream> rows_;
  ArrowSchema schema_;
  int column_ = 0;
};

class MergedStream final : public Stream {
 public:
  MergedStream(ArrowSchema schema, std::vector<std::unique_ptr<Stream>> streams)
      : schema_(std::move(schema)), position_column_(schema_->GetFieldIndex(std::string(kFoldPosition))) {
    for (auto& stream : streams) cursors_.emplace_back().stream = std::move(stream);
  }
  ArrowSchema schema() const override { return schema_; }

  Result<std::optional<Batch>> next(Context& context) override {
    MP_TRY(context.check());
    if (!started_) {
      started_ = true;
      for (std::size_t i = 0; i < cursors_.size(); ++i) MP_TRY(load(i, context));
    }
    if (first_.empty()) return std::optional<Batch>();
    std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders;
    for (const auto& field : schema_->fields()) {
      MP_ASSIGN(auto builder, from_arrow(arrow::MakeBuilder(field->type())));
      builders.push_back(std::move(builder));
    }
    constexpr std::int64_t kRowsMax = 4096, kBytesMax = 4 << 20;
    std::int64_t rows = 0, size_bytes = 0;
    while (rows < kRowsMax && size_bytes < kBytesMax && !first_.empty()) {
      const std::size_t index = first_.top().second;
      first_.pop();
      Cursor& cursor = cursors_[index];
      const std::int64_t before = first_.empty() ? std::numeric_limits<std::int64_t>::max() : first_.top().first;
      std::int64_t end = cursor.row + 1;
      while (end < cursor.batch->num_rows() && end - cursor.row < kRowsMax - rows && cursor.positions[end] < before)
        ++end;
      for (std::size_t i = 0; i < builders.size(); ++i) {
        MP_TRY(from_arrow(builders[i]->AppendArraySlice(cursor.columns[i], cursor.row, end - cursor.row)));
      }
      rows += end - cursor.row;
      size_bytes += (end - cursor.row) * cursor.row_bytes;
      cursor.row = end;
      if (end < cursor.batch->num_rows()) {
        first_.emplace(cursor.positions[end], index);
      } else {
        MP_TRY(load(index, context));
      }
    }
    std::vector<std::shared_ptr<arrow::Array>> columns;
    for (auto& builder : builders) {
      MP_ASSIGN(auto column, from_arrow(builder->Finish()));
      columns.push_back(std::move(column));
    }
    return std::optional<Batch>(arrow::RecordBatch::Make(schema_, rows, std::move(columns)));
  }

 private:
  struct Cursor {
    std::unique_ptr<Stream> stream;
    Batch batch;
    std::vector<arrow::ArraySpan> columns;  // of `batch`
    const std::int64_t* positions = nullptr;
    std::int64_t row = 0, row_bytes = 0;
  };

  Status load(std::size_t index, Context& context) {
    Cursor& cursor = cursors_[index];
    cursor.columns.clear();
    MP_ASSIGN(const std::optional<Batch> batch, cursor.stream->next(context));
    cursor.batch = batch.value_or(nullptr);
    if (!cursor.batch) {
      cursor.stream.reset();  // its file goes now
      return {};
    }
    cursor.row = 0;
    cursor.row_bytes = arrow::util::TotalBufferSize(*cursor.batch) / cursor.batch->num_rows();
    for (int i = 0; i < cursor.batch->num_columns(); ++i) cursor.columns.emplace_back(*cursor.batch->column_data(i));
    cursor.positions = static_cast<const arrow::Int64Array&>(*cursor.batch->column(position_column_)).raw_values();
    first_.emplace(cursor.positions[0], index);
    return {};
  }

  using Place = std::pair<std::int64_t, std::size_t>;  // position, cursor
  ArrowSchema schema_;
  const int position_column_;
  bool started_ = false;
  std::vector<Cursor> cursors_;
  std::priority_queue<Place, std::vector<Place>, std::greater<>> first_;
};

}  // namespace

std::unique_ptr<Stream> with_positions(std::unique_ptr<Stream> rows) {
  return std::make_unique<PositionedStream>(std::move(rows));
}
std::unique_ptr<Stream> without_positions(std::unique_ptr<Stream> rows) {
  return std::make_unique<UnpositionedStream>(std::move(rows));
}

std::unique_ptr<Stream> merge_by_position(ArrowSchema schema, std::vector<std::unique_ptr<Stream>> streams) {
  return std::make_unique<MergedStream>(std::move(schema), std::move(streams));
}

}  // namespace millpond
