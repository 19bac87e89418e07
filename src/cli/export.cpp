// millpond export: a table, or some columns of it, as one file.

#include <arrow/record_batch.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/shell.h"
#include "millpond/registry.h"
#include "millpond/sink.h"

namespace millpond::cli {
namespace {

Result<std::vector<std::string>> columns_of(const std::vector<std::string>& names, const pond::Table& table) {
  for (const std::string& name : names) {
    if (find_field(table.schema(), name)) continue;
    return not_found("table ", table.name(), " has no column: ", name)
        .hint("`millpond tables " + table.name() + "` lists them.");
  }
  return names;
}

Result<const SinkDef*> sink_for(const std::string& format, const std::string& file) {
  std::string name = format;
  if (name.empty()) {
    const std::string ending = std::filesystem::path(file).extension().string();
    name = ending.size() > 1 && find_sink(ending.substr(1)) ? ending.substr(1) : "jsonl";
  }
  if (const SinkDef* def = find_sink(name)) return def;
  std::string names;
  for (const SinkDef* def : sinks()) names += (names.empty() ? "" : ", ") + std::string(def->name);
  return invalid("no such format: ", name).hint("There are: " + names + ".");
}

/// `name=value` of --set, as the types of the format's options.
Result<std::map<std::string, OptionValue>> settings_of(const std::vector<std::string>& words, const SinkDef& def) {
  std::map<std::string, OptionValue> settings;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) return invalid("--set takes name=value, not: ", word);
    const std::string name = word.substr(0, equals), value = word.substr(equals + 1);
    const auto declared =
        std::find_if(def.options.begin(), def.options.end(), [&](const Option& option) { return option.name == name; });
    settings[name] = value;
    if (declared == def.options.end()) continue;  // `resolve` says which there are
    if (std::holds_alternative<bool>(declared->default_value)) settings[name] = value == "true";
    if (std::holds_alternative<std::int64_t>(declared->default_value)) {
      std::int64_t number = 0;
      const auto parsed = std::from_chars(value.data(), value.data() + value.size(), number);
      if (parsed.ec != std::errc() || parsed.ptr != value.data() + value.size()) {
        return invalid("not a whole number: ", word);
      }
      settings[name] = number;
    }
  }
  return settings;
}

/// How many tokens there are, and how full packed blocks are, as the shards' own description says.
Status tell_tokens(const std::string& folder, nlohmann::ordered_json& report, Shell& shell) {
  std::ifstream file(folder + "/tokens.json");
  const auto form = nlohmann::ordered_json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!form.is_object()) return corrupt("the shards have no description: ", folder);
  std::string line = human_count(form.value("tokens", std::int64_t{0})) + " tokens";
  if (form.contains("blocks")) {
    char filled[16];
    std::snprintf(filled, sizeof filled, "%.1f", 100 * form.value("filled", 0.0));
    line += " in " + human_count(form.value("blocks", std::int64_t{0})) + " blocks of " +
            human_count(form.value("length", std::int64_t{0})) + ", filled to " + filled + " %";
  }
  shell.line(line);
  for (const char* name : {"tokens", "blocks", "filled", "synthetic_documents"}) {
    if (form.contains(name)) report[name] = form[name];
  }
  return {};
}

Status run_export(const Arguments& arguments, Shell& shell) {
  const std::string& file = arguments.word("file");
  Context& context = shell.context();
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const pond::Table table, pond->table(arguments.word("table")));
  MP_ASSIGN(const SinkDef* def, sink_for(arguments.options.text("format"), file));
  MP_ASSIGN(const auto columns, columns_of(arguments.options.list("columns"), table));

  pond::ScanOptions scan;
  scan.columns = columns;
  const bool marked = find_field(table.schema(), "synthetic") != nullptr;
  if (marked && !columns.empty() && std::find(columns.begin(), columns.end(), "synthetic") == columns.end()) {
    scan.columns.push_back("synthetic");
    shell.note("The column `synthetic` is written, too: it says which rows a model made.");
  }
  if (const std::string& at = arguments.options.text("at"); !at.empty()) {
    MP_ASSIGN(const pond::Snapshot snapshot, table.snapshot_at(at));
    scan.snapshot = snapshot.id;
  }
  MP_ASSIGN(const std::int64_t total, table.rows(scan.snapshot));
  MP_ASSIGN(const auto rows, table.scan(scan, context));
  MP_ASSIGN(auto settings, settings_of(arguments.options.list("set"), *def));
  settings["path"] = file;
  settings["replace"] = arguments.options.flag("force");
  MP_ASSIGN(const Options options, Options::resolve(def->options, settings));
  auto made = def->make(options, rows->schema());
  if (made.status().code() == Code::kAlreadyExists) return std::move(made).status().hint("--force replaces it.");
  MP_ASSIGN(const auto sink, std::move(made));

  context.progress().begin("export " + table.name(), total);
  std::int64_t written = 0;
  while (true) {
    MP_TRY(context.check());
    MP_ASSIGN(const std::optional<Batch> batch, rows->next(context));
    if (!batch) break;
    MP_TRY(sink->write(*batch, context));
    written += (*batch)->num_rows();
    context.progress().advance((*batch)->num_rows(), 0);
  }
  MP_TRY(sink->commit(context));
  context.progress().end();
  shell.line(human_count(written) + " rows → " + file);
  nlohmann::ordered_json report = {{"table", table.name()}, {"file", file}, {"format", def->name}, {"rows", written}};
  if (def->name == "tokens") MP_TRY(tell_tokens(file, report, shell));
  shell.result(report);
  return {};
}

}  // namespace

const CommandDef kExport = {
    .name = "export",
    .summary = "Write a table, or some of its columns, to a file.",
    .details = "The file appears when it is complete, or not at all.",
    .arguments =
        {{"table", "The table."},
         {"file",
          "The file, or the folder of webdataset, mds, delta and tokens; its ending names the format, otherwise "
          "JSON Lines."}},
    .options = {{"format", "",
                 "jsonl, csv, arrow, parquet, webdataset, mds, delta or tokens; otherwise by the file's name."},
                {"at", "", "An earlier state: a snapshot, or a time such as 2026-01-31."},
                {"columns", std::vector<std::string>{}, "Only these columns, in this order: a,b."},
                {"set", std::vector<std::string>{},
                 "Options of the format, name=value: tokenizer=PATH, pack=LENGTH, form=mds of tokens."},
                {"force", false, "Replace a file that is there."}},
    .run = run_export,
};

}  // namespace millpond::cli
