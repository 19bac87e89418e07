#pragma once
// Steps of several tables, run one after another over rows that nothing keeps.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/step_trial.h"
#include "millpond/flow/flow.h"
#include "millpond/flow/trial.h"
#include "millpond/pond/pond.h"

namespace millpond::flow {

/// The tables from which `table` derives by cheap steps, in order, itself last; `from` is what the first one reads.
struct TrialPath {
  std::string from;
  std::vector<const PlannedTable*> tables;
};
Result<TrialPath> path_to(const Plan& plan, std::string_view table);

/// `id`, `uri` or `_row` of a row.
std::string row_label(const Batch& rows, std::int64_t row);
/// How its `text` begins, in one line.
std::string text_begin(const Batch& rows, std::int64_t row);

/// A rule that a row broke, and where.
struct BrokenRule {
  std::size_t table, step;
  Broken broken;
};

struct TriedRows {
  Batch rows;  ///< under the columns of the last table, kept or not
  std::vector<std::vector<BrokenRule>> broken;
  std::vector<StepCounts> counts;
  std::int64_t rows_in = 0, rejected = 0;
};

/// One for each thread.
class PathRunner {
 public:
  static Result<std::unique_ptr<PathRunner>> make(const TrialPath& path);
  Result<TriedRows> run(const Batch& upstream, Context& context);

 private:
  const TrialPath* path_ = nullptr;
  std::vector<std::vector<std::unique_ptr<Operator>>> operators_;
};

}  // namespace millpond::flow
