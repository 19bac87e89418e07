// millpond rows, files: single rows of a table, and the files that a condition leaves.

#include <arrow/record_batch.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "cli/arrow_json.h"
#include "cli/command.h"
#include "cli/shell.h"
#include "millpond/pond/lookup.h"
#include "millpond/pond/plan.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;

std::vector<std::string> listed(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

std::optional<std::int64_t> whole(const std::string& text) {
  std::int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Numbers stay text where the column is one of text.
pond::FilterValue key_value(const pond::Table& table, const std::string& column, const std::string& text) {
  const Field* field = find_field(table.schema(), column);
  const bool number =
      field == nullptr || field->type.kind == Type::Kind::kInt32 || field->type.kind == Type::Kind::kInt64;
  if (const auto value = whole(text); number && value) return *value;
  return text;
}

Status run_rows(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const pond::Table table, pond->table(arguments.word("table")));
  pond::LookupOptions options;
  options.column = arguments.options.text("by");
  options.columns = listed(arguments.options.text("columns"));
  if (const std::string& at = arguments.options.text("at"); !at.empty()) {
    MP_ASSIGN(const pond::Snapshot snapshot, table.snapshot_at(at));
    options.snapshot = snapshot.id;
  }
  Batch batch;
  if (options.column == "place") {
    std::vector<std::int64_t> places;
    for (const std::string& word : arguments.all("key")) {
      const auto place = whole(word);
      if (!place) return invalid("a place is a number, counted from 0: ", word);
      places.push_back(*place);
    }
    MP_ASSIGN(batch, pond::take(table, places, options, shell.context()));
  } else {
    std::vector<pond::FilterValue> keys;
    for (const std::string& word : arguments.all("key")) keys.push_back(key_value(table, options.column, word));
    MP_ASSIGN(batch, pond::lookup(table, keys, options, shell.context()));
  }
  ordered_json list = ordered_json::array();
  for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
    ordered_json each = to_json(batch, row);
    if (!shell.json) shell.line(each.dump(2, ' ', false, ordered_json::error_handler_t::replace));
    list.push_back(std::move(each));
  }
  if (list.empty()) return not_found("no row of table ", table.name(), " has this key: ", arguments.word("key"));
  shell.result({{"table", table.name()}, {"rows", list}});
  return {};
}

Status run_files(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const pond::Table table, pond->table(arguments.word("table")));
  pond::PlanOptions options;
  if (const std::string& at = arguments.options.text("at"); !at.empty()) {
    MP_ASSIGN(const pond::Snapshot snapshot, table.snapshot_at(at));
    options.snapshot = snapshot.id;
  }
  const std::string& where = arguments.options.text("where");
  MP_ASSIGN(const pond::Filter filter,
            where.empty() ? Result<pond::Filter>(pond::Filter()) : pond::parse_filter(where));
  MP_ASSIGN(const pond::FilePlan plan, pond::plan_files(table, filter, options, shell.context()));
  std::vector<std::vector<std::string>> rows;
  ordered_json list = ordered_json::array();
  for (const pond::LiveFile& live : plan.files) {
    rows.push_back({live.file.path.substr(live.file.path.rfind('/') + 1), human_count(live.live_rows()),
                    human_count(live.file.rows - live.live_rows()), human_bytes(live.file.size_bytes)});
    list.push_back({{"path", live.file.path},
                    {"rows", live.live_rows()},
                    {"deleted", live.file.rows - live.live_rows()},
                    {"size_bytes", live.file.size_bytes}});
  }
  if (!rows.empty()) shell.table({"file", "rows", "deleted", "size"}, rows);
  shell.line(human_count(static_cast<std::int64_t>(rows.size())) + " of " + human_count(plan.files_in_manifests) +
             " files, from " + human_count(plan.manifests_read) + " of " + human_count(plan.manifests) + " manifests");
  shell.result({{"table", table.name()},
                {"files", list},
                {"files_in_manifests", plan.files_in_manifests},
                {"manifests", plan.manifests},
                {"manifests_read", plan.manifests_read}});
  return {};
}

}  // namespace

const CommandDef kRows = {
    .name = "rows",
    .summary = "Print single rows of a table, by their key.",
    .details =
        "The first look into a data file leaves a list of its keys beside the search indexes; after that a row is read "
        "without the rest of its file. Bytes, as in _row, are written in hexadecimal digits.",
    .arguments = {{"table", "The table."}, {"key", "Keys, in the order in which the rows come.", true, true}},
    .options = {{"by", "_row", "The column of the keys; `place` counts the table's rows from 0."},
                {"columns", "", "Only these, with commas between."},
                {"at", "", "A snapshot, a branch, a tag or a time."}},
    .run = run_rows,
};

const CommandDef kFiles = {
    .name = "files",
    .summary = "List the data files of a table, or those that a condition leaves to be read.",
    .details = "Files are left out by their partitions and by the bounds of their columns; nothing of them is read.",
    .arguments = {{"table", "The table."}},
    .options = {{"where", "", "A condition as in SQL: \"day >= '2026-01-01' and k in (1, 2)\"."},
                {"at", "", "A snapshot, a branch, a tag or a time."}},
    .run = run_files,
};

}  // namespace millpond::cli
