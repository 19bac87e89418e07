#include "sql/fixed_bytes.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/type.h>

#include "core/arrow_status.h"

namespace millpond::sql {

Result<std::shared_ptr<arrow::Array>> to_fixed_bytes(const arrow::Array& column,
                                                     const std::shared_ptr<arrow::DataType>& type) {
  const auto* bytes = dynamic_cast<const arrow::BinaryArray*>(&column);
  if (bytes == nullptr) return internal("expected bytes, got ", column.type()->ToString());
  arrow::FixedSizeBinaryBuilder fixed(type);
  MP_TRY(from_arrow(fixed.Reserve(column.length())));
  for (std::int64_t row = 0; row < column.length(); ++row) {
    if (bytes->IsNull(row)) {
      MP_TRY(from_arrow(fixed.AppendNull()));
      continue;
    }
    const std::string_view value = bytes->GetView(row);
    if (value.size() != static_cast<std::size_t>(fixed.byte_width())) {
      return invalid("a value should have ", fixed.byte_width(), " bytes, not ", value.size());
    }
    MP_TRY(from_arrow(fixed.Append(value)));
  }
  return from_arrow(fixed.Finish());
}

}  // namespace millpond::sql
