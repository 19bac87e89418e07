#pragma once
// A table whose fold runs in passes over rows that lie in many places: on Spark, on Ray.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/flow/flow.h"
#include "millpond/scattered.h"

namespace millpond::flow {

/// The table's fold needs no place that sees all rows.
bool can_scatter(const PlannedTable& planned);

/// What happens next, after the pass of the plan `passed`; the first call has neither plan nor tallies.
Result<NextPass> next_pass(const Plan& plan, std::string_view table, std::string_view passed,
                           const std::vector<std::string>& tallies);

/// Rows of whole splits, as `split_rows` gives them, in their order (for `Pass::kAnswer` with `kVerdictColumn`):
/// records out. Outcome rows are passed over. `plan` must stay alive while the stream is read.
Result<std::unique_ptr<Stream>> note_split(const Plan& plan, std::string_view table, std::string_view passed,
                                           std::unique_ptr<Stream> rows);

/// Records of some places in, records out.
Result<std::unique_ptr<Stream>> work_records(const Plan& plan, std::string_view table, std::string_view passed,
                                             std::unique_ptr<Stream> records, Context& context);

/// Rows of whole splits in their order, with `kVerdictColumn`; each verdict comes before its row. Results as those of
/// `fold_split`, in order. Outcome rows pass through. `plan` must stay alive while the stream is read.
Result<std::unique_ptr<Stream>> judge_split(const Plan& plan, std::string_view table, std::string_view passed,
                                            std::unique_ptr<Stream> rows);

}  // namespace millpond::flow
