#include "millpond/blob_column.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_nested.h>
#include <arrow/array/array_primitive.h>

namespace millpond {
namespace {

std::string text_of(const std::shared_ptr<arrow::Array>& field, std::int64_t row) {
  const auto* texts = dynamic_cast<const arrow::StringArray*>(field.get());
  return texts && !texts->IsNull(row) ? texts->GetString(row) : std::string();
}

}  // namespace

Result<BlobColumn> BlobColumn::of(const Input& in, std::string_view name) {
  BlobColumn out;
  out.column_ = in.column(name);
  const auto* structs = dynamic_cast<const arrow::StructArray*>(out.column_.get());
  if (!structs || !structs->GetFieldByName("sha256")) return invalid("not a column of blobs: ", name);
  return out;
}

bool BlobColumn::null(std::int64_t row) const { return column_->IsNull(row); }

BlobRef BlobColumn::operator[](std::int64_t row) const {
  const auto& structs = static_cast<const arrow::StructArray&>(*column_);
  BlobRef ref{text_of(structs.GetFieldByName("sha256"), row), 0, text_of(structs.GetFieldByName("media_type"), row)};
  const auto size = structs.GetFieldByName("size_bytes");
  if (const auto* wide = dynamic_cast<const arrow::Int64Array*>(size.get())) ref.size_bytes = wide->Value(row);
  if (const auto* narrow = dynamic_cast<const arrow::Int32Array*>(size.get())) ref.size_bytes = narrow->Value(row);
  return ref;
}

}  // namespace millpond
