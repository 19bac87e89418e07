#pragma once
// A filter that can be asked about each of its rules, not only for the first that a row breaks.

#include <cstdint>
#include <string_view>
#include <vector>

#include "millpond/operator.h"

namespace millpond {

/// What one rule said of one row.
struct RuleVerdict {
  std::string_view rule;    ///< the reason with which the row is dropped
  std::string_view column;  ///< what was measured
  double value = 0;
  double threshold = 0;
  bool at_least = false;  ///< the value must be at least the threshold; otherwise at most
  bool measured = true;   ///< false: the column is null, which breaks no rule
  bool broken = false;
};

/// An operator that adds and rewrites nothing, and drops a row by the first of these verdicts that is broken.
class RuleFilter : public Operator {
 public:
  /// Those of the rules that are switched on, in their order; the same ones for each row.
  virtual std::vector<RuleVerdict> verdicts(const Input& in, std::int64_t row) const = 0;
};

}  // namespace millpond
