// Arrow values and schemas as plain Python objects.

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "arrow_edge.h"
#include "core/arrow_status.h"
#include "millpond/schema.h"

namespace millpond::python {
namespace {

nb::object text(std::string_view value) { return nb::str(value.data(), value.size()); }

/// Texts may hold invalid UTF-8 from outside; such a byte shows as U+FFFD.
nb::object lenient_text(std::string_view value) {
  return nb::steal(PyUnicode_DecodeUTF8(value.data(), static_cast<Py_ssize_t>(value.size()), "replace"));
}

nb::object elements(const arrow::Array& values, std::int64_t begin, std::int64_t length) {
  nb::list list;
  for (std::int64_t i = begin; i < begin + length; ++i) list.append(to_python(values, i));
  return list;
}

nb::object fields_of(const arrow::StructArray& array, std::int64_t row) {
  nb::dict fields;
  for (int i = 0; i < array.num_fields(); ++i) {
    fields[text(array.struct_type()->field(i)->name())] = to_python(*array.field(i), row);
  }
  return fields;
}

nb::object time_of(const arrow::TimestampArray& array, std::int64_t row) {
  const nb::object datetime = nb::module_::import_("datetime");
  const nb::object epoch = datetime.attr("datetime")(1970, 1, 1, 0, 0, 0, 0, datetime.attr("timezone").attr("utc"));
  return epoch + datetime.attr("timedelta")(0, 0, array.Value(row));
}

nb::object date_of(const arrow::Date32Array& array, std::int64_t row) {
  const nb::object datetime = nb::module_::import_("datetime");
  return datetime.attr("date")(1970, 1, 1) + datetime.attr("timedelta")(array.Value(row));
}

}  // namespace

nb::object to_python(const arrow::Array& array, std::int64_t row) {
  if (array.IsNull(row)) return nb::none();
  switch (array.type_id()) {
    case arrow::Type::BOOL: return nb::bool_(static_cast<const arrow::BooleanArray&>(array).Value(row));
    case arrow::Type::INT32: return nb::int_(static_cast<const arrow::Int32Array&>(array).Value(row));
    case arrow::Type::INT64: return nb::int_(static_cast<const arrow::Int64Array&>(array).Value(row));
    case arrow::Type::FLOAT: return nb::float_(static_cast<const arrow::FloatArray&>(array).Value(row));
    case arrow::Type::DOUBLE: return nb::float_(static_cast<const arrow::DoubleArray&>(array).Value(row));
    case arrow::Type::STRING: return lenient_text(static_cast<const arrow::StringArray&>(array).GetView(row));
    case arrow::Type::BINARY: {
      const std::string_view bytes = static_cast<const arrow::BinaryArray&>(array).GetView(row);
      return nb::bytes(bytes.data(), bytes.size());
    }
    case arrow::Type::FIXED_SIZE_BINARY: {
      const std::string_view bytes = static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row);
      return nb::bytes(bytes.data(), bytes.size());
    }
    case arrow::Type::TIMESTAMP: return time_of(static_cast<const arrow::TimestampArray&>(array), row);
    case arrow::Type::DATE32: return date_of(static_cast<const arrow::Date32Array&>(array), row);
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapArray&>(array);
      nb::dict entries;
      for (std::int64_t i = map.value_offset(row); i < map.value_offset(row) + map.value_length(row); ++i)
        entries[to_python(*map.keys(), i)] = to_python(*map.items(), i);
      return entries;
    }
    case arrow::Type::LIST: {
      const auto& list = static_cast<const arrow::ListArray&>(array);
      return elements(*list.values(), list.value_offset(row), list.value_length(row));
    }
    case arrow::Type::STRUCT: return fields_of(static_cast<const arrow::StructArray&>(array), row);
    default: raise(unsupported("no Python value for the type ", array.type()->ToString()));
  }
}

nb::dict to_python(const Batch& batch, std::int64_t row) {
  nb::dict values;
  for (int i = 0; i < batch->num_columns(); ++i)
    values[text(batch->column_name(i))] = to_python(*batch->column(i), row);
  return values;
}

nb::list to_python(const Schema& schema) {
  nb::list list;
  for (const Field& field : schema)
    list.append(nb::make_tuple(text(field.name), text(field.type.to_string()), field.required));
  return list;
}

}  // namespace millpond::python
