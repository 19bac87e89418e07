#include "flow/trial_path.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>

#include "flow/step_counts.h"
#include "millpond/expander.h"
#include "millpond/row_hash.h"

namespace millpond::flow {
namespace {

/// Reads files, costs much, or needs rows together: its rows are taken as they were built.
bool is_start(const PlannedTable& planned) {
  if (planned.query || planned.fold || planned.spec.from == "sources") return true;
  return planned.chain.costly_from() < planned.chain.steps().size();
}

/// The columns that the table keeps, as the next table sees them.
Batch as_table(const Batch& rows, const PlannedTable& planned) {
  arrow::FieldVector fields;
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (const Field& field : planned.schema) {
    const int at = rows->schema()->GetFieldIndex(field.name);
    if (at < 0) continue;
    fields.push_back(rows->schema()->field(at));
    columns.push_back(rows->column(at));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), rows->num_rows(), std::move(columns));
}

}  // namespace

Result<TrialPath> path_to(const Plan& plan, std::string_view table) {
  TrialPath path;
  const PlannedTable* planned = plan.find(table);
  if (!planned) {
    std::string names;
    for (const PlannedTable& each : plan.tables) names += (names.empty() ? "" : ", ") + each.spec.name;
    return not_found("the flow has no table: ", table).hint("There are: " + names + ".");
  }
  if (planned->query) return unsupported("the table is made by a query, which drops nothing by rules: ", table);
  while (true) {
    path.tables.insert(path.tables.begin(), planned);
    path.from = planned->spec.from;
    const PlannedTable* before = plan.find(path.from);
    if (!before || is_start(*before)) return path;
    planned = before;
  }
}

std::string row_label(const Batch& rows, std::int64_t row) {
  for (const char* name : {"id", "uri"}) {
    const auto column = rows->GetColumnByName(name);
    const auto* texts = dynamic_cast<const arrow::StringArray*>(column.get());
    if (texts && texts->IsValid(row)) return std::string(texts->GetView(row));
  }
  const auto column = rows->GetColumnByName("_row");
  const auto* ids = dynamic_cast<const arrow::FixedSizeBinaryArray*>(column.get());
  return ids ? row_id_from(ids->GetView(row)).hex() : std::string();
}

std::string text_begin(const Batch& rows, std::int64_t row) {
  const auto column = rows->GetColumnByName("text");
  const auto* texts = dynamic_cast<const arrow::StringArray*>(column.get());
  if (!texts || texts->IsNull(row)) return {};
  constexpr std::size_t kBytesMax = 80;
  const std::string_view text = texts->GetView(row);
  std::size_t end = std::min(text.size(), kBytesMax);
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not within a character
  std::string begin(text.substr(0, end));
  std::replace_if(begin.begin(), begin.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return begin;
}

Result<std::unique_ptr<PathRunner>> PathRunner::make(const TrialPath& path) {
  auto runner = std::make_unique<PathRunner>();
  runner->path_ = &path;
  for (const PlannedTable* planned : path.tables) {
    auto& operators = runner->operators_.emplace_back();
    for (const Step& step : planned->chain.steps()) {
      auto made = step.def->make(step.options);
      if (!made.ok()) return std::move(made).status().at(step.def->name);
      operators.push_back(*std::move(made));
    }
  }
  return runner;
}

Result<TriedRows> PathRunner::run(const Batch& upstream, Context& context) {
  TriedRows tried;
  tried.rows_in = upstream->num_rows();
  tried.rows = upstream;
  std::size_t counted = 0;
  tried.broken.resize(static_cast<std::size_t>(upstream->num_rows()));
  for (std::size_t table = 0; table < operators_.size(); ++table) {
    const PlannedTable& planned = *path_->tables[table];
    for (std::size_t step = 0; step < operators_[table].size(); ++step) {
      MP_TRY(context.check());
      MP_ASSIGN(TrialOutcome outcome,
                try_step(planned.chain.steps()[step], *operators_[table][step], tried.rows, context));
      std::vector<std::vector<BrokenRule>> broken(outcome.parents.size());
      for (std::size_t row = 0; row < broken.size(); ++row) {
        broken[row] = tried.broken[static_cast<std::size_t>(outcome.parents[row])];
        for (Broken& each : outcome.broken[row]) broken[row].push_back({table, step, std::move(each)});
      }
      tried.rejected += static_cast<std::int64_t>(outcome.rejected.size());
      tried.broken = std::move(broken);
      tried.rows = std::move(outcome.rows);
      const auto kept = [&](std::int64_t row) { return tried.broken[static_cast<std::size_t>(row)].empty(); };
      add_step_counts(planned.spec.name, planned.chain.steps()[step], tried.rows, kept, tried.counts, counted);
    }
    tried.rows = as_table(tried.rows, planned);
  }
  return tried;
}

}  // namespace millpond::flow
