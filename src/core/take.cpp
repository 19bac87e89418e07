#include "core/take.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/array/data.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>

#include "core/arrow_status.h"

namespace millpond {

Result<std::shared_ptr<arrow::Array>> take(const std::shared_ptr<arrow::Array>& array,
                                           std::span<const std::int64_t> rows) {
  std::unique_ptr<arrow::ArrayBuilder> builder;
  MP_TRY(from_arrow(arrow::MakeBuilder(arrow::default_memory_pool(), array->type(), &builder)));
  MP_TRY(from_arrow(builder->Reserve(static_cast<std::int64_t>(rows.size()))));
  const arrow::ArraySpan span(*array->data());
  for (std::size_t i = 0; i < rows.size();) {
    std::size_t end = i + 1;
    while (end < rows.size() && rows[end] == rows[end - 1] + 1) ++end;
    MP_TRY(from_arrow(builder->AppendArraySlice(span, rows[i], static_cast<std::int64_t>(end - i))));
    i = end;
  }
  std::shared_ptr<arrow::Array> taken;
  MP_TRY(from_arrow(builder->Finish(&taken)));
  return taken;
}

Result<Batch> take(const Batch& batch, std::span<const std::int64_t> rows) {
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (const auto& column : batch->columns()) {
    MP_ASSIGN(auto taken, take(column, rows));
    columns.push_back(std::move(taken));
  }
  return arrow::RecordBatch::Make(batch->schema(), static_cast<std::int64_t>(rows.size()), std::move(columns));
}

Result<Batch> concatenate(const std::vector<Batch>& batches) {
  if (batches.empty()) return internal("nothing to concatenate");
  if (batches.size() == 1) return batches[0];
  std::int64_t rows = 0;
  for (const Batch& batch : batches) rows += batch->num_rows();
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (int column = 0; column < batches[0]->num_columns(); ++column) {
    arrow::ArrayVector parts;
    for (const Batch& batch : batches) parts.push_back(batch->column(column));
    MP_ASSIGN(auto joined, from_arrow(arrow::Concatenate(parts)));
    columns.push_back(std::move(joined));
  }
  return arrow::RecordBatch::Make(batches[0]->schema(), rows, std::move(columns));
}

}  // namespace millpond
