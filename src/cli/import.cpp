// millpond import: files of other origins as a table of the pond.

#include "millpond/sql/import.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/shell.h"

namespace millpond::cli {
namespace {

/// "data/City Names.csv.gz" → "city_names", "sales/metadata/v3.metadata.json" → "sales".
std::string name_from(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  if (path.ends_with(".metadata.json")) {
    for (int level = 0; level < 2; ++level) path.resize(std::min(path.size(), path.rfind('/')));
  }
  const std::string_view last = std::string_view(path).substr(path.rfind('/') + 1);
  std::string name;
  for (const char c : last.substr(0, last.find('.', 1))) {
    const auto byte = static_cast<unsigned char>(c);
    name += std::isalnum(byte) != 0 && byte < 128 ? static_cast<char>(std::tolower(byte)) : '_';
  }
  return name;
}

Status run_import(const Arguments& arguments, Shell& shell) {
  std::string table = arguments.options.text("as");
  if (table.empty()) table = name_from(arguments.word("path"));
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
  if (report.files_named > 0) line += ", files named where they are: " + human_count(report.files_named);
  shell.line(line);
  if (report.files_named > 0) {
    shell.note("the files stay the other table's: keep them while this table names them (--copy makes it independent)");
  }
  if (!report.why_rewritten.empty()) shell.note("written anew, because " + report.why_rewritten);
  shell.result({{"table", table},
                {"rows", report.rows},
                {"files_linked", report.files_linked},
                {"files_named", report.files_named},
                {"snapshots", report.snapshots},
                {"why_rewritten", report.why_rewritten}});
  return {};
}

}  // namespace

const CommandDef kImport = {
    .name = "import",
    .summary = "Make a table of CSV, JSON lines or Parquet files, or of a Delta or Iceberg table.",
    .details =
        "Parquet files are linked, not written anew, where their types allow it. Of an Iceberg table, the pond's table "
        "names the files where they are. The rest needs DuckDB's library: ./dev install --sql.",
    .arguments = {{"path", "A file, a folder of files of one kind, or an Iceberg table's folder or metadata file."}},
    .options = {{"as", "", "The table; otherwise by the name of the file or folder."},
                {"format", "", "parquet, csv, jsonl, delta or iceberg; otherwise by the files' names."},
                {"append", false, "Add to the rows of a table that is there."},
                {"replace", false, "Replace the rows of a table that is there."},
                {"copy", false, "Write rows anew even where the files could be taken as they are."}},
    .run = run_import,
};

}  // namespace millpond::cli
