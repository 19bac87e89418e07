// millpond datasheet: a table as a data set that others can use: its rows, what they are, and where they came from.

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <openssl/evp.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/croissant.h"
#include "cli/curation_commands.h"
#include "cli/eu_summary.h"
#include "cli/shell.h"
#include "millpond/registry.h"
#include "millpond/sink.h"
#include "pond/file_io.h"
#include "sink/sink_folder.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;

Result<std::string> sha256_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return io_error("cannot read ", path);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr);
  std::vector<char> buffer(1 << 20);
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount() > 0) {
    EVP_DigestUpdate(digest.get(), buffer.data(), static_cast<std::size_t>(file.gcount()));
  }
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(digest.get(), bytes, &size);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += "0123456789abcdef"[bytes[i] >> 4];
    hex += "0123456789abcdef"[bytes[i] & 15];
  }
  return hex;
}

/// What is counted of the rows as they are written.
struct Counts {
  std::int64_t rows = 0, text_bytes = 0;
  std::map<std::string, std::map<std::string, std::int64_t>> by;  ///< column or attribute → value → rows

  void add(const Batch& batch) {
    rows += batch->num_rows();
    if (const auto texts = std::dynamic_pointer_cast<arrow::StringArray>(batch->GetColumnByName("text"))) {
      text_bytes += texts->total_values_length();
    }
    for (const char* name : {"source", "language", "license"}) {
      const auto column = std::dynamic_pointer_cast<arrow::StringArray>(batch->GetColumnByName(name));
      for (std::int64_t row = 0; column && row < column->length(); ++row) {
        ++by[name][column->IsNull(row) ? "(none)" : column->GetString(row)];
      }
    }
    if (const auto attributes = std::dynamic_pointer_cast<arrow::MapArray>(batch->GetColumnByName("attributes"))) {
      add_attributes(*attributes);
    }
  }

 private:
  void add_attributes(const arrow::MapArray& attributes) {
    const auto keys = std::dynamic_pointer_cast<arrow::StringArray>(attributes.keys());
    const auto items = std::dynamic_pointer_cast<arrow::StringArray>(attributes.items());
    if (!keys || !items) return;
    for (std::int64_t row = 0; row < attributes.length(); ++row) {
      for (auto at = attributes.value_offset(row); at < attributes.value_offset(row + 1); ++at) {
        const std::string_view key = keys->GetView(at);
        if (key != "source" && key != "language" && key != "languages" && key != "license") continue;
        ++by[std::string(key)][items->IsNull(at) ? "(none)" : items->GetString(at)];
      }
    }
  }
};

struct Stage {
  std::string table, steps;
  std::int64_t rows = 0;
  std::map<std::string, std::int64_t> drops;
};

/// Drops of each table, as its builds counted them since it was last made anew.
Result<std::map<std::string, std::map<std::string, std::int64_t>>> drops_of(const pond::Pond& pond, Context& context) {
  std::map<std::string, std::map<std::string, std::int64_t>> all;
  MP_ASSIGN(const bool there, pond.has_table("runs"));
  if (!there) return all;
  MP_ASSIGN(const pond::Table runs, pond.table("runs"));
  if (!runs.current()) return all;
  pond::ScanOptions options;
  options.columns = {"table", "rebuilt", "drops"};
  MP_ASSIGN(const auto rows, runs.scan(options, context));
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, rows->next(context));
    if (!batch) return all;
    const auto tables = std::dynamic_pointer_cast<arrow::StringArray>((*batch)->column(0));
    const auto rebuilt = std::dynamic_pointer_cast<arrow::BooleanArray>((*batch)->column(1));
    const auto drops = std::dynamic_pointer_cast<arrow::MapArray>((*batch)->column(2));
    if (!tables || !rebuilt || !drops) return corrupt("table runs has other columns than it should");
    const auto& reasons = static_cast<const arrow::StringArray&>(*drops->keys());
    const auto& counts = static_cast<const arrow::Int64Array&>(*drops->items());
    for (std::int64_t row = 0; row < (*batch)->num_rows(); ++row) {
      auto& table = all[tables->GetString(row)];
      if (rebuilt->Value(row)) table.clear();
      for (auto at = drops->value_offset(row); at < drops->value_offset(row + 1); ++at) {
        table[reasons.GetString(at)] += counts.Value(at);
      }
    }
  }
}

/// The tables that lead to `table`, in build order, itself last.
Result<std::vector<Stage>> stages_of(const pond::Pond& pond, const flow::Plan& plan, const std::string& table,
                                     Context& context) {
  std::set<std::string> needed{table};
  for (auto planned = plan.tables.rbegin(); planned != plan.tables.rend(); ++planned) {
    if (!needed.count(planned->spec.name)) continue;
    for (const std::string& upstream : planned->upstreams()) needed.insert(upstream);
  }
  MP_ASSIGN(const auto drops, drops_of(pond, context));
  std::vector<Stage> stages;
  for (const flow::PlannedTable& planned : plan.tables) {
    MP_ASSIGN(const bool there, pond.has_table(planned.spec.name));
    if (!needed.count(planned.spec.name) || !there) continue;
    Stage stage{.table = planned.spec.name};
    for (const StepSpec& step : planned.spec.steps) stage.steps += (stage.steps.empty() ? "" : ", ") + step.name;
    if (planned.spec.fold) stage.steps += (stage.steps.empty() ? "" : ", ") + planned.spec.fold->name;
    if (planned.query) stage.steps = "a query";
    MP_ASSIGN(const pond::Table made, pond.table(stage.table));
    MP_ASSIGN(stage.rows, made.rows());
    if (const auto found = drops.find(stage.table); found != drops.end()) stage.drops = found->second;
    stages.push_back(std::move(stage));
  }
  return stages;
}

std::string sheet(const std::string& title, const std::string& license, const std::string& snapshot,
                  const Counts& counts, const std::vector<Stage>& stages) {
  std::string out = "# " + title + "\n\n" + human_count(counts.rows) + " rows";
  if (counts.text_bytes > 0) out += ", " + human_bytes(counts.text_bytes) + " of text";
  out += "; snapshot " + snapshot + ".\n\nLicence: " + (license.empty() ? "not stated" : license) + ".\n";
  out += "\n## How it was made\n\n| table | steps | rows | dropped |\n|---|---|---|---|\n";
  for (const Stage& stage : stages) {
    std::int64_t dropped = 0;
    for (const auto& [reason, rows] : stage.drops) dropped += rows;
    out += "| " + stage.table + " | " + stage.steps + " | " + human_count(stage.rows) + " | " + human_count(dropped) +
           " |\n";
  }
  for (const Stage& stage : stages) {
    if (stage.drops.empty()) continue;
    out += "\n### Dropped in " + stage.table + "\n\n| rule | rows |\n|---|---|\n";
    for (const auto& [reason, rows] : stage.drops) out += "| " + reason + " | " + human_count(rows) + " |\n";
  }
  for (const auto& [name, values] : counts.by) {
    out += "\n## By " + name + "\n\n| " + name + " | rows |\n|---|---|\n";
    for (const auto& [value, rows] : values) out += "| " + value + " | " + human_count(rows) + " |\n";
  }
  return out;
}

Status write_text(const std::string& path, const std::string& text) {
  MP_ASSIGN(pond::FileWriter file, pond::FileWriter::create(path));
  MP_TRY(file.append(text));
  return file.finish();
}

/// The rows, in columns of plain values that other programs describe alike.
Result<Schema> write_rows(const pond::Table& table, const std::string& path, Counts& counts, Context& context) {
  Schema described;
  pond::ScanOptions scan;
  for (const Field& field : table.schema()) {
    const bool counted = field.name == "attributes";
    if (in_croissant(field.type)) described.push_back(field);
    if (counted || in_croissant(field.type)) scan.columns.push_back(field.name);
  }
  if (described.empty()) return invalid("the table has no columns of plain values: ", table.name());
  MP_ASSIGN(const auto rows, table.scan(scan, context));
  const SinkDef* def = find_sink("parquet");
  if (!def) return internal("no sink for Parquet");
  MP_ASSIGN(const Options options, Options::resolve(def->options, {{"path", path}}));
  MP_ASSIGN(const auto sink, def->make(options, rows->schema()));
  while (true) {
    MP_TRY(context.check());
    MP_ASSIGN(const std::optional<Batch> batch, rows->next(context));
    if (!batch) break;
    counts.add(*batch);
    MP_TRY(sink->write(*batch, context));
    context.progress().advance((*batch)->num_rows(), 0);
  }
  MP_TRY(sink->commit(context));
  return described;
}

/// The summary for the EU, beside the data set.
Status write_eu_summary(const std::shared_ptr<pond::Pond>& pond, const std::string& table,
                        const std::string& answers_path, const std::string& folder, Shell& shell) {
  std::string answers;
  if (!answers_path.empty()) { MP_ASSIGN(answers, pond::read_file(answers_path)); }
  auto made = eu_summary(pond, table, answers, shell.context());
  if (!made.ok()) {
    return std::move(made).status().at(answers_path.empty() ? "the summary for the EU" : answers_path);
  }
  MP_TRY(write_text(folder + "/eu-summary.md", made->markdown));
  MP_TRY(write_text(folder + "/eu-summary.json", made->json));
  if (made->open.empty()) return {};
  std::string names;
  for (const std::string& name : made->open) names += (names.empty() ? "" : ", ") + name;
  shell.note("Only you can state, in the JSON of --answers FILE: " + names + ".");
  return {};
}

Status run_datasheet(const Arguments& arguments, Shell& shell) {
  Context& context = shell.context();
  const std::string& name = arguments.word("table");
  const std::string& folder_path = arguments.word("folder");
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const flow::Plan plan, shell.load_plan());
  MP_ASSIGN(const pond::Table table, pond->table(name));
  const auto snapshot = table.current();
  if (!snapshot) return not_found("the table has no rows yet: ", name).hint("`millpond build` makes them.");
  MP_ASSIGN(const std::int64_t total, table.rows());
  MP_ASSIGN(const Options where, Options::resolve({{"path", "", ""}}, {{"path", folder_path}}));
  MP_ASSIGN(auto folder, sink::SinkFolder::create(where));
  context.progress().begin("datasheet of " + name, total);
  Counts counts;
  CroissantFile file{.name = "data.parquet"};
  MP_ASSIGN(file.columns, write_rows(table, folder.working_path() + "/" + file.name, counts, context));
  MP_ASSIGN(file.sha256, sha256_of(folder.working_path() + "/" + file.name));
  MP_ASSIGN(const std::vector<Stage> stages, stages_of(*pond, plan, name, context));
  file.title = arguments.options.text("name").empty() ? name : arguments.options.text("name");
  file.license = arguments.options.text("license");
  file.url = arguments.options.text("url");
  file.description = arguments.options.text("description");
  if (file.description.empty()) file.description = "Rows of the table " + name + ", made by millpond.";
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char date[16];
  std::strftime(date, sizeof date, "%Y-%m-%d", &parts);
  file.date = date;
  MP_TRY(write_text(folder.working_path() + "/croissant.json", croissant(file).dump(1) + "\n"));
  MP_TRY(write_text(folder.working_path() + "/README.md",
                    sheet(file.title, file.license, std::to_string(snapshot->id), counts, stages)));
  const bool eu = arguments.options.flag("eu");
  if (eu) { MP_TRY(write_eu_summary(pond, name, arguments.options.text("answers"), folder.working_path(), shell)); }
  MP_TRY(folder.commit());
  context.progress().end();
  shell.line(human_count(counts.rows) + " rows → " + folder_path + ": data.parquet, croissant.json, README.md" +
             (eu ? ", eu-summary.md, eu-summary.json" : ""));
  if (file.license.empty()) shell.note("The licence is not stated: --license URL.");
  ordered_json tables = ordered_json::array();
  for (const Stage& stage : stages) {
    tables.push_back({{"table", stage.table}, {"steps", stage.steps}, {"rows", stage.rows}, {"drops", stage.drops}});
  }
  shell.result({{"table", name},
                {"folder", folder_path},
                {"rows", counts.rows},
                {"text_bytes", counts.text_bytes},
                {"by", counts.by},
                {"tables", tables}});
  return {};
}

}  // namespace

const CommandDef kDatasheet = {
    .name = "datasheet",
    .summary = "Write a table as a data set for others: rows, a datasheet, and Croissant metadata.",
    .details =
        "The folder gets data.parquet (the columns of plain values), croissant.json, and README.md with counts by "
        "table, rule, source, language and licence. It appears when it is complete, or not at all.",
    .arguments = {{"table", "The table."}, {"folder", "The folder to make."}},
    .options =
        {
            {"name", "", "The data set's name; otherwise the table's."},
            {"description", "", "What it is."},
            {"license", "", "Its licence, best a URL."},
            {"url", "", "Where it is published."},
            {"eu", false,
             "Write the public summary of training content, too, by the sections of the EU's template. Needs DuckDB's "
             "library."},
            {"answers", "", "A JSON file with what only the provider can state in it, and the kind of each source."},
        },
    .run = run_datasheet,
};

}  // namespace millpond::cli
