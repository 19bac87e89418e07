// millpond eval retrieval: how good searches are, on questions with judged answers.

#include <arrow/builder.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/branches.h"
#include "cli/evaluations.h"
#include "cli/passages.h"
#include "cli/retrieval_measure.h"
#include "cli/shell.h"
#include "core/arrow_status.h"
#include "millpond/ask/evaluate.h"
#include "millpond/ask/retriever.h"
#include "millpond/pond/data_writer.h"
#include "millpond/pond/update.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;
constexpr const char* kTable = "evaluations";
constexpr std::array<const char*, 3> kLegNames = {"words", "vector", "hybrid"};
constexpr std::array<index::Legs, 3> kLegs = {index::Legs::kWords, index::Legs::kVector, index::Legs::kHybrid};

Result<std::vector<Measured>> measure_all(const Arguments& arguments, const ask::JudgedSet& judged, Shell& shell) {
  MP_ASSIGN(const auto retriever, open_retriever(arguments.options, shell));
  MP_ASSIGN(const MeasureSettings settings, read_settings(arguments.options, *retriever, judged, shell));
  std::vector<Measured> all;
  for (std::size_t i = 0; i < kLegs.size(); ++i) {
    const std::string& wanted = arguments.options.text("by");
    if (!wanted.empty() && wanted != "all" && wanted != kLegNames[i]) continue;
    auto measured = measure(*retriever, judged, kLegs[i], settings, shell);
    if (!measured.ok() && (wanted.empty() || wanted == "all") && kLegs[i] == index::Legs::kVector &&
        measured.status().code() == Code::kInvalidArgument)
      continue;  // an index of words only
    MP_TRY(measured.status());
    measured->leg = kLegNames[i];
    measured->state = branch_name().empty() ? "main" : branch_name();
    measured->snapshot = retriever->snapshot();
    all.push_back(*std::move(measured));
  }
  if (all.empty()) return invalid("--by is all, words, vector or hybrid, not: ", arguments.options.text("by"));
  return all;
}

std::string metric_name(std::size_t metric, const Options& options) {
  const std::string k = "@" + std::to_string(options.integer("k"));
  return metric == 0 ? "nDCG" + k : metric == 1 ? "recall@" + std::to_string(options.integer("depth")) : "MRR" + k;
}

std::string shown(const ask::Estimate& estimate, bool sign) {
  char text[64];
  std::snprintf(text, sizeof text, sign ? "%+.4f (%+.3f..%+.3f)" : "%.4f (%.3f..%.3f)", estimate.mean, estimate.low,
                estimate.high);
  return text;
}

ordered_json to_json(const ask::Estimate& estimate) {
  return {{"mean", estimate.mean}, {"low", estimate.low}, {"high", estimate.high}};
}

/// A row for each leg and metric, so that results of many days can be queried.
Status keep(const std::vector<Measured>& all, const Arguments& arguments, std::int64_t questions, Shell& shell) {
  const Schema schema = {{"at", timestamp(), true}, {"queries", utf8(), true},   {"note", utf8()},
                         {"branch", utf8(), true},  {"snapshot", int64(), true}, {"leg", utf8(), true},
                         {"metric", utf8(), true},  {"mean", float64(), true},   {"low", float64(), true},
                         {"high", float64(), true}, {"questions", int64(), true}};
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders;
  for (const Field& field : schema) builders.push_back(*arrow::MakeBuilder(to_arrow(field.type)));
  const auto text = [&](std::size_t i, const std::string& value) {
    return static_cast<arrow::StringBuilder&>(*builders[i]).Append(value);
  };
  const auto number = [&](std::size_t i, double value) {
    return static_cast<arrow::DoubleBuilder&>(*builders[i]).Append(value);
  };
  const auto whole = [&](std::size_t i, std::int64_t value) {
    return static_cast<arrow::Int64Builder&>(*builders[i]).Append(value);
  };
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch());
  for (const Measured& measured : all) {
    for (std::size_t metric = 0; metric < measured.values.size(); ++metric) {
      const ask::Estimate estimate = ask::bootstrap(measured.values[metric]);
      arrow::Status status = static_cast<arrow::TimestampBuilder&>(*builders[0]).Append(now.count());
      status &= text(1, arguments.word("material"));
      status &= text(2, arguments.options.text("note"));
      status &= text(3, measured.state);
      status &= whole(4, measured.snapshot);
      status &= text(5, measured.leg);
      status &= text(6, metric_name(metric, arguments.options));
      status &= number(7, estimate.mean);
      status &= number(8, estimate.low);
      status &= number(9, estimate.high);
      status &= whole(10, questions);
      MP_TRY(from_arrow(status));
    }
  }
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (auto& builder : builders) {
    MP_ASSIGN(auto array, from_arrow(builder->Finish()));
    columns.push_back(std::move(array));
  }
  const std::int64_t rows = columns[0]->length();
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const bool there, pond->has_table(kTable));
  if (!there) MP_TRY(pond->create_table(kTable, schema).status());
  MP_ASSIGN(const pond::Table table, pond->table(kTable));
  pond::DataWriter writer(table);
  MP_TRY(writer.write(arrow::RecordBatch::Make(to_arrow(schema), rows, std::move(columns))));
  MP_ASSIGN(auto files, writer.close());
  return table.update().append(std::move(files)).commit(shell.context()).status();
}

/// The difference of each question, so that hard questions do not hide it.
ask::Estimate difference(const std::vector<double>& from, const std::vector<double>& to) {
  std::vector<double> each(from.size());
  for (std::size_t i = 0; i < each.size(); ++i) each[i] = to[i] - from[i];
  return ask::bootstrap(each);
}

void show(const std::vector<Measured>& all, const std::vector<Measured>& others, const Arguments& arguments,
          Shell& shell) {
  std::vector<std::vector<std::string>> rows;
  ordered_json legs = ordered_json::array();
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<std::string> row = {all[i].leg}, change = {"  " + arguments.options.text("compare")};
    ordered_json json = {{"leg", all[i].leg}, {"branch", all[i].state}, {"snapshot", all[i].snapshot}};
    for (std::size_t metric = 0; metric < 3; ++metric) {
      const std::string name = metric_name(metric, arguments.options);
      const ask::Estimate estimate = ask::bootstrap(all[i].values[metric]);
      row.push_back(shown(estimate, false));
      json[name] = to_json(estimate);
      if (i >= others.size()) continue;
      const ask::Estimate changed = difference(all[i].values[metric], others[i].values[metric]);
      change.push_back(shown(changed, true));
      json["compared"][name] = to_json(changed);
    }
    rows.push_back(std::move(row));
    if (i < others.size()) rows.push_back(std::move(change));
    legs.push_back(std::move(json));
  }
  shell.table(
      {"leg", metric_name(0, arguments.options), metric_name(1, arguments.options), metric_name(2, arguments.options)},
      rows);
  const std::size_t questions = all.empty() ? 0 : all[0].values[0].size();
  shell.line(std::to_string(questions) + " questions; in parentheses the 95 % interval, by resampling questions.");
  if (!others.empty()) shell.line("Lines of a branch show how it differs.");
  shell.result({{"questions", questions}, {"legs", legs}});
}

}  // namespace

Status evaluate_retrieval(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const ask::JudgedSet judged, ask::read_judged(arguments.word("material"), arguments.word("judged")));
  if (arguments.options.flag("learn")) return learn_ranking(arguments, judged, shell);
  MP_ASSIGN(std::vector<Measured> all, measure_all(arguments, judged, shell));
  const auto questions = static_cast<std::int64_t>(judged.questions.size());
  std::vector<Measured> others;
  if (const std::string& other = arguments.options.text("compare"); !other.empty()) {
    const std::string here = branch_name();
    ::setenv(kBranchVariable, other.c_str(), 1);
    auto measured = measure_all(arguments, judged, shell);
    ::setenv(kBranchVariable, here.c_str(), 1);
    MP_TRY(measured.status());
    others = *std::move(measured);
    if (others.size() != all.size()) return invalid("the index of the branch has other legs: ", other);
  }
  show(all, others, arguments, shell);
  if (arguments.options.flag("no_keep")) return {};
  all.insert(all.end(), others.begin(), others.end());
  MP_TRY(keep(all, arguments, questions, shell));
  shell.note("Kept in the table evaluations.");
  return {};
}

}  // namespace millpond::cli
