#include <arrow/array/array_binary.h>
#include <arrow/array/array_nested.h>
#include <arrow/array/array_primitive.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>

#include "core/arrow_status.h"
#include "millpond/extract/encoded_document.h"

namespace millpond::extract {
namespace {

/// The child of a struct array, if it has the wanted type.
template <class ArrayType>
const ArrayType* child(const arrow::StructArray& parent, const char* name) {
  const int index = parent.struct_type()->GetFieldIndex(name);
  return index < 0 ? nullptr : dynamic_cast<const ArrayType*>(parent.field(index).get());
}

struct ElementColumns {
  const arrow::StringArray* kind;
  const arrow::Int32Array* level;
  const arrow::StringArray* text;
  const arrow::Int32Array* page;
  const arrow::StructArray* box;
  const arrow::StringArray* html;
  const arrow::FloatArray* corners[4] = {};

  explicit ElementColumns(const arrow::StructArray& items)
      : kind(child<arrow::StringArray>(items, "kind")),
        level(child<arrow::Int32Array>(items, "level")),
        text(child<arrow::StringArray>(items, "text")),
        page(child<arrow::Int32Array>(items, "page")),
        box(child<arrow::StructArray>(items, "box")),
        html(child<arrow::StringArray>(items, "html")) {
    static constexpr const char* kCorners[] = {"x0", "y0", "x1", "y1"};
    for (int i = 0; box && i < 4; ++i) corners[i] = child<arrow::FloatArray>(*box, kCorners[i]);
  }

  bool complete() const {
    return kind && level && text && page && box && html && corners[0] && corners[1] && corners[2] && corners[3];
  }

  ElementView at(std::int64_t i) const {
    ElementView e;
    e.kind = kind_from_name(kind->IsNull(i) ? std::string_view("paragraph") : kind->GetView(i));
    e.level = level->IsNull(i) ? 0 : level->Value(i);
    if (!text->IsNull(i)) e.text = text->GetView(i);
    e.page = page->IsNull(i) ? 0 : page->Value(i);
    if (!box->IsNull(i)) {
      e.box = {corners[0]->Value(i), corners[1]->Value(i), corners[2]->Value(i), corners[3]->Value(i)};
    }
    if (!html->IsNull(i)) e.html = html->GetView(i);
    return e;
  }
};

struct ElementBuilders {
  arrow::StringBuilder* kind;
  arrow::Int32Builder* level;
  arrow::StringBuilder* text;
  arrow::Int32Builder* page;
  arrow::StructBuilder* box;
  arrow::StringBuilder* html;

  explicit ElementBuilders(arrow::StructBuilder* item)
      : kind(dynamic_cast<arrow::StringBuilder*>(item->field_builder(0))),
        level(dynamic_cast<arrow::Int32Builder*>(item->field_builder(1))),
        text(dynamic_cast<arrow::StringBuilder*>(item->field_builder(2))),
        page(dynamic_cast<arrow::Int32Builder*>(item->field_builder(3))),
        box(dynamic_cast<arrow::StructBuilder*>(item->field_builder(4))),
        html(dynamic_cast<arrow::StringBuilder*>(item->field_builder(5))) {}

  bool complete() const { return kind && level && text && page && box && box->num_fields() == 4 && html; }

  arrow::Status reserve(std::int64_t rows, std::int64_t text_bytes) const {
    for (arrow::ArrayBuilder* builder :
         {static_cast<arrow::ArrayBuilder*>(kind), static_cast<arrow::ArrayBuilder*>(text),
          static_cast<arrow::ArrayBuilder*>(box)}) {
      ARROW_RETURN_NOT_OK(builder->Reserve(rows));
    }
    // A builder that grows by itself holds up to three times its content while it grows.
    constexpr std::int64_t kLargeBytes = 1 << 20;
    return text_bytes > kLargeBytes ? text->ReserveData(text_bytes) : arrow::Status::OK();
  }

  arrow::Status append(const ElementView& e) const {
    ARROW_RETURN_NOT_OK(kind->Append(kind_name(e.kind)));
    ARROW_RETURN_NOT_OK(level->Append(e.level));
    ARROW_RETURN_NOT_OK(text->Append(e.text));
    ARROW_RETURN_NOT_OK(page->Append(e.page));
    if (e.box.empty()) {
      ARROW_RETURN_NOT_OK(box->AppendNull());
    } else {
      ARROW_RETURN_NOT_OK(box->Append());
      const float corners[] = {e.box.x0, e.box.y0, e.box.x1, e.box.y1};
      for (int i = 0; i < 4; ++i) {
        ARROW_RETURN_NOT_OK(static_cast<arrow::FloatBuilder*>(box->field_builder(i))->Append(corners[i]));
      }
    }
    return e.html.empty() ? html->AppendNull() : html->Append(e.html);
  }
};

}  // namespace

Status append_elements(const EncodedDocument& document, arrow::ArrayBuilder* builder) {
  auto* list = dynamic_cast<arrow::ListBuilder*>(builder);
  auto* item = list ? dynamic_cast<arrow::StructBuilder*>(list->value_builder()) : nullptr;
  if (!item || item->num_fields() != 6) return invalid("the builder is not one of `elements`");
  const ElementBuilders builders(item);
  if (!builders.complete()) return invalid("the builder is not one of `elements`");
  arrow::Status status = builders.reserve(document.elements(), document.text_bytes());
  status &= list->Append();
  document.for_each_element([&](const ElementView& e) {
    if (!status.ok()) return;
    status &= item->Append();
    status &= builders.append(e);
  });
  return from_arrow(status);
}

Status read_elements(const arrow::Array& column, std::int64_t row, std::vector<ElementView>& out) {
  out.clear();
  const auto* list = dynamic_cast<const arrow::ListArray*>(&column);
  const auto* items = list ? dynamic_cast<const arrow::StructArray*>(list->values().get()) : nullptr;
  if (!items) return corrupt("column `elements` is not a list of structs: ", column.type()->ToString());
  if (list->IsNull(row)) return {};
  const ElementColumns columns(*items);
  if (!columns.complete()) return corrupt("column `elements` lacks fields: ", column.type()->ToString());
  const std::int64_t begin = list->value_offset(row), end = list->value_offset(row + 1);
  out.reserve(static_cast<std::size_t>(end - begin));
  for (std::int64_t i = begin; i < end; ++i) out.push_back(columns.at(i));
  return {};
}

}  // namespace millpond::extract
