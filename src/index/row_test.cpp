#include "index/row_test.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "pond/filter_constant.h"
#include "pond/state.h"

namespace millpond::index {
namespace {

using pond::Compare;
using pond::Filter;
using pond::IcebergField;
using Kind = Type::Kind;

/// The column, and which of its rows are null because a struct around it is.
struct Found {
  std::shared_ptr<arrow::Array> array;
  std::vector<std::shared_ptr<arrow::Array>> around;
};

Found find_array(const arrow::RecordBatch& batch, std::string_view name) {
  Found found;
  found.array = batch.GetColumnByName(std::string(name));
  for (std::size_t dot = name.find('.'); !found.array && dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    found.array = batch.GetColumnByName(std::string(name.substr(0, dot)));
    for (std::string_view rest = name.substr(dot + 1); found.array && !rest.empty();) {
      const auto* outer = dynamic_cast<const arrow::StructArray*>(found.array.get());
      if (outer == nullptr) return {};
      const auto& type = static_cast<const arrow::StructType&>(*outer->type());
      std::size_t end = rest.size();
      while (end != std::string_view::npos && end > 0 && type.GetFieldIndex(std::string(rest.substr(0, end))) < 0)
        end = rest.rfind('.', end - 1);
      if (end == std::string_view::npos || end == 0) return {};
      const int at = type.GetFieldIndex(std::string(rest.substr(0, end)));
      found.around.push_back(found.array);
      found.array = outer->field(at);
      rest = end < rest.size() ? rest.substr(end + 1) : std::string_view();
    }
  }
  return found;
}

bool holds(Compare compare, int order) {
  switch (compare) {
    case Compare::kEqual: return order == 0;
    case Compare::kNotEqual: return order != 0;
    case Compare::kLess: return order < 0;
    case Compare::kLessEqual: return order <= 0;
    case Compare::kGreater: return order > 0;
    case Compare::kGreaterEqual: return order >= 0;
    default: return false;
  }
}

template <class T>
int order_of(const T& a, const T& b) {
  return a < b ? -1 : a == b ? 0 : 1;
}

}  // namespace

Result<RowTest> RowTest::make(const Filter& filter, const pond::Table& table) {
  RowTest test;
  MP_ASSIGN(test.root_, bind(filter, table));
  test.collect(test.root_);
  return test;
}

void RowTest::collect(const Node& node) {
  for (const Node& child : node.children) collect(child);
  if (node.kind != Filter::Kind::kCompare) return;
  if (std::find(columns_.begin(), columns_.end(), node.column) == columns_.end()) columns_.push_back(node.column);
}

Result<RowTest::Node> RowTest::bind(const Filter& filter, const pond::Table& table) {
  if (filter.kind == Filter::Kind::kCompare) return bind_comparison(filter, table);
  Node node;
  node.kind = filter.kind;
  for (const Filter& child : filter.children) {
    MP_ASSIGN(Node bound, bind(child, table));
    node.children.push_back(std::move(bound));
  }
  return node;
}

Result<RowTest::Node> RowTest::bind_comparison(const Filter& filter, const pond::Table& table) {
  const std::vector<IcebergField>& fields = table.state()->metadata.schema().fields;
  const IcebergField* field = pond::find_named(fields, filter.column);
  if (field == nullptr) {
    std::string names;
    for (const IcebergField& each : fields) names += (names.empty() ? "" : ", ") + each.name;
    return invalid("the table has no such column: ", filter.column).hint("It has " + names + ".");
  }
  Node node;
  node.kind = Filter::Kind::kCompare;
  node.compare = filter.compare;
  node.column = filter.column;
  switch (field->type.kind) {
    case Kind::kBool:
    case Kind::kInt32:
    case Kind::kInt64:
    case Kind::kDate:
    case Kind::kTimestamp: node.family = Family::kWhole; break;
    case Kind::kFloat32:
    case Kind::kFloat64: node.family = Family::kReal; break;
    case Kind::kUtf8:
    case Kind::kBinary:
    case Kind::kFixed: node.family = Family::kText; break;
    default: node.family = Family::kNested;
  }
  const bool starts = filter.compare == Compare::kStartsWith || filter.compare == Compare::kNotStartsWith;
  if (starts && node.family != Family::kText) return invalid("not a column of text: ", filter.column);
  for (const pond::FilterValue& value : filter.values) {
    MP_ASSIGN(const pond::ColumnConstant constant, pond::constant_of(value, *field));
    if (constant.whole_part_only) {  // 10.5 for a column of whole numbers; the constant was rounded down
      const Compare given = node.compare;
      if (given == Compare::kIn || given == Compare::kNotIn) continue;
      if (given == Compare::kLess) node.compare = Compare::kLessEqual;
      if (given == Compare::kGreaterEqual) node.compare = Compare::kGreater;
      if (given == Compare::kEqual) node.compare = Compare::kIn;  // of nothing
      if (given == Compare::kNotEqual) node.compare = Compare::kNotNull;
      if (given == Compare::kEqual || given == Compare::kNotEqual) continue;
    }
    node.values.push_back({constant.whole, constant.real, constant.real_high, constant.text});
  }
  return node;
}

Status RowTest::rows(const arrow::RecordBatch& batch, std::vector<unsigned char>& yes) const {
  return judge(root_, batch, yes);
}

Status RowTest::judge(const Node& node, const arrow::RecordBatch& batch, std::vector<unsigned char>& yes) {
  const auto rows = static_cast<std::size_t>(batch.num_rows());
  if (node.kind == Filter::Kind::kCompare) return compare(node, batch, yes);
  const bool all = node.kind == Filter::Kind::kTrue || node.kind == Filter::Kind::kAnd;
  yes.assign(rows, all ? 1 : 0);
  std::vector<unsigned char> part;
  for (const Node& child : node.children) {
    MP_TRY(judge(child, batch, part));
    for (std::size_t i = 0; i < rows; ++i) yes[i] = all ? yes[i] & part[i] : yes[i] | part[i];
  }
  return {};
}

// `order(row, constant)` is below, at or above 0.
template <class Order>
void RowTest::compare_rows(const Node& node, const arrow::Array& array, const Order& order,
                           std::vector<unsigned char>& yes) {
  const bool list = node.compare == Compare::kIn || node.compare == Compare::kNotIn;
  for (std::int64_t row = 0; row < array.length(); ++row) {
    bool is = false;
    if (list) {
      is = std::any_of(node.values.begin(), node.values.end(),
                       [&](const Constant& constant) { return order(row, constant) == 0; });
      is = is == (node.compare == Compare::kIn);
    } else {
      is = !node.values.empty() && holds(node.compare, order(row, node.values[0]));
    }
    yes[static_cast<std::size_t>(row)] = is && !array.IsNull(row) ? 1 : 0;
  }
}

Status RowTest::compare(const Node& node, const arrow::RecordBatch& batch, std::vector<unsigned char>& yes) {
  const Found found = find_array(batch, node.column);
  yes.assign(static_cast<std::size_t>(batch.num_rows()), 0);
  if (!found.array) return internal("a batch lacks the column ", node.column);
  const arrow::Array& array = *found.array;
  const auto whole = [&](const auto& values) {
    compare_rows(
        node, array,
        [&](std::int64_t row, const Constant& constant) {
          return order_of(static_cast<std::int64_t>(values.Value(row)), constant.whole);
        },
        yes);
  };
  const auto real = [&](const auto& values) {
    compare_rows(
        node, array,
        [&](std::int64_t row, const Constant& constant) {
          const auto value = static_cast<double>(values.Value(row));
          if (std::isnan(value)) return 1;  // SQL sorts it behind every number
          return value < constant.real ? -1 : value > constant.real_high ? 1 : 0;
        },
        yes);
  };
  const auto text = [&](const auto& values) {
    if (node.compare == Compare::kStartsWith || node.compare == Compare::kNotStartsWith) {
      for (std::int64_t row = 0; row < array.length(); ++row) {
        const bool starts = std::string_view(values.GetView(row)).starts_with(node.values.at(0).text);
        yes[static_cast<std::size_t>(row)] = !array.IsNull(row) && starts == (node.compare == Compare::kStartsWith);
      }
      return;
    }
    compare_rows(
        node, array,
        [&](std::int64_t row, const Constant& constant) {
          return std::string_view(values.GetView(row)).compare(constant.text);
        },
        yes);
  };
  const auto is_null = [&](std::int64_t row) {
    return array.IsNull(row) ||
           std::any_of(found.around.begin(), found.around.end(), [&](const auto& outer) { return outer->IsNull(row); });
  };
  if (node.compare == Compare::kIsNull || node.compare == Compare::kNotNull) {
    for (std::int64_t row = 0; row < array.length(); ++row)
      yes[static_cast<std::size_t>(row)] = is_null(row) == (node.compare == Compare::kIsNull) ? 1 : 0;
    return {};
  }
  switch (array.type_id()) {
    case arrow::Type::BOOL: whole(static_cast<const arrow::BooleanArray&>(array)); break;
    case arrow::Type::INT32: whole(static_cast<const arrow::Int32Array&>(array)); break;
    case arrow::Type::INT64: whole(static_cast<const arrow::Int64Array&>(array)); break;
    case arrow::Type::DATE32: whole(static_cast<const arrow::Date32Array&>(array)); break;
    case arrow::Type::TIMESTAMP: whole(static_cast<const arrow::TimestampArray&>(array)); break;
    case arrow::Type::FLOAT: real(static_cast<const arrow::FloatArray&>(array)); break;
    case arrow::Type::DOUBLE: real(static_cast<const arrow::DoubleArray&>(array)); break;
    case arrow::Type::STRING:
    case arrow::Type::BINARY: text(static_cast<const arrow::BinaryArray&>(array)); break;
    case arrow::Type::FIXED_SIZE_BINARY: text(static_cast<const arrow::FixedSizeBinaryArray&>(array)); break;
    default: return unsupported("a condition on a column of this type: ", node.column);
  }
  for (std::int64_t row = 0; !found.around.empty() && row < array.length(); ++row)
    if (is_null(row)) yes[static_cast<std::size_t>(row)] = 0;
  return {};
}

}  // namespace millpond::index
