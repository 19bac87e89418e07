#pragma once
// Who stays of rows that are the same, or nearly.

#include <string>
#include <string_view>
#include <vector>

#include "millpond/options.h"
#include "millpond/status.h"
#include "millpond/type_fwd.h"

namespace millpond::curate {

/// `first` in the order of the table, the `longest` text, the `highest` number or time of a column; `best` is the
/// highest number, `newest` the highest time.
struct KeepRule {
  std::string keep = "first", column;
  bool first() const { return keep == "first"; }
};

/// For the option `keep`, besides those of a fold's own.
std::vector<std::string> keep_choices();

/// A number of each row, larger for the row that should stay; a null is less than all. All 0 for `first`.
/// Errors: kInvalidArgument if the column is missing, or of a type that does not go with the rule.
Result<std::vector<double>> worth_of(const Batch& rows, const KeepRule& rule);

}  // namespace millpond::curate
