#include "curate/pii/finding_list.h"

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>

#include <array>

#include "core/arrow_status.h"
#include "curate/words/char_classes.h"

namespace millpond::curate {
namespace {

arrow::Status append_list(std::string_view text, const std::vector<PiiFinding>& found, arrow::ArrayBuilder* builder) {
  auto* list = dynamic_cast<arrow::ListBuilder*>(builder);
  auto* each = dynamic_cast<arrow::StructBuilder*>(list->value_builder());
  auto* kind = dynamic_cast<arrow::StringBuilder*>(each->field_builder(0));
  auto* first_char = dynamic_cast<arrow::Int32Builder*>(each->field_builder(1));
  auto* last_char = dynamic_cast<arrow::Int32Builder*>(each->field_builder(2));
  auto* confidence = dynamic_cast<arrow::FloatBuilder*>(each->field_builder(3));
  ARROW_RETURN_NOT_OK(list->Append());
  std::size_t at = 0;
  std::int32_t chars = 0;
  for (const PiiFinding& finding : found) {
    chars += static_cast<std::int32_t>(count_chars(text.substr(at, finding.begin - at)));
    ARROW_RETURN_NOT_OK(each->Append());
    ARROW_RETURN_NOT_OK(kind->Append(info_of(finding.kind).name));
    ARROW_RETURN_NOT_OK(first_char->Append(chars));
    chars += static_cast<std::int32_t>(count_chars(text.substr(finding.begin, finding.end - finding.begin)));
    ARROW_RETURN_NOT_OK(last_char->Append(chars));
    ARROW_RETURN_NOT_OK(confidence->Append(finding.confidence));
    at = finding.end;
  }
  return arrow::Status::OK();
}

arrow::Status append_counts(const std::vector<PiiFinding>& found, arrow::ArrayBuilder* builder) {
  std::array<std::int64_t, kPiiKinds> counts{};
  for (const PiiFinding& finding : found) ++counts[static_cast<std::size_t>(finding.kind)];
  auto* map = dynamic_cast<arrow::MapBuilder*>(builder);
  auto* kind = dynamic_cast<arrow::StringBuilder*>(map->key_builder());
  auto* count = dynamic_cast<arrow::Int64Builder*>(map->item_builder());
  ARROW_RETURN_NOT_OK(map->Append());
  for (const PiiKindInfo& info : pii_kinds()) {
    const std::int64_t of_kind = counts[static_cast<std::size_t>(info.kind)];
    if (of_kind == 0) continue;
    ARROW_RETURN_NOT_OK(kind->Append(info.name));
    ARROW_RETURN_NOT_OK(count->Append(of_kind));
  }
  return arrow::Status::OK();
}

}  // namespace

Type finding_list_type() {
  return list(
      structure({{"kind", utf8()}, {"first_char", int32()}, {"last_char", int32()}, {"confidence", float32()}}));
}

Type kind_counts_type() { return map(utf8(), int64()); }

Status append_findings(std::string_view text, const std::vector<PiiFinding>& found, arrow::ArrayBuilder* builder) {
  return from_arrow(append_list(text, found, builder));
}

Status append_kind_counts(const std::vector<PiiFinding>& found, arrow::ArrayBuilder* builder) {
  return from_arrow(append_counts(found, builder));
}

}  // namespace millpond::curate
