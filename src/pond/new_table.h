#pragma once
// The first version of a table, into the catalog.

#include <string_view>

#include "pond/state.h"

namespace millpond::pond {

/// Errors: kInvalidArgument unless `name` is made of letters, digits and `_`.
Status check_table_name(std::string_view name);

/// Makes the folder `tables/name`, and puts metadata whose location it is there. Errors: kAlreadyExists.
Result<TableStatePtr> add_table(PondState& pond, std::string_view name, TableMetadata metadata);

}  // namespace millpond::pond
