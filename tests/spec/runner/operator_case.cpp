// `operator NAME`, `fold NAME`: one of them over the rows of `in`, through the same driver that builds tables.

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <charconv>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "cells.h"
#include "core/exchange.h"
#include "kinds.h"
#include "millpond/chain.h"
#include "millpond/fold.h"
#include "millpond/registry.h"

namespace millpond::spec {
namespace {

/// Rows of the result as values, with what became of the others.
struct Rows {
  Schema schema;
  std::vector<std::vector<Value>> columns;
  std::map<std::string, std::int64_t> drops;
  std::vector<ChainReject> rejects;
};

struct Replay {
  std::int64_t batch_rows;
  int threads;
  std::string name() const {
    return "batches of " + std::to_string(batch_rows) + ", " + std::to_string(threads) + " threads";
  }
};
constexpr Replay kReplays[] = {{4096, 1}, {1, 1}, {7, 1}, {1, 4}, {7, 4}, {4096, 4}};

// ---- options

template <class T>
Result<OptionValue> number_option(const Setting& setting, std::string_view what) {
  T value{};
  const char* end = setting.second.data() + setting.second.size();
  if (const auto [at, failure] = std::from_chars(setting.second.data(), end, value);
      failure != std::errc() || at != end) {
    return invalid("option ", setting.first, " takes ", what, ", not ", setting.second);
  }
  return OptionValue(value);
}

/// Reads the value as the type that the operator declares. A list is separated by commas or is a JSON list.
Result<OptionValue> option_value(const std::vector<Option>& options, const Setting& setting,
                                 const std::string& folder) {
  const Option* declared = nullptr;
  for (const Option& option : options) {
    if (option.name == setting.first) declared = &option;
  }
  if (declared && std::holds_alternative<bool>(declared->default_value) &&
      (setting.second == "true" || setting.second == "false")) {
    return OptionValue(setting.second == "true");
  }
  if (declared && std::holds_alternative<std::int64_t>(declared->default_value)) {
    return number_option<std::int64_t>(setting, "a whole number");
  }
  if (declared && std::holds_alternative<double>(declared->default_value))
    return number_option<double>(setting, "a number");
  if (declared && std::holds_alternative<std::vector<std::string>>(declared->default_value)) {
    MP_ASSIGN(const Value value, decode_cell(setting.second, list(utf8()), folder));
    auto items = value.get<std::vector<std::string>>();
    for (std::string& item : items) {
      if (item.starts_with("$HERE")) item.replace(0, 5, folder);
    }
    return OptionValue(std::move(items));
  }
  MP_ASSIGN(const Value value, decode_cell(setting.second, utf8(), folder));
  return OptionValue(value.is_string() ? value.get<std::string>() : std::string());
}

Result<StepSpec> step_of(const SpecFile& file, const Case& one, const std::vector<Option>& options,
                         const std::string& folder) {
  StepSpec step{file.subject, {}};
  for (const auto* settings : {&file.settings, &one.settings}) {
    for (const Setting& setting : *settings) {
      MP_ASSIGN(auto value, option_value(options, setting, folder));
      step.options.insert_or_assign(setting.first, std::move(value));
    }
  }
  return step;
}

// ---- running

Status absorb(Rows& rows, ChainOutcome&& outcome, std::int64_t first_row) {
  for (const auto& [reason, count] : outcome.drops) {
    const std::size_t colon = reason.find(": ");  // "step: reason"; here there is one step
    rows.drops[colon == reason.npos ? reason : reason.substr(colon + 2)] += count;
  }
  for (ChainReject& reject : outcome.rejects) {
    reject.input_row += first_row;
    rows.rejects.push_back(std::move(reject));
  }
  for (std::size_t i = 0; outcome.rows && i < rows.schema.size(); ++i) {
    MP_ASSIGN(auto values, column_values(*outcome.rows->column(static_cast<int>(i)), rows.schema[i].type));
    for (Value& value : values) rows.columns[i].push_back(std::move(value));
  }
  return {};
}

struct Made {
  std::int64_t first_row;
  ChainOutcome outcome;
};

Result<Rows> run(const Chain& chain, const Batch& input, const Replay& replay, Context& context) {
  Rows rows{chain.output(), std::vector<std::vector<Value>>(chain.output().size()), {}, {}};
  std::vector<std::unique_ptr<ChainRunner>> runners;
  for (int i = 0; i < replay.threads; ++i) {
    MP_ASSIGN(auto runner, ChainRunner::make(chain));
    runners.push_back(std::move(runner));
  }
  std::int64_t next = 0;
  bool any = false;  // an input without rows is still one batch: operators must bear it
  OrderedExchange<std::int64_t, Made> exchange(replay.threads, 2 * replay.threads);
  MP_TRY(exchange.run(
      [&]() -> Result<std::optional<std::int64_t>> {
        if (any && next >= input->num_rows()) return std::optional<std::int64_t>();
        any = true;
        const std::int64_t first = next;
        next += replay.batch_rows;
        return std::optional(first);
      },
      [&](int worker, std::int64_t&& first) -> Result<Made> {
        MP_ASSIGN(auto outcome, runners[worker]->run(input->Slice(first, replay.batch_rows), context));
        return Made{first, std::move(outcome)};
      },
      [&](Made&& made) { return absorb(rows, std::move(made.outcome), made.first_row); }));
  return rows;
}

// ---- rendering

/// The author's columns if there is an `out` line, else all.
std::vector<std::string> header_of(const Case& one, const Schema& schema) {
  for (const std::string& line : one.expected) {
    if (line.starts_with("out ")) return split_cells(std::string_view(line).substr(3));
  }
  std::vector<std::string> names;
  for (const Field& field : schema) names.push_back(field.name);
  return names;
}

std::vector<std::string> rows_under(const Case& one, std::string_view word) {
  std::vector<std::string> rows;
  bool inside = false;
  for (const std::string& line : one.expected) {
    const std::string_view first = std::string_view(line).substr(0, line.find(' '));
    if (first == "out" || first == "drops" || first == "rejects" || first == "error") {
      inside = first == word;
    } else if (inside) {
      rows.push_back(line);
    }
  }
  return rows;
}

bool keyword(std::string_view line) {
  for (const std::string_view word : {"in", "out", "drops", "rejects", "error", "case"}) {
    if (line.starts_with(word) && (line.size() == word.size() || line[word.size()] == ' ')) return true;
  }
  return line.empty();
}

/// The row as text; as the author wrote it, where that says the same.
std::string row_text(const Rows& rows, std::size_t row, const std::vector<std::size_t>& columns,
                     const std::string& written, const std::string& folder) {
  const std::vector<std::string> before = split_cells(written);
  bool same = before.size() == columns.size();
  std::vector<std::string> cells;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Type& type = rows.schema[columns[i]].type;
    const Value& value = rows.columns[columns[i]][row];
    cells.push_back(encode_cell(value, type, folder));
    if (!same) continue;
    const auto read = decode_cell(before[i], type, folder);
    same = read.ok() && same_value(*read, value, type);
  }
  if (same) return written;
  if (keyword(join_cells(cells)) || (cells.size() == 1 && cells[0].empty())) cells[0] = Value(cells[0]).dump();
  return join_cells(cells);
}

Result<std::vector<std::string>> render(const Rows& rows, const Case& one, const std::string& folder) {
  const std::vector<std::string> header = header_of(one, rows.schema);
  std::vector<std::size_t> columns;
  for (const std::string& name : header) {
    const Field* field = find_field(rows.schema, name);
    if (!field) return invalid("`out` names a column that the operator does not give: ", name);
    columns.push_back(static_cast<std::size_t>(field - rows.schema.data()));
  }
  std::vector<std::string> lines{"out " + join_cells(header)};
  const std::vector<std::string> before = rows_under(one, "out");
  const std::size_t count = rows.columns.empty() ? 0 : rows.columns[0].size();
  for (std::size_t row = 0; row < count; ++row) {
    lines.push_back(row_text(rows, row, columns, row < before.size() ? before[row] : std::string(), folder));
  }
  if (!rows.drops.empty()) {
    std::string line = "drops";
    for (const auto& [reason, dropped] : rows.drops) line += ' ' + reason + '=' + std::to_string(dropped);
    lines.push_back(line);
  }
  if (!rows.rejects.empty()) lines.push_back("rejects");
  for (const ChainReject& reject : rows.rejects) {
    lines.push_back(join_cells({std::to_string(reject.input_row), std::string(code_name(reject.code)),
                                encode_cell(Value(reject.why), utf8(), folder)}));
  }
  return lines;
}

std::vector<std::string> error_lines(const Status& status, const std::string& folder) {
  return {"error " +
          join_cells({std::string(code_name(status.code())), encode_cell(Value(status.message()), utf8(), folder)})};
}

}  // namespace

Result<Outcome> run_operator_case(const SpecFile& file, const Case& one, Context& context) {
  const std::string folder = std::filesystem::path(file.path).parent_path().string();
  MP_ASSIGN(const Schema schema, read_header(one.in));
  MP_ASSIGN(const Batch input, read_batch(one.in, schema, folder));
  const OperatorDef* def = find_operator(file.subject);
  auto step = step_of(file, one, def ? def->options : std::vector<Option>(), folder);
  if (!step.ok()) return Outcome{error_lines(step.status(), folder), {}};
  const auto chain = Chain::plan(schema, {*step});
  if (!chain.ok()) return Outcome{error_lines(chain.status(), folder), {}};

  Outcome outcome;
  for (const Replay& replay : kReplays) {
    context.set_threads(replay.threads);
    const auto rows = run(*chain, input, replay, context);
    std::vector<std::string> lines;
    if (rows.ok()) {
      MP_ASSIGN(lines, render(*rows, one, folder));
    } else {
      lines = error_lines(rows.status(), folder);
    }
    if (&replay == kReplays) {
      outcome.lines = std::move(lines);
    } else if (lines != outcome.lines) {
      outcome.replay_failures.push_back(replay.name());
    }
  }
  return outcome;
}

namespace {

/// A fold sees its rows in batches of this size, within so much memory: nothing of it may show in the result.
struct FoldReplay {
  std::int64_t batch_rows, memory_bytes;
  std::string name() const {
    return "batches of " + std::to_string(batch_rows) + ", " + std::to_string(memory_bytes) + " bytes of memory";
  }
};
constexpr FoldReplay kFoldReplays[] = {{4096, 1 << 30}, {1, 1 << 30}, {7, 1 << 30}, {4096, 0}, {1, 0}, {7, 300}};

Result<Rows> run(const FoldDef& def, const StepSpec& step, const Batch& input, const FoldReplay& replay) {
  MP_ASSIGN(const Options options, Options::resolve(def.options, step.options));
  std::vector<Batch> batches;
  for (std::int64_t row = 0; row < input->num_rows(); row += replay.batch_rows) {
    batches.push_back(input->Slice(row, replay.batch_rows));
  }
  Context context;
  context.set_memory_limit(replay.memory_bytes);
  const std::string spill_dir = std::filesystem::temp_directory_path().string();  // its files have no names
  MP_ASSIGN(const auto results, run_fold(stream_of(input->schema(), batches), def, options, spill_dir, context));
  Rows rows;
  MP_ASSIGN(rows.schema, from_arrow(*results->schema()));
  rows.columns.resize(rows.schema.size());
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, results->next(context));
    if (!batch) return rows;
    ChainOutcome outcome;
    outcome.rows = *batch;
    MP_TRY(absorb(rows, std::move(outcome), 0));
  }
}

}  // namespace

Result<Outcome> run_fold_case(const SpecFile& file, const Case& one, Context&) {
  const std::string folder = std::filesystem::path(file.path).parent_path().string();
  MP_ASSIGN(const Schema schema, read_header(one.in));
  MP_ASSIGN(const Batch input, read_batch(one.in, schema, folder));
  const FoldDef* def = find_fold(file.subject);
  if (!def) return not_found("no such fold: ", file.subject);
  MP_ASSIGN(const StepSpec step, step_of(file, one, def->options, folder));
  Outcome outcome;
  for (const FoldReplay& replay : kFoldReplays) {
    const auto rows = run(*def, step, input, replay);
    std::vector<std::string> lines;
    if (rows.ok()) {
      MP_ASSIGN(lines, render(*rows, one, folder));
    } else {
      lines = error_lines(rows.status(), folder);
    }
    if (&replay == kFoldReplays) {
      outcome.lines = std::move(lines);
    } else if (lines != outcome.lines) {
      outcome.replay_failures.push_back(replay.name());
    }
  }
  return outcome;
}

}  // namespace millpond::spec
