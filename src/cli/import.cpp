// millpond import: files of other origins as a table of the pond.

#include "millpond/sql/import.h"

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/shell.h"

namespace millpond::cli {
namespace {

Status run_import(const Arguments& arguments, Shell& shell) {
  const std::string& table = arguments.options.text("as");
  if (table.empty()) return invalid("the table has no name").hint("millpond import FILE --as NAME");
  sql::ImportOptions options;
  options.format = arguments.options.text("format");
  options.append = arguments.options.flag("append");
  options.replace = arguments.options.flag("replace");
  options.copy = arguments.options.flag("copy");
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const sql::ImportReport report,
            sql::import_files(pond, arguments.word("path"), table, options, shell.context()));
  std::string line = human_count(report.rows) + (report.rows == 1 ? " row" : " rows") + " into " + table;
  if (report.files_linked > 0) line += ", files taken as they are: " + human_count(report.files_linked);
  shell.line(line);
  if (!report.why_rewritten.empty()) shell.note("written anew, because " + report.why_rewritten);
  shell.result({{"table", table},
                {"rows", report.rows},
                {"files_linked", report.files_linked},
                {"why_rewritten", report.why_rewritten}});
  return {};
}

}  // namespace

const CommandDef kImport = {
    .name = "import",
    .summary = "Make a table of CSV, JSON lines or Parquet files, or of a Delta table.",
    .details =
        "Parquet files are linked, not written anew, where their types allow it. Needs DuckDB's library for the "
        "rest: ./dev install --sql.",
    .arguments = {{"path", "A file, or a folder of files of one kind."}},
    .options = {{"as", "", "The table."},
                {"format", "", "parquet, csv, jsonl or delta; otherwise by the files' names."},
                {"append", false, "Add to the rows of a table that is there."},
                {"replace", false, "Replace the rows of a table that is there."},
                {"copy", false, "Write Parquet anew even where its files could be taken as they are."}},
    .run = run_import,
};

}  // namespace millpond::cli
