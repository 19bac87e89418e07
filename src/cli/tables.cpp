// millpond tables, log, runs, rejects: what is in the pond, and how it came to be.

#include <arrow/array/array_primitive.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/arrow_json.h"
#include "cli/command.h"
#include "cli/shell.h"
#include "millpond/flow/lookup.h"
#include "pond/state.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;

/// All rows of one of millpond's own tables; these are small.
Result<std::vector<Batch>> own_rows(pond::Pond& pond, const std::string& name, Context& context) {
  MP_ASSIGN(const bool there, pond.has_table(name));
  if (!there) return std::vector<Batch>();
  MP_ASSIGN(const pond::Table table, pond.table(name));
  MP_ASSIGN(const auto files, table.files());
  return flow::read_all(table, pond::parts_of(files), {}, context);
}

Status show_one(const pond::Pond& pond, const std::string& name, Shell& shell) {
  MP_ASSIGN(const pond::Table table, pond.table(name));
  std::vector<std::vector<std::string>> rows;
  ordered_json columns = ordered_json::array();
  for (const pond::IcebergField& field : table.state()->metadata.schema().fields) {
    const std::string type = pond::type_name(field.type);
    rows.push_back({field.name, type, field.required ? "required" : ""});
    columns.push_back({{"name", field.name}, {"type", type}, {"required", field.required}});
  }
  shell.table({"column", "type", ""}, rows);
  shell.line(shell.dim("metadata: " + table.metadata_location()));
  shell.result({{"table", name}, {"columns", columns}, {"metadata", table.metadata_location()}});
  return {};
}

Status run_tables(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const auto pond, shell.open_pond());
  if (!arguments.word("table").empty()) return show_one(*pond, arguments.word("table"), shell);
  MP_ASSIGN(const auto names, pond->tables());
  std::vector<std::vector<std::string>> rows;
  ordered_json list = ordered_json::array();
  std::vector<std::string> unread;
  for (const std::string& name : names) {
    const auto opened = pond->table(name);
    if (opened.status().code() == Code::kUnsupported) {
      unread.push_back(name + " is for other engines only: " + opened.status().message());
      list.push_back({{"table", name}, {"unsupported", opened.status().message()}});
      continue;
    }
    MP_TRY(Status(opened.status()));
    const pond::Table& table = *opened;
    MP_ASSIGN(const std::int64_t count, table.rows());
    MP_ASSIGN(const auto files, table.files());
    std::int64_t size_bytes = 0;
    for (const pond::LiveFile& live : files) size_bytes += live.file.size_bytes;
    const auto current = table.current();
    rows.push_back({name, human_count(count), human_count(static_cast<std::int64_t>(files.size())),
                    human_bytes(size_bytes), human_count(static_cast<std::int64_t>(table.snapshots().size())),
                    current ? time_text(current->timestamp_ms * 1000) : "never"});
    ordered_json each = {{"table", name},
                         {"rows", count},
                         {"files", files.size()},
                         {"size_bytes", size_bytes},
                         {"snapshots", table.snapshots().size()},
                         {"metadata", table.metadata_location()}};
    if (current) each["snapshot"] = current->id;
    list.push_back(std::move(each));
  }
  if (list.empty()) shell.line("No tables yet: millpond build.");
  if (!rows.empty()) shell.table({"table", "rows", "files", "size", "snapshots", "last commit (UTC)"}, rows);
  for (const std::string& line : unread) shell.note(line);
  shell.result({{"tables", list}});
  return {};
}

Status run_log(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const auto names, pond->tables());
  const std::string& only = arguments.word("table");
  struct Entry {
    std::string table;
    pond::Snapshot snapshot;
  };
  std::vector<Entry> entries;
  for (const std::string& name : names) {
    if (!only.empty() && name != only) continue;
    const auto table = pond->table(name);
    if (only.empty() && table.status().code() == Code::kUnsupported) continue;
    MP_TRY(Status(table.status()));
    for (pond::Snapshot& snapshot : table->snapshots()) entries.push_back({name, std::move(snapshot)});
  }
  if (!only.empty() && std::find(names.begin(), names.end(), only) == names.end()) {
    return not_found("no such table: ", only).hint("`millpond tables` lists them.");
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.snapshot.timestamp_ms > b.snapshot.timestamp_ms; });
  const auto limit = static_cast<std::size_t>(std::max<std::int64_t>(0, arguments.options.integer("limit")));
  if (entries.size() > limit) entries.resize(limit);
  std::vector<std::vector<std::string>> rows;
  ordered_json list = ordered_json::array();
  for (const Entry& entry : entries) {
    const auto count = [&](const char* key) {
      const auto found = entry.snapshot.summary.find(key);
      return found == entry.snapshot.summary.end() ? std::string() : found->second;
    };
    rows.push_back({time_text(entry.snapshot.timestamp_ms * 1000), entry.table, std::to_string(entry.snapshot.id),
                    entry.snapshot.operation, count("added-records"), count("added-position-deletes"),
                    count("total-records")});
    list.push_back({{"table", entry.table},
                    {"snapshot", entry.snapshot.id},
                    {"at", entry.snapshot.at()},
                    {"operation", entry.snapshot.operation},
                    {"summary", entry.snapshot.summary}});
  }
  if (rows.empty()) shell.line("No commits yet: millpond build.");
  if (!rows.empty()) shell.table({"time (UTC)", "table", "snapshot", "operation", "added", "deleted", "total"}, rows);
  shell.result({{"log", list}});
  return {};
}

std::int64_t started_us(const Batch& runs, std::int64_t row) {
  const auto column = runs->GetColumnByName("started");
  const auto* times = dynamic_cast<const arrow::TimestampArray*>(column.get());
  return times && times->IsValid(row) ? times->Value(row) : 0;
}

Status run_runs(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const auto batches, own_rows(*pond, "runs", shell.context()));
  std::vector<std::pair<Batch, std::int64_t>> rows;
  for (const Batch& batch : batches)
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) rows.emplace_back(batch, row);
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return started_us(a.first, a.second) > started_us(b.first, b.second);
  });
  const auto limit = static_cast<std::size_t>(std::max<std::int64_t>(0, arguments.options.integer("limit")));
  if (rows.size() > limit) rows.resize(limit);
  std::vector<std::vector<std::string>> cells;
  ordered_json list = ordered_json::array();
  for (const auto& [batch, row] : rows) {
    const auto count = [&, b = batch, r = row](const char* name) { return human_count(number_at(b, name, r)); };
    ordered_json object = to_json(batch, row);
    cells.push_back({text_at(batch, "run", row), text_at(batch, "table", row), text_at(batch, "status", row),
                     count("rows_in"), count("rows_out"), count("rows_reused"), count("rows_deleted"),
                     count("rows_dropped"), count("rows_rejected"),
                     human_seconds(object["seconds"].is_number() ? object["seconds"].get<double>() : 0),
                     text_at(batch, "message", row)});
    list.push_back(std::move(object));
  }
  if (cells.empty()) shell.line("No runs yet: millpond build.");
  if (!cells.empty()) {
    shell.table({"run", "table", "status", "in", "out", "reused", "deleted", "dropped", "rejected", "time", "message"},
                cells);
  }
  shell.result({{"runs", list}});
  return {};
}

Status run_rejects(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const auto batches, own_rows(*pond, "rejects", shell.context()));
  const auto limit = static_cast<std::size_t>(std::max<std::int64_t>(0, arguments.options.integer("limit")));
  ordered_json list = ordered_json::array();
  std::size_t total = 0;
  for (const Batch& batch : batches) {
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      if (total++ >= limit) continue;
      list.push_back(to_json(batch, row));
      shell.line(shell.bold(human_path(text_at(batch, "uri", row))));
      shell.line("  " + text_at(batch, "table", row) + ", step " + text_at(batch, "step", row) + ": " +
                 text_at(batch, "code", row) + ": " + text_at(batch, "reason", row));
    }
  }
  if (total == 0) shell.line("Nothing was rejected.");
  if (total > limit) shell.line("… and " + human_count(static_cast<std::int64_t>(total - limit)) + " more: --limit N");
  if (total > 0)
    shell.line(shell.dim("A row is tried again when it or the step changes, or with millpond build --retry-rejects."));
  shell.result({{"rejects", list}, {"total", total}});
  return {};
}

const Option kLimit{"limit", 20, "Show at most so many."};

}  // namespace

const CommandDef kTables = {
    .name = "tables",
    .summary = "List the tables, or the columns of one.",
    .details = "Every table is an Iceberg table: any engine that reads Iceberg reads it by its metadata file.",
    .arguments = {{"table", "A table; its columns are listed.", false, false}},
    .options = {},
    .run = run_tables};
const CommandDef kLog = {.name = "log",
                         .summary = "Show the commits of all tables, or of one, newest first.",
                         .details = {},
                         .arguments = {{"table", "Only this table.", false, false}},
                         .options = {kLimit},
                         .run = run_log};
const CommandDef kRuns = {.name = "runs",
                          .summary = "Show what each build did to each table, newest first.",
                          .details = {},
                          .arguments = {},
                          .options = {kLimit},
                          .run = run_runs};
const CommandDef kRejects = {.name = "rejects",
                             .summary = "Show what could not be processed, and why.",
                             .details = {},
                             .arguments = {},
                             .options = {kLimit},
                             .run = run_rejects};

}  // namespace millpond::cli
