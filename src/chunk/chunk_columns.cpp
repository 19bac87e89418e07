#include "chunk/chunk_columns.h"

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>

#include <algorithm>

namespace millpond::chunk {
namespace {

/// Appends one value to the builder of `boxes`.
arrow::Status append_boxes(arrow::ArrayBuilder* builder, const std::vector<PageBox>& boxes) {
  auto* list = dynamic_cast<arrow::ListBuilder*>(builder);
  auto* item = list ? dynamic_cast<arrow::StructBuilder*>(list->value_builder()) : nullptr;
  if (item == nullptr) return arrow::Status::Invalid("boxes are of another type");
  ARROW_RETURN_NOT_OK(list->Append());
  for (const PageBox& box : boxes) {
    ARROW_RETURN_NOT_OK(item->Append());
    ARROW_RETURN_NOT_OK(static_cast<arrow::Int32Builder*>(item->field_builder(0))->Append(box.page));
    const float corners[] = {box.box.x0, box.box.y0, box.box.x1, box.box.y1};
    for (int i = 0; i < 4; ++i) {
      ARROW_RETURN_NOT_OK(static_cast<arrow::FloatBuilder*>(item->field_builder(i + 1))->Append(corners[i]));
    }
  }
  return arrow::Status::OK();
}

Type boxes_type() {
  return list(
      structure({{"page", int32()}, {"x0", float32()}, {"y0", float32()}, {"x1", float32()}, {"y1", float32()}}));
}

}  // namespace

Type elements_type() {
  const Type box = structure({{"x0", float32()}, {"y0", float32()}, {"x1", float32()}, {"y1", float32()}});
  return list(structure(
      {{"kind", utf8()}, {"level", int32()}, {"text", utf8()}, {"page", int32()}, {"box", box}, {"html", utf8()}}));
}

Schema chunk_columns() {
  return {{"ordinal", int32()},       {"text", utf8()},           {"heading_path", list(utf8())},
          {"titles", list(int32())},  {"first_element", int32()}, {"last_element", int32()},
          {"first_char", int32()},    {"last_char", int32()},     {"first_page", int32()},
          {"last_page", int32()},     {"boxes", boxes_type()},    {"tokens", int32()},
          {"parent_ordinal", int32()}};
}

Status emit_chunk(const Chunk& chunk, std::int32_t ordinal, std::int64_t row, Output& out,
                  const std::function<void(Row&)>& set_more) {
  Row made = out.emit(row);
  made.set("ordinal", ordinal)
      .set("text", chunk.text)
      .set("heading_path", std::span<const std::string>(chunk.heading_path))
      .set("titles", std::span<const std::int32_t>(chunk.titles))
      .set("first_element", chunk.first_element)
      .set("last_element", chunk.last_element)
      .set("first_char", chunk.first_char)
      .set("last_char", chunk.last_char)
      .set("first_page", chunk.first_page)
      .set("last_page", chunk.last_page)
      .set("tokens", chunk.tokens);
  if (chunk.parent >= 0) made.set("parent_ordinal", chunk.parent);
  if (set_more) set_more(made);
  const arrow::Status appended = append_boxes(out.builder("boxes"), chunk.boxes);
  return appended.ok() ? Status() : exhausted("column boxes: ", appended.message());
}

Status reserve_text(const std::vector<Element>& elements, Output& out) {
  std::int64_t size_bytes = 0;
  for (const Element& element : elements) size_bytes += static_cast<std::int64_t>(element.text.size());
  constexpr std::int64_t kLargeBytes = 1 << 20;
  auto* text = dynamic_cast<arrow::StringBuilder*>(out.builder("text"));
  if (text == nullptr || size_bytes < kLargeBytes) return {};
  const arrow::Status status = text->ReserveData(size_bytes);
  return status.ok() ? Status() : exhausted("column text: ", status.message());
}

Result<Rules> rules_of(const Options& options, Mode mode) {
  const auto bounded = [&](std::string_view name) {
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(options.integer(name), -1, 2'000'000));
  };
  Rules rules;
  rules.mode = mode;
  rules.tokens_max = bounded("tokens_max");
  rules.tokens_min = std::min(bounded("tokens_min"), rules.tokens_max);
  rules.tokens_overlap = bounded("tokens_overlap");
  MP_TRY(Chunker::make(nullptr, rules));
  return rules;
}

}  // namespace millpond::chunk
