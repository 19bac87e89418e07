#pragma once
// What the steps of a table would drop, and what they decided about one row. Nothing is written.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millpond/context.h"
#include "millpond/flow/flow.h"
#include "millpond/pond/pond.h"
#include "millpond/row_hash.h"

namespace millpond::flow {

/// A row that a rule would drop.
struct TrialExample {
  std::string row;  ///< its `id` or `uri` where it has one, else its `_row`
  std::optional<double> value;
  std::string text;  ///< how its `text` begins
};

/// One rule, or one reason of a step that tells no rules.
struct TrialRule {
  std::string table, step, rule, column;
  std::optional<double> threshold;
  bool at_least = false;    ///< the column must be at least the threshold; otherwise at most
  std::int64_t breaks = 0;  ///< rows that break it, whatever else they break
  std::int64_t drops = 0;   ///< rows of which it is the first that they break: what a build counts
  std::int64_t only = 0;    ///< rows that break nothing else: what would stay without it
  std::vector<TrialExample> examples;
};

/// What a step counts by kind, such as personal data that it finds or takes out: a column map<utf8, int64> that it
/// adds. Never the values.
struct StepCounts {
  std::string table, step, column;
  std::int64_t rows = 0;  ///< with any
  std::map<std::string, std::int64_t> counts;
};

struct TrialReport {
  std::string table, from;
  std::int64_t rows_in = 0, rows_kept = 0, rows_rejected = 0;
  std::vector<TrialRule> rules;  ///< in the order of the steps
  /// Rows that break both of two rules (indexes of `rules`, the smaller first).
  std::map<std::pair<std::size_t, std::size_t>, std::int64_t> overlaps;
  std::string fold;  ///< the last step, where it needs rows together; empty: none
  std::int64_t rows_joined = 0;
  std::vector<StepCounts> counts;   ///< in the order of the steps; of rows that no step before drops
  std::vector<std::string> silent;  ///< "table: step" of filters that dropped no row
};

struct TrialOptions {
  std::int64_t rows_max = 0;  ///< look at so many rows only; 0: at all
  int examples = 2;           ///< of each rule
};

/// Runs the steps that lead to `table` over the rows of the nearest table before it that reads files or does costly
/// work (that one must be built). Each rule judges every row, those that others drop included.
/// Errors: kNotFound for a table that the flow has not, or that is not built; those of the steps.
/// Threads: uses `context.threads()`; the report does not depend on them.
Result<TrialReport> try_table(const pond::Pond& pond, const Plan& plan, std::string_view table,
                              const TrialOptions& options, Context& context);

/// What one rule said of a row.
struct RuleStory {
  std::string step, rule, column;
  std::optional<double> value, threshold;
  bool at_least = false, broken = false;
};

/// A row in one table of the flow, as its steps judged it.
struct TableStory {
  std::string table, row;  ///< `row`: `_row` in this table; empty where it is not there
  bool kept = false;
  std::vector<RuleStory> rules;    ///< with those that it passed
  std::vector<StepCounts> counts;  ///< of this row
  std::string rejected;            ///< why a step could not process it
  std::string fold, keep;          ///< the fold, and its rule of who stays
  /// Of a fold that makes no clusters: what it measured of the row (its weight, how often it is there).
  std::vector<std::pair<std::string, double>> fold_values;
  std::int64_t copies = 0;  ///< of the row that such a fold leaves
  bool weighed = false;
  std::int64_t cluster_size = 0;
  std::string stays;                    ///< of its cluster: `id`, `uri` or `_row` of the row that stays
  std::int64_t repeated_bytes = 0;      ///< of its text, that the fold takes out
  std::vector<std::string> repeats_of;  ///< the rows that have them first, where that is known
};

/// Follows a row of `table` through every table that derives from it; the steps judge it again.
/// Errors: kNotFound.
Result<std::vector<TableStory>> explain(const pond::Pond& pond, const Plan& plan, std::string_view table,
                                        const RowId& row, Context& context);

}  // namespace millpond::flow
