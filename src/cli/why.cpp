// millpond why: what each step decided about one document.

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/curation_commands.h"
#include "cli/shell.h"
#include "cli/step_counts.h"
#include "millpond/flow/trial.h"
#include "millpond/pond/lookup.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;

struct Found {
  std::string table, column;
  std::vector<RowId> rows;
};

bool is_row_id(const std::string& text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// The first table, in build order, with a row of that `id`, `uri` or `_row`.
Result<Found> find(const pond::Pond& pond, const flow::Plan& plan, const std::string& only, const std::string& document,
                   Context& context) {
  for (const flow::PlannedTable& planned : plan.tables) {
    if (!only.empty() && planned.spec.name != only) continue;
    MP_ASSIGN(const bool there, pond.has_table(planned.spec.name));
    if (!there) continue;
    MP_ASSIGN(const pond::Table table, pond.table(planned.spec.name));
    if (!table.current()) continue;
    std::vector<std::string> columns{"id", "uri"};
    if (is_row_id(document)) columns.insert(columns.begin(), "_row");
    for (const std::string& column : columns) {
      const Field* field = find_field(table.schema(), column);
      if (!field || (column != "_row" && !(field->type == utf8()))) continue;
      pond::LookupOptions options;
      options.column = column;
      options.columns = {"_row"};
      MP_ASSIGN(const Batch rows, pond::lookup(table, {pond::FilterValue(document)}, options, context));
      const auto* ids = dynamic_cast<const arrow::FixedSizeBinaryArray*>(rows->GetColumnByName("_row").get());
      if (!ids || rows->num_rows() == 0) continue;
      Found found{planned.spec.name, column, {}};
      for (std::int64_t row = 0; row < ids->length(); ++row) found.rows.push_back(row_id_from(ids->GetView(row)));
      return found;
    }
  }
  return not_found("no table of the flow has a row with this id, uri or _row: ", document)
      .hint("`millpond build` makes the tables; --table names one.");
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

ordered_json to_json(const flow::TableStory& story) {
  ordered_json rules = ordered_json::array();
  for (const flow::RuleStory& rule : story.rules) {
    ordered_json each = {{"step", rule.step}, {"rule", rule.rule}, {"broken", rule.broken}};
    if (!rule.column.empty()) each["column"] = rule.column;
    if (rule.value) each["value"] = *rule.value;
    if (rule.threshold) each[rule.at_least ? "at_least" : "at_most"] = *rule.threshold;
    rules.push_back(std::move(each));
  }
  ordered_json json = {{"table", story.table}, {"kept", story.kept}};
  if (!story.row.empty()) json["row"] = story.row;
  if (!story.rejected.empty()) json["rejected"] = story.rejected;
  json["rules"] = std::move(rules);
  if (!story.counts.empty()) json["counts"] = counts_json(story.counts);
  if (story.weighed) {
    ordered_json values = ordered_json::object();
    for (const auto& [name, value] : story.fold_values) values[name] = value;
    json["fold"] = {{"name", story.fold}, {"copies", story.copies}, {"measured", values}};
  } else if (!story.fold.empty() && story.keep.empty()) {
    json["fold"] = {{"name", story.fold}, {"repeated_bytes", story.repeated_bytes}, {"first_in", story.repeats_of}};
  } else if (!story.fold.empty()) {
    json["fold"] = {{"name", story.fold}, {"keep", story.keep}, {"cluster_size", story.cluster_size}};
    if (!story.stays.empty()) json["fold"]["stays"] = story.stays;
  }
  return json;
}

void show(const flow::TableStory& story, bool all, Shell& shell) {
  std::string verdict = story.kept ? "kept" : !story.rejected.empty() ? "rejected: " + story.rejected : "dropped";
  if (story.kept && story.row.empty()) verdict += " (not in the table yet: millpond build)";
  if (!story.kept && !story.row.empty()) verdict += " (still in the table: millpond build)";
  shell.line(shell.bold(story.table) + ": " + verdict);
  std::vector<std::vector<std::string>> rows;
  for (const flow::RuleStory& rule : story.rules) {
    if (!all && !rule.broken && story.kept) continue;
    rows.push_back({rule.broken ? "broken" : "holds", rule.step + ": " + rule.rule, rule.column,
                    rule.value ? number(*rule.value) : "",
                    rule.threshold ? (rule.at_least ? "at least " : "at most ") + number(*rule.threshold) : ""});
  }
  if (!rows.empty()) shell.table({"", "rule", "measured", "value", "threshold"}, rows);
  for (const flow::StepCounts& each : story.counts) {
    if (each.rows > 0) shell.line("  " + each.step + ": " + kinds_in_words(each));
  }
  if (story.fold.empty()) return;
  if (story.weighed) {
    std::string line =
        "  " + story.fold + ": there " + (story.copies == 1 ? "once" : human_count(story.copies) + " times");
    for (const auto& [name, value] : story.fold_values) line += "; " + name + " " + number(value);
    return shell.line(line);
  }
  if (story.keep.empty()) {
    std::string line = "  " + story.fold + ": ";
    if (story.repeated_bytes == 0) return shell.line(line + "repeats nothing");
    line += human_count(story.repeated_bytes) + " bytes are elsewhere before";
    constexpr std::size_t kNamesMax = 5;
    for (std::size_t i = 0; i < std::min(kNamesMax, story.repeats_of.size()); ++i) {
      line += (i == 0 ? ": " : ", ") + story.repeats_of[i];
    }
    return shell.line(line + (story.repeats_of.size() > kNamesMax ? ", ..." : ""));
  }
  if (story.cluster_size <= 1) return shell.line("  " + story.fold + ": like no other row");
  shell.line("  " + story.fold + ": one of a cluster of " + human_count(story.cluster_size) + "; stays (" + story.keep +
             "): " + story.stays);
}

Status run_why(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const flow::Plan plan, shell.load_plan());
  const std::string& document = arguments.word("document");
  MP_ASSIGN(const Found found, find(*pond, plan, arguments.options.text("table"), document, shell.context()));
  constexpr std::size_t kRowsMax = 10;
  ordered_json list = ordered_json::array();
  shell.line(document + ": " + human_count(static_cast<std::int64_t>(found.rows.size())) +
             (found.rows.size() == 1 ? " row of " : " rows of ") + found.table);
  for (std::size_t i = 0; i < found.rows.size() && i < kRowsMax; ++i) {
    MP_ASSIGN(const auto stories, flow::explain(*pond, plan, found.table, found.rows[i], shell.context()));
    ordered_json tables = ordered_json::array();
    if (found.rows.size() > 1) shell.line("row " + found.rows[i].hex());
    if (stories.empty()) shell.line("No table is made of it.");
    for (const flow::TableStory& story : stories) {
      show(story, arguments.options.flag("all"), shell);
      tables.push_back(to_json(story));
    }
    list.push_back({{"row", found.rows[i].hex()}, {"tables", std::move(tables)}});
  }
  if (found.rows.size() > kRowsMax) shell.line("The first 10 are shown; name one by its _row.");
  shell.result({{"document", document}, {"table", found.table}, {"rows", std::move(list)}});
  return {};
}

}  // namespace

const CommandDef kWhy = {
    .name = "why",
    .summary = "Show what each step decided about a document: values, thresholds, its cluster and who stayed.",
    .details =
        "The steps judge the row again, which gives what the build decided, because the same row, options and version "
        "of a step give the same result. A cluster is found by comparing all rows, as the build does.",
    .arguments = {{"document", "Its `id`, `uri` or `_row`."}},
    .options =
        {
            {"table", "", "Begin at this table, not at the first that has the document."},
            {"all", false, "Show rules that hold, also of rows that were kept."},
        },
    .run = run_why,
};

}  // namespace millpond::cli
