#pragma once
// Conditions on rows, judged by DuckDB.

#include <memory>

#include "millpond/flow/condition.h"

namespace millpond::sql {

/// For `Context::provide`. DuckDB starts with the first condition, and again with each: a condition costs some 20 ms
/// beside what it reads.
std::shared_ptr<flow::SqlConditions> sql_conditions();

}  // namespace millpond::sql
