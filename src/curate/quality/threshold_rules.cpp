#include "curate/quality/threshold_rules.h"

#include "curate/quality/rules.h"

namespace millpond::curate {
namespace {

class ThresholdFilter final : public Operator {
 public:
  ThresholdFilter(std::span<const ThresholdRule> rules, const Options& options) {
    for (const ThresholdRule& rule : rules) {
      if (const double value = options.number(rule.option); value != 0) checks_.push_back({&rule, value});
    }
  }

  Status process(const Input& in, Output& out, Context&) override {
    std::vector<const ThresholdRule*> broken(static_cast<std::size_t>(in.rows()), nullptr);
    for (const Check& check : checks_) {
      if (check.rule->integer) {
        judge(check, in.int64(check.rule->column), broken);
      } else {
        judge(check, in.float64(check.rule->column), broken);
      }
    }
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (const ThresholdRule* rule = broken[static_cast<std::size_t>(row)]) {
        out.drop(row, rule->reason);
      } else {
        out.emit(row);
      }
    }
    return {};
  }

 private:
  struct Check {
    const ThresholdRule* rule;
    double threshold;
  };

  template <class Column>
  static void judge(const Check& check, const Column& column, std::vector<const ThresholdRule*>& broken) {
    for (std::size_t row = 0; row < broken.size(); ++row) {
      const auto at = static_cast<std::int64_t>(row);
      if (broken[row] || column.null(at)) continue;
      const auto value = static_cast<double>(column[at]);
      const bool breaks =
          check.rule->bound == ThresholdRule::Bound::kMax ? value > check.threshold : value < check.threshold;
      if (breaks) broken[row] = check.rule;
    }
  }

  std::vector<Check> checks_;
};

}  // namespace

std::span<const ThresholdRule> threshold_rules(std::string_view filter) {
  if (filter == "gopher_quality") return kGopherQualityRules;
  if (filter == "gopher_repetition") return kGopherRepetitionRules;
  if (filter == "fineweb_quality") return kFinewebRules;
  return {};
}

Schema rule_columns(std::span<const ThresholdRule> rules) {
  Schema columns;
  for (const ThresholdRule& rule : rules) {
    if (!find_field(columns, rule.column)) {
      columns.push_back({std::string(rule.column), rule.integer ? int64() : float64(), false});
    }
  }
  return columns;
}

std::unique_ptr<Operator> make_threshold_filter(std::span<const ThresholdRule> rules, const Options& options) {
  return std::make_unique<ThresholdFilter>(rules, options);
}

}  // namespace millpond::curate
