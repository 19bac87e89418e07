#include "millpond/sql/import.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <filesystem>

#include "millpond/pond/adopt.h"
#include "millpond/sql/session.h"
#include "pond/file_io.h"
#include "sql/delta_log.h"
#include "sql/parquet_files.h"
#include "sql/pond_write.h"
#include "sql/sql_text.h"

namespace millpond::sql {
namespace {

namespace fs = std::filesystem;

/// By the name, less what says that it is compressed; empty if the name says nothing.
std::string format_of(const fs::path& path) {
  fs::path name = path.filename();
  if (name.extension() == ".gz" || name.extension() == ".zst") name = name.stem();
  const std::string ending = name.extension().string();
  if (ending == ".parquet" || ending == ".pq") return "parquet";
  if (ending == ".csv" || ending == ".tsv") return "csv";
  if (ending == ".jsonl" || ending == ".ndjson" || ending == ".json") return "jsonl";
  return {};
}

struct Files {
  std::string format;
  std::vector<std::string> paths;
};

/// One file, or those of a folder in the order of their names.
Result<Files> find_files(const std::string& path, const std::string& format) {
  std::error_code failure;
  if (!fs::exists(path, failure)) return not_found("no such file or folder: ", path);
  if (fs::is_directory(fs::path(path) / "_delta_log", failure)) return Files{"delta", {path}};
  if (!fs::is_directory(path, failure))
    return Files{format.empty() ? format_of(path) : format, {fs::absolute(path).string()}};
  Files files{format, {}};
  for (auto entry = fs::recursive_directory_iterator(path, failure);
       !failure && entry != fs::recursive_directory_iterator(); entry.increment(failure)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with('.') || name.starts_with('_')) {
      entry.disable_recursion_pending();
      continue;
    }
    const std::string kind = format_of(entry->path());
    if (!entry->is_regular_file() || kind.empty()) continue;
    if (files.format.empty()) files.format = kind;
    if (kind == files.format) files.paths.push_back(fs::absolute(entry->path()).string());
  }
  if (failure) return os_error(failure.value(), "cannot list", path);
  std::sort(files.paths.begin(), files.paths.end());
  if (files.paths.empty()) return not_found("no file to import in the folder: ", path);
  return files;
}

std::string list_of(const std::vector<std::string>& paths) {
  std::string text;
  for (const std::string& path : paths) text += (text.empty() ? "[" : ", ") + quoted_text(path);
  return text + "]";
}

/// The log's lines out of a checkpoint, for a table whose first commits are gone.
Result<std::string> lines_of_checkpoint(Session& session, const std::vector<std::string>& files, Context& context) {
  MP_ASSIGN(Outcome outcome,
            session.run("SELECT CAST(to_json({protocol: protocol, \"metaData\": \"metaData\", add: add}) AS "
                        "VARCHAR) FROM read_parquet(" +
                            list_of(files) + ")",
                        context));
  std::string lines;
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, outcome.rows->next(context));
    if (!batch) return lines;
    const auto& text = static_cast<const arrow::StringArray&>(*(*batch)->column(0));
    for (std::int64_t row = 0; row < text.length(); ++row) lines += std::string(text.GetView(row)) + '\n';
  }
}

Result<DeltaLog> read_delta_log(Session& session, const fs::path& folder, Context& context) {
  std::vector<std::string> commits, checkpoints;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(folder, failure)) {
    const std::string name = entry.path().filename().string();
    if (name.size() < 20 || name.find_first_not_of("0123456789") != 20) continue;
    if (name.size() == 25 && name.ends_with(".json")) commits.push_back(entry.path().string());
    if (name.ends_with(".parquet") && name.find(".checkpoint.") == 20) checkpoints.push_back(entry.path().string());
  }
  if (failure) return os_error(failure.value(), "cannot list", folder.string());
  std::sort(commits.begin(), commits.end());
  std::sort(checkpoints.begin(), checkpoints.end());
  const auto version = [](const std::string& path) {
    return std::stoull(fs::path(path).filename().string().substr(0, 20));
  };
  DeltaLog log;
  unsigned long long next = 0;
  if ((commits.empty() || version(commits[0]) != 0) && !checkpoints.empty()) {
    next = version(checkpoints.back());
    std::erase_if(checkpoints, [&](const std::string& path) { return version(path) != next; });
    MP_ASSIGN(const std::string lines, lines_of_checkpoint(session, checkpoints, context));
    MP_TRY(log.take(lines, checkpoints[0]));
    ++next;
  }
  for (const std::string& commit : commits) {
    if (version(commit) < next) continue;
    if (version(commit) != next++) return corrupt("the Delta log lacks a version before: ", commit);
    MP_ASSIGN(const std::string text, pond::read_file(commit));
    MP_TRY(log.take(text, commit));
  }
  if (log.schema_json().empty()) return corrupt("the Delta log has no schema: ", folder.string());
  return log;
}

/// The rows of the files, and of each file the partition's values, which only the log has.
std::string select_delta(const DeltaLog& log, const fs::path& folder, const std::vector<std::string>& paths) {
  if (log.partition_columns().empty()) return "SELECT * FROM read_parquet(" + list_of(paths) + ", union_by_name=true)";
  std::string values, columns;
  for (const std::string& name : log.partition_columns()) columns += ", p." + quoted_name(name);
  for (const auto& [key, file] : log.files()) {
    values += (values.empty() ? "(" : ", (") + quoted_text((folder / file.path).string());
    for (const std::string& name : log.partition_columns()) {
      const auto value = file.partition.find(name);
      const bool null = value == file.partition.end() || !value->second;
      values += ", " + (null ? std::string("NULL") : quoted_text(*value->second));
    }
    values += ")";
  }
  std::string names = "filename";
  for (const std::string& name : log.partition_columns()) names += ", " + quoted_name(name);
  return "SELECT f.* EXCLUDE (filename)" + columns + " FROM read_parquet(" + list_of(paths) +
         ", union_by_name=true, filename=true, hive_partitioning=false) f JOIN (VALUES " + values + ") p(" + names +
         ") USING (filename)";
}

Result<std::string> select_of(Session& session, const Files& files, Context& context) {
  if (files.format == "parquet") return "SELECT * FROM read_parquet(" + list_of(files.paths) + ", union_by_name=true)";
  if (files.format == "csv") return "SELECT * FROM read_csv(" + list_of(files.paths) + ", union_by_name=true)";
  if (files.format == "jsonl") {
    return "SELECT * FROM read_json(" + list_of(files.paths) +
           ", format='auto', union_by_name=true, maximum_object_size=67108864)";
  }
  const fs::path folder = fs::absolute(files.paths[0]);
  MP_ASSIGN(const DeltaLog log, read_delta_log(session, folder / "_delta_log", context));
  std::vector<std::string> paths;
  for (const auto& [key, file] : log.files()) paths.push_back((folder / file.path).string());
  if (paths.empty()) return unsupported("the Delta table has no rows: ", folder.string());
  return select_delta(log, folder, paths);
}

Result<ImportReport> import_iceberg(pond::Pond& pond, const std::string& path, const std::string& table,
                                    const ImportOptions& options, Context& context) {
  if (options.append || options.replace) {
    return unsupported("an Iceberg table becomes a new table, not rows of another: ", path)
        .hint("Import it under a name of its own; INSERT INTO ... SELECT copies rows.");
  }
  MP_ASSIGN(const pond::AdoptReport adopted, pond::adopt_table(pond, table, path, {.copy = options.copy}, context));
  ImportReport report;
  report.rows = adopted.rows;
  report.iceberg = adopted.metadata;
  report.files_named = options.copy ? 0 : adopted.files;
  report.snapshots = options.copy ? 1 : adopted.snapshots;
  report.format_version = adopted.format_version;
  return report;
}

}  // namespace

Result<ImportReport> import_files(std::shared_ptr<pond::Pond> pond, const std::string& path, const std::string& table,
                                  const ImportOptions& options, Context& context) {
  if (options.format == "iceberg" || (options.format.empty() && pond::is_iceberg_table(path)))
    return import_iceberg(*pond, path, table, options, context);
  MP_ASSIGN(const Files files, find_files(path, options.format));
  if (files.format != "parquet" && files.format != "csv" && files.format != "jsonl" && files.format != "delta") {
    return invalid("the name does not say what the file is: ", path)
        .hint("--format: parquet, csv, jsonl, delta or iceberg.");
  }
  MP_ASSIGN(const bool there, pond->has_table(table));
  if (there && !options.append && !options.replace) {
    return Status(Code::kAlreadyExists, "the table exists: " + table)
        .hint("--append adds to its rows, --replace replaces them.");
  }
  std::int64_t before = 0;
  if (there && options.append) {
    MP_ASSIGN(const pond::Table now, pond->table(table));
    MP_ASSIGN(before, now.rows());
  }
  ImportReport report;
  if (files.format == "parquet" && !options.copy) {
    MP_ASSIGN(const ForeignParquets found, look_at_parquet(files.paths));
    report.why_rewritten = found.why_not;
    if (found.why_not.empty() && !(there && options.replace)) {
      MP_ASSIGN(pond::Table target,
                there ? pond->table(table) : pond->create_table(table, found.schema, exact_columns(found.columns)));
      auto taken = take_parquet(std::move(target), found, false, context);
      if (!taken.ok()) {
        if (!there) (void)pond->drop_table(table);
        return std::move(taken).status();
      }
      report.files_linked = static_cast<std::int64_t>(found.files.size());
    }
  }
  if (report.files_linked == 0) {
    SessionOptions writing;
    writing.write = true;
    MP_ASSIGN(const auto session, Session::open(pond, writing, context));
    MP_ASSIGN(const std::string select, select_of(*session, files, context));
    const std::string name = quoted_name(table);
    const std::string statement = there && options.append ? "INSERT INTO " + name + " BY NAME " + select
                                                          : "CREATE OR REPLACE TABLE " + name + " AS " + select;
    MP_TRY(session->run(statement, context));
  }
  MP_ASSIGN(const pond::Table after, pond->table(table));
  MP_ASSIGN(report.rows, after.rows());
  report.rows -= before;
  return report;
}

}  // namespace millpond::sql
