#include "cli/step_counts.h"

#include <algorithm>
#include <utility>

namespace millpond::cli {

std::string kinds_in_words(const flow::StepCounts& counts) {
  std::vector<std::pair<std::int64_t, std::string>> most;
  for (const auto& [kind, count] : counts.counts) most.emplace_back(-count, kind);
  std::sort(most.begin(), most.end());
  std::string words;
  for (const auto& [count, kind] : most) words += (words.empty() ? "" : ", ") + human_count(-count) + " " + kind;
  return words;
}

nlohmann::ordered_json counts_json(const std::vector<flow::StepCounts>& all) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const flow::StepCounts& each : all) {
    list.push_back({{"table", each.table},
                    {"step", each.step},
                    {"column", each.column},
                    {"rows", each.rows},
                    {"counts", each.counts}});
  }
  return list;
}

void show_step_counts(const std::vector<flow::StepCounts>& all, Shell& shell) {
  if (all.empty()) return;
  std::vector<std::vector<std::string>> rows;
  for (const flow::StepCounts& each : all) {
    rows.push_back({each.table + ": " + each.step, human_count(each.rows), kinds_in_words(each)});
  }
  shell.line();
  shell.table({"counted by", "in rows", "kinds"}, rows);
}

}  // namespace millpond::cli
