// millpond operators: what can stand in a flow, read from the definitions themselves.

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/shell.h"
#include "millpond/fold.h"
#include "millpond/operator.h"
#include "millpond/registry.h"
#include "millpond/source.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;

ordered_json to_json(const OptionValue& value) {
  return std::visit([](const auto& v) { return ordered_json(v); }, value);
}

ordered_json to_json(const Schema& schema) {
  ordered_json fields = ordered_json::array();
  for (const Field& field : schema) fields.push_back({{"name", field.name}, {"type", field.type.to_string()}});
  return fields;
}

ordered_json to_json(const std::vector<Option>& options) {
  ordered_json list = ordered_json::array();
  for (const Option& option : options) {
    ordered_json each = {
        {"name", option.name}, {"default", to_json(option.default_value)}, {"summary", option.summary}};
    if (!option.choices.empty()) each["choices"] = option.choices;
    list.push_back(std::move(each));
  }
  return list;
}

std::string names_of(const Schema& schema) {
  std::string text;
  for (const Field& field : schema) text += (text.empty() ? "" : ", ") + field.name + ": " + field.type.to_string();
  return text.empty() ? "nothing" : text;
}

void show(std::string_view name, std::string_view summary, const std::vector<Option>& options, Shell& shell) {
  shell.line(shell.bold(name) + "  " + std::string(summary));
  std::vector<std::vector<std::string>> rows;
  for (const Option& option : options) {
    rows.push_back(
        {"  " + std::string(option.name), to_json(option.default_value).dump(), std::string(option.summary)});
  }
  if (!rows.empty()) shell.table({"  option", "default", ""}, rows);
}

Status run_operators(const Arguments& arguments, Shell& shell) {
  const std::string& only = arguments.word("name");
  ordered_json list = ordered_json::array();
  bool found = only.empty();
  for (const OperatorDef* def : operators()) {
    if (!only.empty() && def->name != only) continue;
    found = true;
    if (only.empty()) {
      shell.line(shell.bold(def->name) + "  " + std::string(def->summary));
    } else {
      show(def->name, def->summary, def->options, shell);
      shell.line("  reads " + names_of(def->reads));
      shell.line("  adds  " + names_of(def->adds));
      if (!def->rewrites.empty()) shell.line("  sets  " + names_of(def->rewrites));
      shell.line("  version " + std::to_string(def->version) +
                 (def->costly ? ", costly: known results are reused" : ""));
    }
    list.push_back({{"name", def->name},
                    {"kind", "operator"},
                    {"summary", def->summary},
                    {"version", def->version},
                    {"costly", def->costly},
                    {"reads", to_json(def->reads)},
                    {"adds", to_json(def->adds)},
                    {"rewrites", to_json(def->rewrites)},
                    {"options", to_json(def->options)}});
  }
  for (const FoldDef* def : folds()) {
    if (!only.empty() && def->name != only) continue;
    found = true;
    show(def->name, def->summary, only.empty() ? std::vector<Option>{} : def->options, shell);
    list.push_back({{"name", def->name},
                    {"kind", "fold"},
                    {"summary", def->summary},
                    {"version", def->version},
                    {"reads", to_json(def->reads)},
                    {"adds", to_json(def->adds)},
                    {"options", to_json(def->options)}});
  }
  for (const SourceDef* def : sources()) {
    if (!only.empty() && def->name != only) continue;
    found = true;
    show(def->name, def->summary, only.empty() ? std::vector<Option>{} : def->options, shell);
    list.push_back({{"name", def->name},
                    {"kind", "source"},
                    {"summary", def->summary},
                    {"adds", to_json(def->schema)},
                    {"options", to_json(def->options)}});
  }
  if (!found) return not_found("no such operator, fold or source: ", only).hint("`millpond operators` lists them.");
  shell.result({{"operators", list}});
  return {};
}

}  // namespace

const CommandDef kOperators = {.name = "operators",
                               .summary = "List what can stand in a flow: operators, folds, sources; or all about one.",
                               .details = {},
                               .arguments = {{"name", "One of them, with its options and columns.", false, false}},
                               .options = {},
                               .run = run_operators};

}  // namespace millpond::cli
