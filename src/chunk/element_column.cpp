#include "chunk/element_column.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_nested.h>
#include <arrow/array/array_primitive.h>

namespace millpond::chunk {
namespace {

/// A field of a struct array if it is there and of the wanted type. The parent keeps it alive.
template <class ArrayType>
const ArrayType* field_of(const arrow::StructArray& parent, const char* name) {
  const int index = parent.struct_type()->GetFieldIndex(name);
  return index < 0 ? nullptr : dynamic_cast<const ArrayType*>(parent.field(index).get());
}

template <class ArrayType, class Value>
Value value_or(const ArrayType* array, std::int64_t at, Value otherwise) {
  return array == nullptr || array->IsNull(at) ? otherwise : array->Value(at);
}

bool is_time_mark(std::string_view text) {
  return text.size() > 2 && text.front() == '[' && text.back() == ']' &&
         text.substr(1, text.size() - 2).find_first_not_of("0123456789:") == text.npos;
}

}  // namespace

Status read_elements(const arrow::Array& column, std::int64_t row, std::vector<Element>& out) {
  out.clear();
  const auto* list = dynamic_cast<const arrow::ListArray*>(&column);
  const auto* items = list ? dynamic_cast<const arrow::StructArray*>(list->values().get()) : nullptr;
  const auto* kind = items ? field_of<arrow::StringArray>(*items, "kind") : nullptr;
  const auto* text = items ? field_of<arrow::StringArray>(*items, "text") : nullptr;
  if (kind == nullptr || text == nullptr)
    return corrupt("elements are not a list of structs: ", column.type()->ToString());
  const auto* level = field_of<arrow::Int32Array>(*items, "level");
  const auto* page = field_of<arrow::Int32Array>(*items, "page");
  const auto* box = field_of<arrow::StructArray>(*items, "box");
  const arrow::FloatArray* corners[4] = {};
  static constexpr const char* kCorners[] = {"x0", "y0", "x1", "y1"};
  for (int i = 0; box != nullptr && i < 4; ++i) corners[i] = field_of<arrow::FloatArray>(*box, kCorners[i]);

  const std::int64_t end = list->value_offset(row) + list->value_length(row);
  out.reserve(static_cast<std::size_t>(list->value_length(row)));
  for (std::int64_t i = list->value_offset(row); i < end; ++i) {
    Element& element = out.emplace_back();
    if (!kind->IsNull(i)) element.kind = kind_from_name(kind->GetView(i));
    if (!text->IsNull(i)) element.text = text->GetView(i);
    // A picture of a film without words is its time alone, which says nothing in a passage.
    if (!kind->IsNull(i) && kind->GetView(i) == "figure" && is_time_mark(element.text)) element.kind = Kind::kSkipped;
    element.level = value_or(level, i, 0);
    element.page = value_or(page, i, 0);
    if (box != nullptr && !box->IsNull(i)) {
      element.box = {value_or(corners[0], i, 0.f), value_or(corners[1], i, 0.f), value_or(corners[2], i, 0.f),
                     value_or(corners[3], i, 0.f)};
    }
  }
  return {};
}

}  // namespace millpond::chunk
