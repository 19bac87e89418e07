#include "curate/repeats/repeat_cutter.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>

#include "core/arrow_status.h"
#include "core/take.h"

namespace millpond::curate {
namespace {

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }

std::shared_ptr<arrow::DataType> repeats_type() { return to_arrow(repeats_added().back().type); }

}  // namespace

/// The repeats without the pieces of characters at the ends of each stretch of them.
void RepeatCutter::cuts_of(std::string_view text) {
  const std::vector<Repeat>& repeats = found_;
  cuts_.clear();
  for (std::size_t i = 0, next; i < repeats.size(); i = next) {
    std::int64_t begin = repeats[i].begin, end = begin + repeats[i].size;
    for (next = i + 1; next < repeats.size() && repeats[next].begin == end; ++next) end += repeats[next].size;
    const auto size = static_cast<std::int64_t>(text.size());
    while (begin < end && !begins_character(text[static_cast<std::size_t>(begin)])) ++begin;
    while (end > begin && end < size && !begins_character(text[static_cast<std::size_t>(end)])) --end;
    for (std::size_t each = i; each < next; ++each) {
      const std::int64_t from = std::max(begin, repeats[each].begin);
      const std::int64_t to = std::min(end, repeats[each].begin + repeats[each].size);
      if (from >= to) continue;
      cuts_.push_back({from, to, repeats[each].first_text, repeats[each].first_begin + from - repeats[each].begin});
    }
  }
}

Result<Batch> RepeatCutter::cut(const Batch& rows, const Find& find, const Name& name) {
  const int place = rows->schema()->GetFieldIndex("text");
  const auto column = rows->column(place);
  const auto& texts = static_cast<const arrow::StringArray&>(*column);
  std::unique_ptr<arrow::ArrayBuilder> repeats;
  MP_TRY(from_arrow(arrow::MakeBuilder(arrow::default_memory_pool(), repeats_type(), &repeats)));
  arrow::StringBuilder rests;
  arrow::Int64Builder sizes;
  std::vector<std::int64_t> kept;
  for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
    const std::string_view text = texts.GetView(row);
    MP_TRY(find(row, text, found_));
    cuts_of(text);
    const std::int64_t cut_bytes = rest_of(text);
    if (remove_ && cut_bytes > 0 && rest_.find_first_not_of(" \t\r\n\f\v") == std::string::npos) continue;
    kept.push_back(row);
    MP_TRY(from_arrow(sizes.Append(cut_bytes)));
    MP_TRY(append_cuts(name, static_cast<arrow::ListBuilder&>(*repeats)));
    if (remove_) MP_TRY(from_arrow(texts.IsNull(row) ? rests.AppendNull() : rests.Append(rest_)));
  }
  MP_ASSIGN(const Batch taken, take(rows, kept));
  auto columns = taken->columns();
  arrow::FieldVector fields = taken->schema()->fields();
  if (remove_) { MP_ASSIGN(columns[static_cast<std::size_t>(place)], from_arrow(rests.Finish())); }
  fields.push_back(arrow::field("repeated_bytes", arrow::int64(), false));
  MP_ASSIGN(auto size_column, from_arrow(sizes.Finish()));
  columns.push_back(std::move(size_column));
  fields.push_back(arrow::field("repeats", repeats_type()));
  MP_ASSIGN(auto repeat_column, from_arrow(repeats->Finish()));
  columns.push_back(std::move(repeat_column));
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), taken->num_rows(), std::move(columns));
}

/// What is left of the text goes into `rest_`; the bytes that are cut.
std::int64_t RepeatCutter::rest_of(std::string_view text) {
  rest_.clear();
  std::int64_t at = 0, cut_bytes = 0;
  for (const Cut& cut : cuts_) {
    rest_.append(text, static_cast<std::size_t>(at), static_cast<std::size_t>(cut.begin - at));
    cut_bytes += cut.end - cut.begin;
    at = cut.end;
  }
  rest_.append(text, static_cast<std::size_t>(at));
  return cut_bytes;
}

Status RepeatCutter::append_cuts(const Name& name, arrow::ListBuilder& builder) {
  MP_TRY(from_arrow(builder.Append()));
  auto& item = static_cast<arrow::StructBuilder&>(*builder.value_builder());
  const auto number = [&](int field, std::int64_t value) {
    return from_arrow(static_cast<arrow::Int64Builder*>(item.field_builder(field))->Append(value));
  };
  for (const Cut& cut : cuts_) {
    MP_TRY(from_arrow(item.Append()));
    MP_TRY(number(0, cut.begin));
    MP_TRY(number(1, cut.end - cut.begin));
    if (cut.first_text < 0) {
      MP_TRY(from_arrow(item.field_builder(2)->AppendNull()));
      MP_TRY(from_arrow(item.field_builder(3)->AppendNull()));
      continue;
    }
    MP_TRY(name(cut.first_text, first_name_));
    MP_TRY(from_arrow(static_cast<arrow::StringBuilder*>(item.field_builder(2))->Append(first_name_)));
    MP_TRY(number(3, cut.first_begin));
  }
  return {};
}

Result<std::shared_ptr<arrow::StringArray>> name_column(const Batch& rows, const std::string& asked) {
  const auto texts = [&](const std::string& name) {
    return std::dynamic_pointer_cast<arrow::StringArray>(rows->GetColumnByName(name));
  };
  if (asked.empty()) {
    auto found = texts("id");
    return found ? found : texts("uri");
  }
  auto found = texts(asked);
  if (!found) return invalid("no such column of texts: ", asked).hint("`name` names rows.");
  return found;
}

Schema repeats_added() {
  return {{"repeated_bytes", int64(), true},
          {"repeats", list(structure({{"begin", int64(), true},
                                      {"size", int64(), true},
                                      {"first_in", utf8(), false},
                                      {"first_at", int64(), false}}))}};
}

std::vector<Option> with_repeat_options(std::vector<Option> options) {
  options.emplace_back("drop", true,
                       "Texts without their repeats; a row of which nothing is left goes. `false` only marks them, in "
                       "`repeats`: where in the text, how long, and which row has it first, at which byte.");
  options.emplace_back("name", "", "The column of texts that names rows in `repeats`; `id`, else `uri`, else numbers.");
  return options;
}

}  // namespace millpond::curate
