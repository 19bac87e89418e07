#pragma once
// Filters that are predicates over signal columns: a rule names a column, the option with its threshold, and a reason.

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "millpond/operator.h"

namespace millpond::curate {

/// Drops a row whose column is beyond the option's value. A threshold of 0 switches the rule off.
struct ThresholdRule {
  enum class Bound : unsigned char { kMin, kMax };
  std::string_view reason, column, option;
  Bound bound = Bound::kMax;
  bool integer = false;  ///< the column is int64, not float64
};

/// The rules of a filter in their order: the first that a row breaks is its reason. Empty: no such filter.
std::span<const ThresholdRule> threshold_rules(std::string_view filter);

/// The columns that the rules read.
Schema rule_columns(std::span<const ThresholdRule> rules);

/// A filter by `rules`, which must outlive it. Rows without a value (null) break no rule.
std::unique_ptr<Operator> make_threshold_filter(std::span<const ThresholdRule> rules, const Options& options);

/// The same, as `OperatorDef::make` has it.
template <const auto& kRules>
Result<std::unique_ptr<Operator>> threshold_filter(const Options& options) {
  return make_threshold_filter(kRules, options);
}

}  // namespace millpond::curate
