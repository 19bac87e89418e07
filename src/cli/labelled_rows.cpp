#include "cli/labelled_rows.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include <algorithm>

#include "cli/shell.h"
#include "millpond/schema.h"
#include "millpond/stream.h"

namespace millpond::cli {
namespace {

/// A column, or an entry of a map column, as texts.
class TextOf {
 public:
  explicit TextOf(const std::string& name) : column_(name.substr(0, name.find('.'))) {
    if (const std::size_t dot = name.find('.'); dot != std::string::npos) key_ = name.substr(dot + 1);
  }
  const std::string& column() const { return column_; }

  Status start(const Batch& batch) {
    array_ = batch->GetColumnByName(column_);
    if (array_ == nullptr) return not_found("the table has no such column: ", column_);
    const auto type = array_->type_id();
    if (key_.empty() ? type == arrow::Type::LIST || type == arrow::Type::STRUCT || type == arrow::Type::MAP
                     : type != arrow::Type::MAP) {
      return invalid(key_.empty() ? "not a column of plain values: " : "not a column of maps: ", column_)
          .hint("An entry of a map is named attributes.topic.");
    }
    return {};
  }

  /// False if it is null.
  bool at(std::int64_t row, std::string& out) const {
    if (array_->IsNull(row)) return false;
    if (array_->type_id() == arrow::Type::STRING) {
      out = static_cast<const arrow::StringArray&>(*array_).GetView(row);
      return true;
    }
    if (array_->type_id() != arrow::Type::MAP) {
      const auto scalar = array_->GetScalar(row);
      if (!scalar.ok()) return false;
      out = (*scalar)->ToString();
      return true;
    }
    const auto& map = static_cast<const arrow::MapArray&>(*array_);
    const auto keys = std::dynamic_pointer_cast<arrow::StringArray>(map.keys());
    const auto items = std::dynamic_pointer_cast<arrow::StringArray>(map.items());
    for (auto i = map.value_offset(row); keys && items && i < map.value_offset(row + 1); ++i) {
      if (keys->GetView(i) != key_ || items->IsNull(i)) continue;
      out = items->GetView(i);
      return true;
    }
    return false;
  }

 private:
  std::string column_, key_;
  std::shared_ptr<arrow::Array> array_;
};

}  // namespace

Result<LabelledRows> labelled_rows(const std::string& name, const std::string& text, const std::string& label,
                                   std::int64_t rows_max, Shell& shell) {
  Context& context = shell.context();
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const pond::Table table, pond->table(name));
  const auto snapshot = table.current();
  if (!snapshot) return not_found("the table has no rows yet: ", name).hint("`millpond build` makes them.");
  LabelledRows out;
  out.source = "table " + name + ", snapshot " + std::to_string(snapshot->id);
  TextOf texts(text), labels(label), ids(find_field(table.schema(), "id") != nullptr ? "id" : "_row");
  pond::ScanOptions scan;
  scan.columns = {texts.column()};
  for (const TextOf* each : {&labels, &ids}) {
    if (each->column().empty() || std::count(scan.columns.begin(), scan.columns.end(), each->column()) > 0) continue;
    if (each == &ids && find_field(table.schema(), ids.column()) == nullptr) continue;
    scan.columns.push_back(each->column());
  }
  MP_ASSIGN(const auto stream, table.scan(scan, context));
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, stream->next(context));
    if (!batch) break;
    MP_TRY(texts.start(*batch));
    if (!label.empty()) MP_TRY(labels.start(*batch));
    const bool has_ids = ids.start(*batch).ok();
    for (std::int64_t row = 0; row < (*batch)->num_rows(); ++row) {
      if (rows_max > 0 && static_cast<std::int64_t>(out.rows.size()) >= rows_max) return out;
      curate::LabelledText each;
      std::string id;
      if (!texts.at(row, each.text) || each.text.empty() || (!label.empty() && !labels.at(row, each.label))) {
        ++out.without;
        continue;
      }
      if (has_ids) ids.at(row, id);
      out.rows.push_back(std::move(each));
      out.ids.push_back(std::move(id));
    }
  }
  if (out.rows.empty()) return not_found("no row with a text and a label in the table ", name);
  return out;
}

}  // namespace millpond::cli
