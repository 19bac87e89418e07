// millpond nearest: the rows whose vectors are nearest to given ones.

#include "serve/api/nearest.h"

#include <chrono>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/shell.h"
#include "cli/vector_commands.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;

Result<const flow::PlannedTable*> planned_table(const flow::Plan& plan, const std::string& name) {
  for (const flow::PlannedTable& each : plan.tables) {
    if (name.empty() ? each.index && !each.index->vector.empty() : each.spec.name == name) return &each;
  }
  if (!name.empty()) return not_found("the flow has no table: ", name);
  return not_found("the flow has no index of vectors").hint("Add `vector:` under `indexes:` in pond.yaml.");
}

void show(const ordered_json& found, const Shell& shell) {
  int place = 0;
  char number[64];
  for (const ordered_json& hit : found["hits"]) {
    std::snprintf(number, sizeof number, "%d. %.4f  ", ++place, hit["score"].get<double>());
    std::string line;
    for (const auto& [name, value] : hit["row"].items()) {
      if (name == "_row" || name == "_parent" || value.is_null()) continue;
      line += (line.empty() ? "" : " · ") + (value.is_string() ? value.get<std::string>() : serve::dump(value));
    }
    constexpr std::size_t kBytesMax = 160;
    if (line.size() > kBytesMax) {
      std::size_t end = kBytesMax;
      while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
      line = line.substr(0, end) + " …";
    }
    for (char& c : line) c = c == '\n' ? ' ' : c;
    shell.line(shell.bold(number) + line);
  }
  if (found["hits"].empty()) shell.line("Nothing found.");
}

/// Many queries in one process; a line of JSON for each, as it is done.
Status run_file(const std::string& file, const serve::NearestRows& rows, serve::NearestAsked asked, Shell& shell) {
  std::ifstream stream;
  if (file != "-") stream.open(file);
  if (file != "-" && !stream) return not_found("cannot read the vectors: ", file);
  std::istream& in = file == "-" ? std::cin : stream;
  std::string text;
  for (int line = 1; std::getline(in, text); ++line) {
    if (text.empty()) continue;
    auto parsed = serve::parse_json(text);
    if (!parsed.ok()) return std::move(parsed).status().at(file + ":" + std::to_string(line));
    auto vector = serve::vector_of(*parsed);
    if (!vector.ok()) return std::move(vector).status().at(file + ":" + std::to_string(line));
    asked.vector = *std::move(vector);
    const auto began = std::chrono::steady_clock::now();
    MP_ASSIGN(ordered_json found, rows.find(asked, shell.context()));
    found["search_ms"] = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
    const std::string out = serve::dump(found) + "\n";
    std::fwrite(out.data(), 1, out.size(), stdout);
    std::fflush(stdout);
  }
  return {};
}

Status run_nearest(const Arguments& arguments, Shell& shell) {
  const std::string &given = arguments.word("vector"), &file = arguments.options.text("vectors");
  if (given.empty() == file.empty())
    return invalid("nearest needs a vector, or a file of vectors").hint("millpond nearest \"[0.1, -0.7]\"");
  serve::NearestAsked asked;
  asked.column = arguments.options.text("column");
  asked.limit = static_cast<int>(arguments.options.integer("limit"));
  asked.where = arguments.options.text("where");
  asked.recall = arguments.options.number("recall");
  if (!given.empty()) {
    MP_ASSIGN(const ordered_json parsed, serve::parse_json(given));
    MP_ASSIGN(asked.vector, serve::vector_of(parsed));
  }
  MP_ASSIGN(auto pond, shell.open_pond());
  MP_ASSIGN(const flow::Plan plan, shell.load_plan());
  MP_ASSIGN(const flow::PlannedTable* planned, planned_table(plan, arguments.options.text("table")));
  MP_ASSIGN(const auto rows, serve::NearestRows::open(std::move(pond), *planned, shell.context()));
  if (!file.empty()) return run_file(file, *rows, asked, shell);
  MP_ASSIGN(const ordered_json found, rows->find(asked, shell.context()));
  show(found, shell);
  shell.result(found);
  return {};
}

}  // namespace

const CommandDef kNearest = {
    .name = "nearest",
    .summary = "Find the rows whose vectors are nearest to a given one.",
    .details =
        "The vector is a list of numbers, as long as those of the column; or a list of such lists, for a column of "
        "several vectors a row. What near means is said in pond.yaml. Larger scores are nearer.",
    .arguments = {{"vector", "A list of numbers: \"[0.1, -0.7]\".", false}},
    .options = {{"limit", 10, "How many rows."},
                {"column", "", "The column of vectors, if the index has more than one."},
                {"where", "", "Only rows for which this is true: SQL over the table's columns, \"ordinal < 3\"."},
                {"recall", 0.99, "The part of the nearest rows to find; 1 compares all."},
                {"table", "", "The table, if more than one has an index of vectors."},
                {"vectors", "",
                 "Read vectors from a file, one a line (- for standard input); prints a JSON line for each."}},
    .run = run_nearest,
};

}  // namespace millpond::cli
