// Keeps one row of those whose columns are equal.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <unordered_map>

#include "core/arrow_status.h"
#include "core/take.h"
#include "millpond/fold.h"

namespace millpond::curate {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// ASCII letters in lower case, runs of white space as one space, none at the ends.
void append_normal(std::string_view text, std::string& out) {
  const std::size_t begin = out.size();
  bool gap = false;
  for (const char c : text) {
    if (is_space(c)) {
      gap = out.size() > begin;
      continue;
    }
    if (gap) out += ' ';
    gap = false;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
}

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

class DedupExact final : public Fold {
 public:
  explicit DedupExact(const Options& options) : options_(options) {}

  Status absorb(const Batch& rows, Context&) override {
    MP_ASSIGN(const std::vector<RowId> ids, key_ids(rows, options_));
    return keep_new(rows, ids, std::vector<std::int32_t>(ids.size(), 0));
  }

  Status merge(Fold&& other, Context&) override {
    auto& later = static_cast<DedupExact&>(other);
    std::size_t first = 0;
    for (const Batch& rows : later.kept_) {
      const auto count = static_cast<std::size_t>(rows->num_rows());
      const std::vector<RowId> ids(later.ids_.begin() + first, later.ids_.begin() + first + count);
      const std::vector<std::int32_t> others(later.others_.begin() + first, later.others_.begin() + first + count);
      MP_TRY(keep_new(rows, ids, others));
      first += count;
    }
    return {};
  }

  Result<std::vector<Batch>> finish(Context&) override {
    std::vector<Batch> results;
    std::size_t row = 0;
    for (const Batch& rows : kept_) {
      arrow::Int32Builder duplicates;
      const auto count = static_cast<std::size_t>(rows->num_rows());
      MP_TRY(from_arrow(duplicates.AppendValues(others_.data() + row, rows->num_rows())));
      row += count;
      MP_ASSIGN(auto column, from_arrow(duplicates.Finish()));
      auto columns = rows->columns();
      columns.push_back(std::move(column));
      arrow::FieldVector fields = rows->schema()->fields();
      fields.push_back(arrow::field("duplicates", arrow::int32(), false));
      results.push_back(
          arrow::RecordBatch::Make(arrow::schema(std::move(fields)), rows->num_rows(), std::move(columns)));
    }
    return results;
  }

 private:
  /// `others`: how many rows stand behind each row already, besides itself.
  Status keep_new(const Batch& rows, const std::vector<RowId>& ids, const std::vector<std::int32_t>& others) {
    std::vector<std::int64_t> fresh;
    for (std::size_t row = 0; row < ids.size(); ++row) {
      const auto [entry, is_new] = place_.try_emplace(ids[row], others_.size());
      if (is_new) {
        fresh.push_back(static_cast<std::int64_t>(row));
        others_.push_back(others[row]);
        ids_.push_back(ids[row]);
      } else {
        others_[entry->second] += 1 + others[row];
      }
    }
    if (fresh.empty()) return {};
    if (static_cast<std::int64_t>(fresh.size()) == rows->num_rows()) {
      kept_.push_back(rows);
      return {};
    }
    MP_ASSIGN(Batch taken, take(rows, fresh));  // a copy: a slice would keep the duplicates' bytes alive
    kept_.push_back(std::move(taken));
    return {};
  }

  const Options options_;
  std::unordered_map<RowId, std::size_t, RowIdHash> place_;
  std::vector<RowId> ids_;            // of each kept row
  std::vector<std::int32_t> others_;  // of each kept row: how many others it stands for
  std::vector<Batch> kept_;
};

Result<std::unique_ptr<Fold>> make(const Options& options) {
  if (options.list("by").empty()) return invalid("`by` names no column").hint("Such as `by: [text]`.");
  return std::make_unique<DedupExact>(options);
}

}  // namespace

MILLPOND_FOLD(dedup_exact) = {
    .name = "dedup_exact",
    .summary =
        "Keeps the first of rows that are equal in some columns, and counts the others. Compares 128-bit hashes.",
    .version = 1,
    .reads = {},
    .adds = {{"duplicates", int32(), true}},
    .options = {{"by", std::vector<std::string>{"text"}, "Rows are equal if these columns are; nulls are equal."},
                {"normalise", false,
                 "Texts are equal but for the case of ASCII letters and the amount of white space."}},
    .keys = [](const Options& options) { return options.list("by"); },
    .make = make,
    .key_ids = key_ids,
};

}  // namespace millpond::curate
