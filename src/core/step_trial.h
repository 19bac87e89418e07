#pragma once
// A step run to see what it would do: rows that it drops stay, and say why.

#include <cstdint>
#include <string>
#include <vector>

#include "millpond/chain.h"
#include "millpond/rule_filter.h"

namespace millpond {

/// A rule that a row breaks, or the reason with which it was dropped.
struct Broken {
  std::string reason;
  RuleVerdict verdict;  ///< of a `RuleFilter`
  bool measured = false;
};

struct TrialOutcome {
  Batch rows;                                ///< a row that was dropped has its old values, and nulls for added ones
  std::vector<std::int64_t> parents;         ///< for each row, the input row; ascending
  std::vector<std::vector<Broken>> broken;   ///< for each row; empty: it passed
  std::vector<std::int64_t> rejected;        ///< input rows
  std::vector<std::string> rejected_reason;  ///< of each of them
};

/// Runs one step over a batch. A `RuleFilter` says of each row all rules that it breaks; other operators say one.
Result<TrialOutcome> try_step(const Step& step, Operator& op, const Batch& input, Context& context);

}  // namespace millpond
