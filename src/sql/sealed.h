#pragma once
// What a sealed session runs: one SELECT over tables of the pond, and nothing that reads or sets anything else.

#include <string_view>

#include "millpond/status.h"
#include "sql/session_state.h"

namespace millpond::sql {

/// Errors: kPermissionDenied for a table that may not be read, for files, table functions and settings;
/// kInvalidArgument for what is no single SELECT.
Status check_sealed(Session::State& state, std::string_view statement, Context& context);

/// Whether a text is a condition on one row of a table: no queries in it, no functions that tell of the machine.
/// Errors: kInvalidArgument with what DuckDB says of the text; kPermissionDenied.
Status check_condition(Session::State& state, std::string_view table, std::string_view condition, Context& context);

}  // namespace millpond::sql
