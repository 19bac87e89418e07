#include "curate/quality/threshold_rules.h"

#include "curate/quality/rules.h"
#include "millpond/rule_filter.h"

namespace millpond::curate {
namespace {

class ThresholdFilter final : public RuleFilter {
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

  std::vector<RuleVerdict> verdicts(const Input& in, std::int64_t row) const override {
    std::vector<RuleVerdict> all;
    for (const Check& check : checks_) {
      const ThresholdRule& rule = *check.rule;
      RuleVerdict verdict{.rule = rule.reason, .column = rule.column, .threshold = check.threshold};
      verdict.at_least = rule.bound == ThresholdRule::Bound::kMin;
      const auto look = [&](const auto& column) {
        verdict.measured = !column.null(row);
        if (verdict.measured) verdict.value = static_cast<double>(column[row]);
      };
      if (rule.integer) {
        look(in.int64(rule.column));
      } else {
        look(in.float64(rule.column));
      }
      verdict.broken = verdict.measured && breaks(check, verdict.value);
      all.push_back(verdict);
    }
    return all;
  }

 private:
  struct Check {
    const ThresholdRule* rule;
    double threshold;
  };

  static bool breaks(const Check& check, double value) {
    return check.rule->bound == ThresholdRule::Bound::kMax ? value > check.threshold : value < check.threshold;
  }

  template <class Column>
  static void judge(const Check& check, const Column& column, std::vector<const ThresholdRule*>& broken) {
    for (std::size_t row = 0; row < broken.size(); ++row) {
      const auto at = static_cast<std::int64_t>(row);
      if (broken[row] || column.null(at)) continue;
      if (breaks(check, static_cast<double>(column[at]))) broken[row] = check.rule;
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
