#include "flow/step_counts.h"

#include <arrow/array.h>
#include <arrow/array/array_nested.h>
#include <arrow/record_batch.h>

namespace millpond::flow {
namespace {

bool is_counts(const Type& type) {
  return type.kind == Type::Kind::kMap && type.children.size() == 2 &&
         type.children[0].type.kind == Type::Kind::kUtf8 && type.children[1].type.kind == Type::Kind::kInt64;
}

}  // namespace

void add_step_counts(const std::string& table, const Step& step, const Batch& rows,
                     const std::function<bool(std::int64_t row)>& counts, std::vector<StepCounts>& all,
                     std::size_t& next) {
  for (const Field& field : step.def->adds) {
    if (!is_counts(field.type)) continue;
    if (next == all.size()) all.push_back({table, std::string(step.def->name), field.name, 0, {}});
    StepCounts& sum = all[next++];
    const auto column = rows->GetColumnByName(field.name);
    const auto* maps = dynamic_cast<const arrow::MapArray*>(column.get());
    if (!maps) continue;
    const auto& kinds = static_cast<const arrow::StringArray&>(*maps->keys());
    const auto& numbers = static_cast<const arrow::Int64Array&>(*maps->items());
    for (std::int64_t row = 0; row < maps->length(); ++row) {
      if (maps->IsNull(row) || maps->value_length(row) == 0 || !counts(row)) continue;
      ++sum.rows;
      for (std::int64_t at = maps->value_offset(row); at < maps->value_offset(row + 1); ++at) {
        sum.counts[kinds.GetString(at)] += numbers.Value(at);
      }
    }
  }
}

void merge_step_counts(const std::vector<StepCounts>& more, std::vector<StepCounts>& all) {
  if (all.empty()) {
    all = more;
    return;
  }
  for (std::size_t i = 0; i < more.size() && i < all.size(); ++i) {
    all[i].rows += more[i].rows;
    for (const auto& [kind, count] : more[i].counts) all[i].counts[kind] += count;
  }
}

}  // namespace millpond::flow
