#include "curate/keep_one.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <numeric>
#include <unordered_map>

#include "core/arrow_status.h"
#include "core/take.h"

namespace millpond::curate {
namespace {

class KeepOne final : public Fold {
 public:
  KeepOne(KeyIds ids, KeepRule rule) : ids_(std::move(ids)), rule_(std::move(rule)) {}

  Status absorb(const Batch& rows, Context&) override {
    MP_ASSIGN(const std::vector<RowId> ids, ids_(rows));
    MP_ASSIGN(const std::vector<double> worth, worth_of(rows, rule_));
    std::vector<Group> groups;
    for (std::size_t row = 0; row < ids.size(); ++row) groups.push_back({ids[row], worth[row], 0, 0});
    return keep_better(rows, groups);
  }

  Status merge(Fold&& other, Context&) override {
    auto& later = static_cast<KeepOne&>(other);
    MP_TRY(later.forget_worse());
    std::size_t first = 0;
    for (const Batch& rows : later.kept_) {
      std::vector<Group> groups;
      for (std::int64_t row = 0; row < rows->num_rows(); ++row)
        groups.push_back(later.groups_[later.group_of_[first++]]);
      MP_TRY(keep_better(rows, groups));
    }
    return {};
  }

  Result<std::vector<Batch>> finish(Context&) override {
    MP_TRY(forget_worse());
    std::vector<Batch> results;
    std::size_t row = 0;
    for (const Batch& rows : kept_) {
      arrow::Int32Builder duplicates;
      for (std::int64_t i = 0; i < rows->num_rows(); ++i) {
        MP_TRY(from_arrow(duplicates.Append(groups_[group_of_[row++]].others)));
      }
      MP_ASSIGN(auto column, from_arrow(duplicates.Finish()));
      auto columns = rows->columns();
      columns.push_back(std::move(column));
      arrow::FieldVector fields = rows->schema()->fields();
      fields.push_back(arrow::field("duplicates", arrow::int32(), false));
      results.push_back(
          arrow::RecordBatch::Make(arrow::schema(std::move(fields)), rows->num_rows(), std::move(columns)));
    }
    return results;
  }

 private:
  struct Group {
    RowId id;
    double worth = 0;
    std::int32_t others = 0;  ///< rows that the one that stays stands for, besides itself
    std::size_t place = 0;    ///< of the row that stays, among those held
  };

  /// `given`: of each row, and how many others stand behind it already.
  Status keep_better(const Batch& rows, const std::vector<Group>& given) {
    std::vector<std::int64_t> chosen;
    for (std::size_t row = 0; row < given.size(); ++row) {
      const auto [entry, is_new] = group_by_id_.try_emplace(given[row].id, groups_.size());
      const std::size_t place = group_of_.size();
      if (is_new) {
        groups_.push_back(given[row]);
        groups_.back().place = place;
      } else {
        Group& group = groups_[entry->second];
        group.others += 1 + given[row].others;
        if (!(given[row].worth > group.worth)) continue;
        group.worth = given[row].worth;
        group.place = place;
        ++worse_;
      }
      chosen.push_back(static_cast<std::int64_t>(row));
      group_of_.push_back(entry->second);
    }
    if (chosen.empty()) return {};
    if (static_cast<std::int64_t>(chosen.size()) == rows->num_rows()) {
      kept_.push_back(rows);
    } else {
      MP_ASSIGN(Batch taken, take(rows, chosen));  // a copy: a slice would keep the duplicates' bytes alive
      kept_.push_back(std::move(taken));
    }
    return worse_ > 1000 + group_of_.size() / 2 ? forget_worse() : Status();
  }

  /// Lets go of rows that a better one took the place of.
  Status forget_worse() {
    if (worse_ == 0) return {};
    std::vector<Batch> kept;
    std::vector<std::size_t> group_of;
    std::size_t place = 0;
    for (const Batch& rows : kept_) {
      std::vector<std::int64_t> staying;
      for (std::int64_t row = 0; row < rows->num_rows(); ++row, ++place) {
        Group& group = groups_[group_of_[place]];
        if (group.place != place) continue;
        staying.push_back(row);
        new_places_.emplace_back(group_of_[place], group_of.size());
        group_of.push_back(group_of_[place]);
      }
      if (staying.empty()) continue;
      MP_ASSIGN(Batch taken, take(rows, staying));
      kept.push_back(std::move(taken));
    }
    for (const auto& [group, new_place] : new_places_) groups_[group].place = new_place;
    new_places_.clear();
    kept_ = std::move(kept);
    group_of_ = std::move(group_of);
    worse_ = 0;
    return {};
  }

  const KeyIds ids_;
  const KeepRule rule_;
  std::unordered_map<RowId, std::size_t, RowIdHash> group_by_id_;
  std::vector<Group> groups_;
  std::vector<Batch> kept_;
  std::vector<std::size_t> group_of_;  // of each row in `kept_`
  std::size_t worse_ = 0;              // rows in `kept_` that will not stay
  std::vector<std::pair<std::size_t, std::size_t>> new_places_;
};

}  // namespace

std::unique_ptr<Fold> keep_one(KeyIds ids, KeepRule rule) {
  return std::make_unique<KeepOne>(std::move(ids), std::move(rule));
}

}  // namespace millpond::curate
