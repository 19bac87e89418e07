#pragma once
// Queries that make tables of the flow.

#include <memory>

#include "millpond/flow/query.h"
#include "millpond/pond/pond.h"

namespace millpond::sql {

/// Checks and runs the queries of a flow by DuckDB, over the pond's snapshots. DuckDB starts with the first query.
/// Errors (of its methods): kUnavailable if DuckDB's library is not installed.
std::unique_ptr<flow::QueryEngine> query_engine(std::shared_ptr<pond::Pond> pond);

}  // namespace millpond::sql
