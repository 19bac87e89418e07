#pragma once
// What a clause of MERGE does, with its columns by name.

#include <string>
#include <vector>

#include "millpond/schema.h"
#include "sql/change.h"

namespace millpond::sql {

/// The action with every column named, where SQL lets them be left out (`INSERT`, `INSERT *`, `INSERT VALUES (...)`,
/// `UPDATE`, `UPDATE SET *`, `UPDATE BY NAME`): the table at work has columns more than the statement knows of. An
/// update also sets the column `mark` to true. Errors: kInvalidArgument if the source has too many columns, or too few.
Result<std::string> explicit_action(const std::string& action, const Schema& schema, const std::string& source,
                                    const std::vector<std::string>& source_columns, const std::string& mark);

}  // namespace millpond::sql
