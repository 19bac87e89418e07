#include "curate/keep_rule.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <limits>

namespace millpond::curate {
namespace {

/// How many characters a text has, near enough: its bytes. Numbers and times as they are.
Result<double> value_at(const arrow::Array& column, std::int64_t row) {
  switch (column.type_id()) {
    case arrow::Type::STRING:
      return static_cast<double>(static_cast<const arrow::StringArray&>(column).GetView(row).size());
    case arrow::Type::INT32: return static_cast<double>(static_cast<const arrow::Int32Array&>(column).Value(row));
    case arrow::Type::INT64: return static_cast<double>(static_cast<const arrow::Int64Array&>(column).Value(row));
    case arrow::Type::FLOAT: return static_cast<double>(static_cast<const arrow::FloatArray&>(column).Value(row));
    case arrow::Type::DOUBLE: return static_cast<const arrow::DoubleArray&>(column).Value(row);
    case arrow::Type::DATE32: return static_cast<double>(static_cast<const arrow::Date32Array&>(column).Value(row));
    case arrow::Type::TIMESTAMP:
      return static_cast<double>(static_cast<const arrow::TimestampArray&>(column).Value(row));
    default: return unsupported("not ordered");
  }
}

bool goes_with(const std::string& keep, arrow::Type::type type) {
  const bool text = type == arrow::Type::STRING;
  const bool time = type == arrow::Type::DATE32 || type == arrow::Type::TIMESTAMP;
  if (keep == "longest") return text;
  if (keep == "newest") return time;
  return !text && (keep != "best" || !time);
}

}  // namespace

std::vector<std::string> keep_choices() { return {"first", "longest", "highest", "best", "newest"}; }

Result<std::vector<double>> worth_of(const Batch& rows, const KeepRule& rule) {
  std::vector<double> worth(static_cast<std::size_t>(rows->num_rows()), 0);
  if (rule.first()) return worth;
  const auto column = rows->GetColumnByName(rule.column);
  if (!column) {
    return invalid("no such column: ", rule.column).hint("It is the one that `keep: " + rule.keep + "` looks at.");
  }
  if (!goes_with(rule.keep, column->type_id())) {
    return invalid("`keep: ", rule.keep, "` does not go with column ", rule.column, " of type ",
                   column->type()->ToString());
  }
  for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
    double& value = worth[static_cast<std::size_t>(row)];
    value = -std::numeric_limits<double>::infinity();
    if (column->IsNull(row)) continue;
    const Result<double> at = value_at(*column, row);
    if (!at.ok()) return invalid("cannot order by column ", rule.column, " of type ", column->type()->ToString());
    value = *at;
  }
  return worth;
}

}  // namespace millpond::curate
