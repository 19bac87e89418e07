#include "millpond/blob.h"

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>

#include <algorithm>

#include "core/arrow_status.h"

namespace millpond {

Type blob() { return structure({{"sha256", utf8()}, {"size_bytes", int64()}, {"media_type", utf8()}}); }

bool is_blob(const Type& type) {
  if (type.kind != Type::Kind::kStruct || type.children.size() != 3) return false;
  const auto is = [&](std::size_t i, std::string_view name, Type::Kind kind) {
    return type.children[i].name == name && type.children[i].type.kind == kind;
  };
  // SQL makes `{'size_bytes': 1000, ...}` an int32.
  const bool size = is(1, "size_bytes", Type::Kind::kInt64) || is(1, "size_bytes", Type::Kind::kInt32);
  return is(0, "sha256", Type::Kind::kUtf8) && size && is(2, "media_type", Type::Kind::kUtf8);
}

bool has_blobs(const Type& type) {
  return is_blob(type) || std::any_of(type.children.begin(), type.children.end(),
                                      [](const Field& child) { return has_blobs(child.type); });
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

namespace {
Status nowhere() { return unavailable("nothing keeps blobs here").hint("A build does: run this step in one."); }
}  // namespace

Result<BlobRef> Blobs::put(std::string_view, std::string_view) { return nowhere(); }
Result<std::string> Blobs::get(const BlobRef&, std::int64_t) { return nowhere(); }
Result<BlobRef> Blobs::put_file(const std::string&, std::string_view, Context&) { return nowhere(); }

Status append(arrow::ArrayBuilder* builder, const BlobRef* ref) {
  auto* row = dynamic_cast<arrow::StructBuilder*>(builder);
  if (row == nullptr || row->num_children() != 3) return internal("the builder is not of a column of blobs");
  if (ref == nullptr) return from_arrow(row->AppendNull());
  auto* sha256 = dynamic_cast<arrow::StringBuilder*>(row->field_builder(0));
  auto* size = dynamic_cast<arrow::Int64Builder*>(row->field_builder(1));
  auto* media_type = dynamic_cast<arrow::StringBuilder*>(row->field_builder(2));
  if (sha256 == nullptr || size == nullptr || media_type == nullptr)
    return internal("the builder is not of a column of blobs");
  MP_TRY(from_arrow(row->Append()));
  MP_TRY(from_arrow(sha256->Append(ref->sha256)));
  MP_TRY(from_arrow(size->Append(ref->size_bytes)));
  return from_arrow(media_type->Append(ref->media_type));
}

}  // namespace millpond
