// millpond sql: queries over the tables of the pond.

#include <unistd.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include "cli/command.h"
#include "cli/shell.h"
#include "cli/sql_output.h"
#include "cli/sql_prompt.h"
#include "millpond/sql/session.h"
#include "sql/sql_text.h"

namespace millpond::cli {
namespace {

Result<std::string> script_of(const Arguments& arguments) {
  if (const std::string& file = arguments.options.text("file"); !file.empty()) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return not_found("no such file: ", file);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  if (!arguments.word("query").empty() && arguments.word("query") != "-") return arguments.word("query");
  std::ostringstream text;
  text << std::cin.rdbuf();
  return text.str();
}

Status run_sql(const Arguments& arguments, Shell& shell) {
  sql::SessionOptions options;
  options.at = arguments.options.text("at");
  options.write = arguments.options.flag("write");
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const OutputChoice output,
            OutputChoice::of(arguments.options.text("format"), arguments.options.text("output"),
                             arguments.options.flag("force"), shell));
  MP_ASSIGN(const auto session, sql::Session::open(pond, options, shell.context()));
  const bool ask =
      arguments.word("query").empty() && arguments.options.text("file").empty() && ::isatty(STDIN_FILENO) == 1;
  if (ask) return run_sql_prompt(*session, output, shell);
  MP_ASSIGN(const std::string script, script_of(arguments));
  const std::vector<std::string> statements = sql::statements_of(script);
  if (statements.empty()) return invalid("there is no statement to run").hint("millpond sql \"select ...\"");
  for (const std::string& statement : statements) {
    MP_ASSIGN(sql::Outcome outcome, session->run(statement, shell.context()));
    MP_TRY(show_outcome(outcome, output, shell, shell.context()));
  }
  return {};
}

}  // namespace

const CommandDef kSql = {
    .name = "sql",
    .summary = "Query the tables of the pond, and join them with files and databases.",
    .details =
        "Without a query: a prompt, or the statements on standard input. A name such as \"chunks@2026-01-31\" "
        "(in double quotes) is a table at a time.\nNeeds DuckDB's library: ./dev install --sql.",
    .arguments = {{"query", "Statements, divided by semicolons.", false, false}},
    .options = {{"at", "", "Read every table as it was: a snapshot's id, or a time such as 2026-01-31."},
                {"format", "", "table, json, jsonl, csv, arrow or parquet; otherwise by the file's name, or table."},
                {"output", "", "Write the rows to this file."},
                {"force", false, "Replace a file that is there."},
                {"write", false, "Let statements change the pond, attached databases and files."},
                {"file", "", "Run the statements of this file."}},
    .run = run_sql,
};

}  // namespace millpond::cli
