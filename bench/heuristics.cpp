// Runs operators of signals and their filter over texts in memory; prints values, decisions and CPU seconds.
//
//   bench_heuristics TEXTS STEP[,OPTION=TEXT...]... > values.jsonl
//
// TEXTS as bench/curation.py packs them. Each line: the document's id, every number and text that the steps add, and by
// which rule it is dropped. Filters are named last; rows that they drop keep their values. The CPU seconds go to
// stderr: of the work alone, the fastest of five rounds.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "millpond/chain.h"

namespace millpond {
namespace {

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

int fail(const Status& status) {
  std::fprintf(stderr, "%s\n", status.to_string().c_str());
  return 1;
}

std::vector<Batch> read(const char* path, double& size_mb) {
  std::ifstream file(path, std::ios::binary);
  std::vector<Batch> batches;
  const auto schema = arrow::schema({arrow::field("id", arrow::utf8()), arrow::field("text", arrow::utf8())});
  const auto next = [&](std::string& text) {
    std::uint32_t size = 0;
    if (!file.read(reinterpret_cast<char*>(&size), sizeof size)) return false;
    text.resize(size);
    return static_cast<bool>(file.read(text.data(), size));
  };
  for (bool more = true; more;) {
    arrow::StringBuilder ids, texts;
    std::string id, text;
    while (ids.length() < 256 && (more = next(id) && next(text))) {
      if (!ids.Append(id).ok() || !texts.Append(text).ok()) return {};
      size_mb += static_cast<double>(text.size()) / 1e6;
    }
    const std::int64_t rows = ids.length();
    if (rows > 0) batches.push_back(arrow::RecordBatch::Make(schema, rows, {*ids.Finish(), *texts.Finish()}));
  }
  return batches;
}

/// `name,option=value,...`
StepSpec parse_step(const std::string& word) {
  StepSpec step;
  for (std::size_t begin = 0; begin <= word.size();) {
    const std::size_t end = std::min(word.find(',', begin), word.size());
    const std::string part = word.substr(begin, end - begin);
    begin = end + 1;
    if (step.name.empty()) {
      step.name = part;
    } else {
      step.options[part.substr(0, part.find('='))] = part.substr(part.find('=') + 1);
    }
  }
  return step;
}

nlohmann::json values_of(const arrow::RecordBatch& rows, std::int64_t row) {
  nlohmann::json values;
  for (int i = 0; i < rows.num_columns(); ++i) {
    const std::string& name = rows.column_name(i);
    const arrow::Array& column = *rows.column(i);
    if (name == "id" || name == "text") continue;
    if (column.IsNull(row)) {
      values[name] = nullptr;
    } else if (const auto* counts = dynamic_cast<const arrow::Int64Array*>(&column)) {
      values[name] = counts->Value(row);
    } else if (const auto* numbers = dynamic_cast<const arrow::DoubleArray*>(&column)) {
      values[name] = numbers->Value(row);
    } else if (const auto* flags = dynamic_cast<const arrow::BooleanArray*>(&column)) {
      values[name] = flags->Value(row);
    } else if (const auto* texts = dynamic_cast<const arrow::StringArray*>(&column)) {
      values[name] = texts->GetString(row);
    }
  }
  return values;
}

int run(const std::vector<Batch>& batches, double size_mb, const std::vector<StepSpec>& steps) {
  const Schema schema = {{"id", utf8()}, {"text", utf8()}};
  const auto chain = Chain::plan(schema, steps);
  if (!chain.ok()) return fail(chain.status());
  Context context;
  double best = 1e9;
  for (int round = 0; round < 5; ++round) {
    auto runner = ChainRunner::make(*chain);
    if (!runner.ok()) return fail(runner.status());
    const double began = cpu_seconds();
    for (const Batch& batch : batches) {
      const auto outcome = (*runner)->run(batch, context);
      if (!outcome.ok()) return fail(outcome.status());
    }
    best = std::min(best, cpu_seconds() - began);
  }
  std::fprintf(stderr, "%.6f CPU s for %.3f MB: %.1f MB/s\n", best, size_mb, size_mb / best);
  std::vector<StepSpec> signals;
  for (const StepSpec& step : steps) {
    if (!step.name.ends_with("_quality")) signals.push_back(step);
  }
  const auto measuring = Chain::plan(schema, signals);
  if (!measuring.ok()) return fail(measuring.status());
  auto whole = ChainRunner::make(*chain), measure = ChainRunner::make(*measuring);
  for (const Batch& batch : batches) {
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      const auto verdict = (*whole)->run(batch->Slice(row, 1), context);
      const auto values = (*measure)->run(batch->Slice(row, 1), context);
      if (!verdict.ok()) return fail(verdict.status());
      if (!values.ok()) return fail(values.status());
      nlohmann::json line = {{"id", static_cast<const arrow::StringArray&>(*batch->column(0)).GetString(row)}};
      line["dropped"] = verdict->drops.empty() ? "" : verdict->drops.begin()->first;
      if (values->rows->num_rows() == 1) line["values"] = values_of(*values->rows, 0);
      std::printf("%s\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    }
  }
  return 0;
}

}  // namespace
}  // namespace millpond

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: bench_heuristics TEXTS STEP[,OPTION=TEXT...]...\n");
    return 2;
  }
  double size_mb = 0;
  const auto batches = millpond::read(argv[1], size_mb);
  std::vector<millpond::StepSpec> steps;
  for (int i = 2; i < argc; ++i) steps.push_back(millpond::parse_step(argv[i]));
  return millpond::run(batches, size_mb, steps);
}
