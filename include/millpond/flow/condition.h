#pragma once
// Conditions on the rows of one table in full SQL. Who searches knows what it needs; who runs SQL stands behind this.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "millpond/context.h"
#include "millpond/pond/pond.h"

namespace millpond::flow {

/// Judges what the language of `pond::parse_filter` cannot say: functions, arithmetic, maps, patterns. Given to
/// searches with `Context::provide`; empty where there is no SQL engine.
struct SqlConditions {
  /// The rows of these files of a table for which a condition is true.
  ///
  /// Shape:   for each file its positions, in no order.
  /// Errors:  kInvalidArgument with where the text is wrong; kPermissionDenied for a condition that looks at anything
  ///          but columns of the row; kUnavailable if SQL's library is not installed.
  /// Threads: any.
  std::function<Result<std::vector<std::vector<std::int64_t>>>(const std::shared_ptr<pond::Pond>&, const pond::Table&,
                                                               std::span<const pond::LiveFile>,
                                                               const std::string& condition, Context&)>
      rows_where;
};

}  // namespace millpond::flow
