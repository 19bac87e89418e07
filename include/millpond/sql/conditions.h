#pragma once
// Conditions on rows, judged by DuckDB.

#include <memory>

#include "millpond/flow/condition.h"

namespace millpond::sql {

/// For `Context::provide`. DuckDB starts with the first condition and then waits for the next; up to two wait. One
/// that was asked while others were at work starts another.
std::shared_ptr<flow::SqlConditions> sql_conditions();

}  // namespace millpond::sql
