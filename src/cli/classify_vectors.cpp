// millpond classify vectors: what the vectors of a table's rows say about them.

#include <arrow/array/array_binary.h>
#include <arrow/array/array_nested.h>
#include <arrow/array/array_primitive.h>
#include <arrow/record_batch.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/classify_actions.h"
#include "cli/near_rows.h"
#include "cli/shell.h"
#include "millpond/curate/neighbour_issues.h"
#include "millpond/pond/pond.h"
#include "millpond/stream.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;

struct VectorRows {
  std::vector<std::string> ids;
  std::vector<float> values;
  std::size_t width = 0;
  std::int64_t without = 0;
};

Status add(const Batch& batch, const std::string& column, const std::string& id, VectorRows& out) {
  const auto array = batch->GetColumnByName(column);
  const auto* lists = dynamic_cast<const arrow::ListArray*>(array.get());
  const auto* numbers = lists != nullptr ? dynamic_cast<const arrow::FloatArray*>(lists->values().get()) : nullptr;
  if (numbers == nullptr)
    return invalid("not a column of vectors: ", column).hint("The step `embed` makes `embedding`.");
  const auto names = std::dynamic_pointer_cast<arrow::StringArray>(batch->GetColumnByName(id));
  for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
    if (lists->IsNull(row) || lists->value_length(row) == 0) {
      ++out.without;
      continue;
    }
    const auto length = static_cast<std::size_t>(lists->value_length(row));
    if (out.width == 0) out.width = length;
    if (length != out.width) return invalid("vectors of another length than ", out.width, ": ", length);
    const float* const values = numbers->raw_values() + lists->value_offset(row);
    out.values.insert(out.values.end(), values, values + length);
    out.ids.push_back(names && !names->IsNull(row) ? names->GetString(row) : std::to_string(out.ids.size()));
  }
  return {};
}

Result<VectorRows> read_vectors(const std::string& name, const std::string& column, std::int64_t rows_max,
                                Shell& shell) {
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const pond::Table table, pond->table(name));
  if (find_field(table.schema(), column) == nullptr) return not_found("the table has no such column: ", column);
  const Field* const id = find_field(table.schema(), "id");
  const std::string id_column = id != nullptr && id->type == utf8() ? "id" : "_row";
  pond::ScanOptions scan;
  scan.columns = {column};
  if (find_field(table.schema(), id_column) != nullptr) scan.columns.push_back(id_column);
  MP_ASSIGN(const auto stream, table.scan(scan, shell.context()));
  VectorRows out;
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, stream->next(shell.context()));
    if (!batch) break;
    MP_TRY(add(*batch, column, id_column, out));
    if (static_cast<std::int64_t>(out.ids.size()) > rows_max) {
      return exhausted("the table has more rows with vectors than --vectors-max: ", rows_max)
          .hint("They are held in memory. Take a part of the rows into a table, or raise it.");
    }
  }
  return out;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

/// Rows that hang together, each set once.
std::vector<std::vector<std::int32_t>> sets_of(const curate::NearDuplicateRows& near) {
  std::vector<std::vector<std::int32_t>> sets;
  std::vector<bool> seen(near.of_row.size());
  for (std::size_t first = 0; first < seen.size(); ++first) {
    if (seen[first] || near.of_row[first].empty()) continue;
    std::vector<std::int32_t> set = {static_cast<std::int32_t>(first)};
    seen[first] = true;
    for (std::size_t i = 0; i < set.size(); ++i) {
      for (const std::int32_t other : near.of_row[static_cast<std::size_t>(set[i])]) {
        if (seen[static_cast<std::size_t>(other)]) continue;
        seen[static_cast<std::size_t>(other)] = true;
        set.push_back(other);
      }
    }
    sets.push_back(std::move(set));
  }
  return sets;
}

Status write_scores(const std::string& path, const VectorRows& rows, const curate::Outliers& outliers,
                    const curate::NearDuplicateRows& near) {
  if (path.empty()) return {};
  std::ofstream file(path);
  for (std::size_t row = 0; row < rows.ids.size(); ++row) {
    file << ordered_json{{"id", rows.ids[row]},
                         {"outlier_score", outliers.scores[row]},
                         {"near_duplicate_score", near.scores[row]}}
                .dump()
         << '\n';
  }
  file.close();
  return file ? Status() : unavailable("cannot write ", path);
}

}  // namespace

Status classify_vectors(const Options& options, Shell& shell) {
  constexpr double kOutlier = 0.37037, kNearDuplicate = 0.13, kSignificant = 0.05;
  constexpr std::size_t kShown = 20;
  const std::string& table = options.text("table");
  if (table.empty()) return invalid("classify needs --table").hint("The table with the vectors.");
  MP_ASSIGN(const VectorRows rows, read_vectors(table, options.text("vectors"), options.integer("vectors_max"), shell));
  const auto neighbours = static_cast<std::size_t>(options.integer("neighbours"));
  const double recall = options.number("recall");
  if (!(recall > 0 && recall <= 1)) return invalid("--recall must be above 0, and at most 1: ", recall);
  const bool exact = static_cast<std::int64_t>(rows.ids.size()) <= options.integer("exact_max");
  MP_ASSIGN(const auto near, exact ? curate::nearest_neighbours(rows.values, rows.width, neighbours, shell.context())
                                   : indexed_neighbours(rows.values, rows.width, neighbours, recall, shell.context()));
  const auto id = [&](std::int64_t row) { return rows.ids[static_cast<std::size_t>(row)]; };
  const curate::Outliers outliers = curate::find_outliers(near, kOutlier);
  const curate::NearDuplicateRows twins = curate::find_near_duplicates(near, kNearDuplicate);
  const double p_value = curate::order_p_value(near);
  ordered_json far = ordered_json::array(), same = ordered_json::array();
  std::vector<std::vector<std::string>> shown;
  for (const std::int64_t row : outliers.rows) {
    const double score = outliers.scores[static_cast<std::size_t>(row)];
    far.push_back({{"id", id(row)}, {"score", score}});
    if (shown.size() < kShown) shown.push_back({"outlier", number(score), id(row)});
  }
  const std::size_t shown_outliers = shown.size();
  const auto sets = sets_of(twins);
  for (const auto& set : sets) {
    ordered_json members = ordered_json::array();
    std::string names;
    for (const std::int32_t row : set) {
      members.push_back(id(row));
      if (members.size() <= 5) names += (names.empty() ? "" : ", ") + id(row);
    }
    if (set.size() > 5) names += ", ...";
    same.push_back(std::move(members));
    if (shown.size() < shown_outliers + kShown) {
      shown.push_back({"near-duplicates", number(twins.scores[static_cast<std::size_t>(set[0])]), names});
    }
  }
  MP_TRY(write_scores(options.text("predictions"), rows, outliers, twins));
  shell.line(human_count(static_cast<std::int64_t>(outliers.rows.size())) + " of " +
             human_count(static_cast<std::int64_t>(rows.ids.size())) + " rows are outliers; " +
             human_count(static_cast<std::int64_t>(sets.size())) + " sets of near-duplicates.");
  shell.line(std::string("The order of the rows ") +
             (p_value < kSignificant ? "is not random: rows near each other are alike" : "looks random") +
             " (p = " + number(p_value) + ").");
  if (!shown.empty()) shell.table({"what", "score", "id"}, shown);
  if (!exact) {
    shell.line("Of each row's nearest ones " + number(100 * recall) +
               " % were found, on average, by an index. --exact-max compares all with all.");
  }
  if (outliers.rows.size() > kShown || sets.size() > kShown) shell.line("--json has all of them.");
  shell.result({{"rows", rows.ids.size()},
                {"without_vector", rows.without},
                {"outliers", std::move(far)},
                {"near_duplicates", std::move(same)},
                {"order_p_value", p_value},
                {"exact", exact}});
  return {};
}

}  // namespace millpond::cli
