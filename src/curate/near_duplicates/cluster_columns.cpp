#include "curate/near_duplicates/cluster_columns.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "core/arrow_status.h"
#include "core/take.h"

namespace millpond::curate {

Status ClusterColumns::keep(std::int64_t row, std::int64_t cluster, std::int64_t size, bool duplicate) {
  kept_.push_back(row);
  MP_TRY(from_arrow(cluster >= 0 ? clusters_.Append(cluster) : clusters_.AppendNull()));
  MP_TRY(from_arrow(sizes_.Append(size)));
  return from_arrow(duplicates_.Append(duplicate));
}

Result<Batch> ClusterColumns::finish(const Batch& rows) {
  MP_ASSIGN(const Batch taken, take(rows, kept_));
  kept_.clear();
  auto columns = taken->columns();
  arrow::FieldVector fields = taken->schema()->fields();
  const auto add = [&](const char* name, arrow::ArrayBuilder& builder, bool nullable) -> Status {
    MP_ASSIGN(auto column, from_arrow(builder.Finish()));
    fields.push_back(arrow::field(name, column->type(), nullable));
    columns.push_back(std::move(column));
    return {};
  };
  MP_TRY(add("cluster", clusters_, true));
  MP_TRY(add("cluster_size", sizes_, false));
  MP_TRY(add("duplicate", duplicates_, false));
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), taken->num_rows(), std::move(columns));
}

}  // namespace millpond::curate
