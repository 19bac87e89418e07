#include "filter.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <nanobind/stl/string.h>

#include <algorithm>

namespace millpond::python {
namespace {

bool is_comparison(const std::string& form) {
  return form == "==" || form == "!=" || form == "<" || form == "<=" || form == ">" || form == ">=";
}

enum class Family { kBool, kNumber, kText, kOther };

Family family_of(const Type& type) {
  switch (type.kind) {
    case Type::Kind::kBool: return Family::kBool;
    case Type::Kind::kInt32:
    case Type::Kind::kInt64:
    case Type::Kind::kFloat32:
    case Type::Kind::kFloat64:
    case Type::Kind::kTimestamp:
    case Type::Kind::kDate: return Family::kNumber;
    case Type::Kind::kUtf8:
    case Type::Kind::kBinary:
    case Type::Kind::kFixed: return Family::kText;
    default: return Family::kOther;
  }
}

template <class T>
int order_of(const T& a, const T& b) {
  return a < b ? -1 : a == b ? 0 : a > b ? 1 : 2;  // 2: not a number
}

/// One row's value: exactly one of them is meant, as the column's family says.
struct Cell {
  bool flag = false, whole = true;
  std::int64_t integer = 0;
  double number = 0;
  std::string_view text;
};

Cell cell_of(const arrow::Array& array, std::int64_t row) {
  Cell cell;
  const auto integer = [&](std::int64_t value) { cell.integer = value, cell.number = static_cast<double>(value); };
  const auto number = [&](double value) { cell.whole = false, cell.number = value; };
  switch (array.type_id()) {
    case arrow::Type::BOOL: cell.flag = static_cast<const arrow::BooleanArray&>(array).Value(row); break;
    case arrow::Type::INT32: integer(static_cast<const arrow::Int32Array&>(array).Value(row)); break;
    case arrow::Type::DATE32: integer(static_cast<const arrow::Date32Array&>(array).Value(row)); break;
    case arrow::Type::INT64: integer(static_cast<const arrow::Int64Array&>(array).Value(row)); break;
    case arrow::Type::TIMESTAMP: integer(static_cast<const arrow::TimestampArray&>(array).Value(row)); break;
    case arrow::Type::FLOAT: number(static_cast<const arrow::FloatArray&>(array).Value(row)); break;
    case arrow::Type::DOUBLE: number(static_cast<const arrow::DoubleArray&>(array).Value(row)); break;
    case arrow::Type::FIXED_SIZE_BINARY:
      cell.text = static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row);
      break;
    default: cell.text = static_cast<const arrow::BinaryArray&>(array).GetView(row);
  }
  return cell;
}

}  // namespace

Filter Filter::from_python(nb::handle form) {
  Filter filter;
  if (!nb::isinstance<nb::tuple>(form) || nb::len(form) < 2) {
    raise(
        invalid("not a filter: ", nb::cast<std::string>(nb::repr(form))).hint("For example mp.col(\"tokens\") > 100."));
  }
  const nb::tuple parts = nb::borrow<nb::tuple>(form);
  filter.form_ = nb::cast<std::string>(parts[0]);
  if (filter.form_ == "and" || filter.form_ == "or" || filter.form_ == "not") {
    for (std::size_t i = 1; i < parts.size(); ++i) filter.parts_.push_back(from_python(parts[i]));
    return filter;
  }
  filter.column_ = nb::cast<std::string>(parts[1]);
  const auto add = [&](nb::handle given) {
    if (nb::isinstance<nb::bool_>(given))
      filter.values_.emplace_back(nb::cast<bool>(given));
    else if (nb::isinstance<nb::int_>(given))
      filter.values_.emplace_back(nb::cast<std::int64_t>(given));
    else if (nb::isinstance<nb::float_>(given))
      filter.values_.emplace_back(nb::cast<double>(given));
    else if (nb::isinstance<nb::str>(given))
      filter.values_.emplace_back(nb::cast<std::string>(given));
    else if (nb::isinstance<nb::bytes>(given)) {
      const auto bytes = nb::borrow<nb::bytes>(given);
      filter.values_.emplace_back(std::string(bytes.c_str(), bytes.size()));
    } else {
      raise(invalid("a filter cannot compare with: ", nb::cast<std::string>(nb::repr(given))));
    }
  };
  if (filter.form_ == "in") {
    for (nb::handle each : nb::borrow<nb::object>(parts[2])) add(each);
  } else if (filter.form_ != "null") {
    add(parts[2]);
  }
  return filter;
}

Status Filter::check(const Schema& schema) const {
  for (const Filter& part : parts_) MP_TRY(part.check(schema));
  if (!parts_.empty()) return {};
  const Field* field = find_field(schema, column_);
  if (!field) {
    std::string names;
    for (const Field& each : schema) names += (names.empty() ? "" : ", ") + each.name;
    return not_found("the filter names a column that the table does not have: ", column_)
        .hint("There are: " + names + ".");
  }
  const Family family = family_of(field->type);
  const bool textual = form_ == "contains" || form_ == "starts";
  if (!is_comparison(form_) && !textual && form_ != "in" && form_ != "null")
    return invalid("no such condition: ", form_);
  if (form_ != "null" && (family == Family::kOther || (textual && family != Family::kText))) {
    return invalid("column ", column_, " cannot be compared in this way, being ", field->type.to_string());
  }
  for (const Value& value : values_) {
    const Family given = std::holds_alternative<bool>(value)          ? Family::kBool
                         : std::holds_alternative<std::string>(value) ? Family::kText
                                                                      : Family::kNumber;
    if (given != family)
      return invalid("column ", column_, " is ", field->type.to_string(), "; the filter compares it with another type");
  }
  return {};
}

void Filter::columns(std::set<std::string>& names) const {
  for (const Filter& part : parts_) part.columns(names);
  if (parts_.empty()) names.insert(column_);
}

Result<std::vector<std::int64_t>> Filter::matching(const Batch& batch) const {
  MP_ASSIGN(const std::vector<Truth> truths, judge(batch));
  std::vector<std::int64_t> rows;
  for (std::size_t row = 0; row < truths.size(); ++row) {
    if (truths[row] == Truth::kYes) rows.push_back(static_cast<std::int64_t>(row));
  }
  return rows;
}

Result<std::vector<Filter::Truth>> Filter::judge(const Batch& batch) const {
  if (parts_.empty()) return compare_all(batch);
  MP_ASSIGN(std::vector<Truth> truths, parts_[0].judge(batch));
  if (form_ == "not") {
    for (Truth& truth : truths) {
      if (truth != Truth::kUnknown) truth = truth == Truth::kYes ? Truth::kNo : Truth::kYes;
    }
    return truths;
  }
  const Truth decides = form_ == "and" ? Truth::kNo : Truth::kYes;
  for (std::size_t i = 1; i < parts_.size(); ++i) {
    MP_ASSIGN(const std::vector<Truth> others, parts_[i].judge(batch));
    for (std::size_t row = 0; row < truths.size(); ++row) {
      if (truths[row] == decides || others[row] == decides)
        truths[row] = decides;
      else if (others[row] == Truth::kUnknown)
        truths[row] = Truth::kUnknown;
    }
  }
  return truths;
}

bool Filter::holds(int order) const {
  if (order == 2) return form_ == "!=";
  if (form_ == "==" || form_ == "in") return order == 0;
  if (form_ == "!=") return order != 0;
  if (form_ == "<") return order < 0;
  if (form_ == "<=") return order <= 0;
  if (form_ == ">") return order > 0;
  return order >= 0;
}

Result<std::vector<Filter::Truth>> Filter::compare_all(const Batch& batch) const {
  const auto column = batch->GetColumnByName(column_);
  if (!column) return not_found("no such column: ", column_);
  std::vector<Truth> truths(static_cast<std::size_t>(batch->num_rows()), Truth::kNo);
  for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
    Truth& truth = truths[static_cast<std::size_t>(row)];
    if (form_ == "null") {
      truth = column->IsNull(row) ? Truth::kYes : Truth::kNo;
      continue;
    }
    if (column->IsNull(row)) {
      truth = Truth::kUnknown;
      continue;
    }
    const Cell cell = cell_of(*column, row);
    const bool taken = std::any_of(values_.begin(), values_.end(), [&](const Value& value) {
      if (const auto* flag = std::get_if<bool>(&value)) return holds(order_of(cell.flag, *flag));
      if (const auto* number = std::get_if<double>(&value)) return holds(order_of(cell.number, *number));
      if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        return holds(cell.whole ? order_of(cell.integer, *integer)
                                : order_of(cell.number, static_cast<double>(*integer)));
      }
      const std::string_view text = std::get<std::string>(value);
      if (form_ == "contains") return cell.text.find(text) != std::string_view::npos;
      if (form_ == "starts") return cell.text.starts_with(text);
      return holds(order_of(cell.text, text));
    });
    if (taken) truth = Truth::kYes;
  }
  return truths;
}

}  // namespace millpond::python
