#pragma once
// What a query's WHERE says of its table, so that files without such rows are not opened.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "millpond/pond/filter.h"

namespace millpond::sql {

struct TableFilter {
  std::string table;  ///< as the statement names it
  pond::Filter filter;
};

/// Of a SELECT from one table that stands nowhere else in the statement; what is not understood of its WHERE counts as
/// true. None for other statements. `tree` is what json_serialize_sql gives.
std::optional<TableFilter> filter_of(const nlohmann::json& tree);

}  // namespace millpond::sql
