#pragma once
// From a citation to its row, and from the row back to its source.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millpond/context.h"
#include "millpond/flow/flow.h"
#include "millpond/pond/pond.h"
#include "millpond/type_fwd.h"

namespace millpond::ask {

struct CitedRow {
  std::string table;
  std::int64_t snapshot = 0;
  bool current = true;  ///< false: only an older snapshot has it
  Batch batch;          ///< one row
};

/// Rows whose id begins with these hexadecimal digits, in the newest snapshot that has one; of the tables in the order
/// of the plan the last that has any.
Result<std::vector<CitedRow>> find_rows(const pond::Pond& pond, const flow::Plan& plan, const std::string& prefix,
                                        Context& context);

/// The one row that a citation names; its first digits are enough.
/// Errors: kInvalidArgument if it is no citation or names several rows; kNotFound.
Result<CitedRow> cited_row(const pond::Pond& pond, const flow::Plan& plan, std::string citation, Context& context);

/// The texts of the chunks before and after, among those of the same parent; empty where there is none.
Result<std::pair<std::string, std::string>> neighbours(const pond::Pond& pond, const CitedRow& row, Context& context);

/// Each table's row on the way back, and the steps that made it. The last one says whether the source is unchanged.
Result<nlohmann::ordered_json> lineage(const pond::Pond& pond, const flow::Plan& plan, const CitedRow& row,
                                       Context& context);

/// file:///a/b%20c → /a/b c; anything else as it is.
std::string path_of(std::string_view uri);

}  // namespace millpond::ask
