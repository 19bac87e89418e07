// Keeps one row of those whose columns are equal.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "core/arrow_status.h"
#include "curate/keep_one.h"
#include "curate/normal_form.h"
#include "millpond/fold.h"

namespace millpond::curate {
namespace {

Result<std::shared_ptr<arrow::Array>> normal_form(const std::shared_ptr<arrow::Array>& column) {
  if (column->type_id() != arrow::Type::STRING) return column;
  const auto& texts = static_cast<const arrow::StringArray&>(*column);
  arrow::StringBuilder builder;
  std::string normal;
  for (std::int64_t row = 0; row < texts.length(); ++row) {
    if (texts.IsNull(row)) {
      MP_TRY(from_arrow(builder.AppendNull()));
      continue;
    }
    normal.clear();
    append_normal(texts.GetView(row), normal);
    MP_TRY(from_arrow(builder.Append(normal)));
  }
  return from_arrow(builder.Finish());
}

Result<std::vector<RowId>> key_ids(const Batch& rows, const Options& options) {
  const std::vector<std::string>& by = options.list("by");
  if (!options.flag("normalise")) return hash_rows(rows, by, {});
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (const std::string& name : by) {
    const auto column = rows->GetColumnByName(name);
    if (!column) return invalid("no such column: ", name);
    MP_ASSIGN(auto normal, normal_form(column));
    fields.push_back(arrow::field(name, normal->type()));
    columns.push_back(std::move(normal));
  }
  return hash_rows(arrow::RecordBatch::Make(arrow::schema(std::move(fields)), rows->num_rows(), std::move(columns)), by,
                   {});
}

Result<std::unique_ptr<Fold>> make(const Options& options) {
  if (options.list("by").empty()) return invalid("`by` names no column").hint("Such as `by: [text]`.");
  return keep_one([options](const Batch& rows) { return key_ids(rows, options); },
                  {options.text("keep"), options.text("of")});
}

}  // namespace

MILLPOND_FOLD(dedup_exact) = {
    .name = "dedup_exact",
    .summary =
        "Keeps one of rows that are equal in some columns, the first by default, and counts the others. Compares "
        "128-bit hashes.",
    .version = 1,
    .reads = {},
    .adds = {{"duplicates", int32(), true}},
    .options = {{"by", std::vector<std::string>{"text"}, "Rows are equal if these columns are; nulls are equal."},
                {"normalise", false,
                 "Texts are equal but for the case of ASCII letters and the amount of white space."},
                Option("keep", "first",
                       "Who stays: the `first` row, the `longest` text, the `highest` value of a column (`best`: of "
                       "numbers, `newest`: of times).")
                    .one_of(keep_choices()),
                {"of", "text", "The column that `keep` looks at; of equal rows the first stays."}},
    .keys = [](const Options& options) { return options.list("by"); },
    .make = make,
    .key_ids = key_ids,
};

}  // namespace millpond::curate
