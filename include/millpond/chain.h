#pragma once
// Steps in a row, run over one batch at a time: the driver behind every derived table.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "millpond/operator.h"

namespace millpond {

/// A step as a flow names it.
struct StepSpec {
  std::string name;
  std::map<std::string, OptionValue> options;
};

/// A step resolved against the registry.
struct Step {
  const OperatorDef* def = nullptr;
  Options options;
  /// Hash (hex) of name, version, every option and what else decides the result (a model's file).
  std::string fingerprint;
};

/// A row that a step could not process.
struct ChainReject {
  std::int64_t input_row = 0;  ///< in the batch given to `run`
  std::size_t step = 0;
  Code code = Code::kInternal;
  std::string why;
};

/// What became of one batch. Every input row is behind a row of `rows`, a drop, a reject, or was emitted as nothing.
struct ChainOutcome {
  Batch rows;                                 ///< the input's columns, carried along, then the added ones
  std::vector<std::int64_t> parents;          ///< for each row of `rows`, its input row; ascending
  std::map<std::string, std::int64_t> drops;  ///< "step: reason" → rows
  std::vector<ChainReject> rejects;
};

/// A checked sequence of steps. Threads: immutable; shared by the runners.
class Chain {
 public:
  /// Errors: kNotFound for an operator that does not exist; kInvalidArgument for an option, or for a column that a step
  /// reads and nothing before it provides. Messages begin with the step's name.
  static Result<Chain> plan(const Schema& input, const std::vector<StepSpec>& steps);

  const std::vector<Step>& steps() const { return steps_; }
  const Schema& input() const { return input_; }
  const Schema& output() const { return output_; }
  /// Hash (hex) over the fingerprints of all steps, in order.
  std::string fingerprint() const;

  /// The steps before the first costly one; `steps().size()` when none is costly.
  std::size_t costly_from() const { return costly_from_; }
  /// Columns that the steps from `first` on read and do not make themselves: what their result depends on.
  std::vector<std::string> reads_from(std::size_t first) const;
  /// Columns of the input that running the chain needs, `locates` included.
  std::vector<std::string> needs() const;
  /// The steps [first, last) as a chain of their own.
  Chain slice(std::size_t first, std::size_t last) const;

 private:
  Schema input_, output_;
  std::vector<Step> steps_;
  std::size_t costly_from_ = 0;
};

/// Runs a chain; one for each worker thread.
class ChainRunner {
 public:
  /// `wanted`: the columns that the outcome must have; others are carried only as far as a step reads them, since a
  /// column that is carried along is copied for every row that its row turns into. Null: all columns.
  static Result<std::unique_ptr<ChainRunner>> make(const Chain& chain, const std::set<std::string>* wanted = nullptr);
  /// Errors: what an operator returned, with its name; kInternal when rows were lost or counted twice.
  Result<ChainOutcome> run(const Batch& input, Context& context);

 private:
  explicit ChainRunner(const Chain& chain) : chain_(chain) {}
  Status run_step(std::size_t step, ChainOutcome& outcome, Context& context);
  Chain chain_;
  std::vector<std::unique_ptr<Operator>> operators_;
  std::vector<Schema> sets_;                                   // what each step adds, then what it rewrites
  std::optional<std::vector<std::set<std::string>>> carried_;  // after each step
};

}  // namespace millpond
