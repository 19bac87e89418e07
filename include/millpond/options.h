#pragma once
// Declared options: one declaration serves the flow checker, the CLI help, JSON and the fingerprint.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "millpond/status.h"

namespace millpond {

using OptionValue = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

/// An option as an operator declares it. The type of `default_value` is the option's type.
struct Option {
  Option(std::string_view name, bool value, std::string_view summary)
      : name(name), default_value(value), summary(summary) {}
  Option(std::string_view name, int value, std::string_view summary)
      : name(name), default_value(std::int64_t{value}), summary(summary) {}
  Option(std::string_view name, std::int64_t value, std::string_view summary)
      : name(name), default_value(value), summary(summary) {}
  Option(std::string_view name, double value, std::string_view summary)
      : name(name), default_value(value), summary(summary) {}
  Option(std::string_view name, const char* value, std::string_view summary)
      : name(name), default_value(std::string(value)), summary(summary) {}
  Option(std::string_view name, std::vector<std::string> value, std::string_view summary)
      : name(name), default_value(std::move(value)), summary(summary) {}
  /// The same option with the only values that it may take (of a text option).
  Option one_of(std::vector<std::string> allowed) && {
    choices = std::move(allowed);
    return std::move(*this);
  }

  std::string_view name;
  OptionValue default_value;
  std::string_view summary;
  std::vector<std::string> choices;
};

/// Values for every declared option: given ones checked for name and type, the rest at their defaults.
/// Threads: immutable after `resolve`.
class Options {
 public:
  /// Errors: kInvalidArgument for an unknown name (the hint names the nearest one) or a value of the wrong type.
  static Result<Options> resolve(const std::vector<Option>& declared, const std::map<std::string, OptionValue>& given);

  bool flag(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  double number(std::string_view name) const;  ///< also of an integer option
  const std::string& text(std::string_view name) const;
  const std::vector<std::string>& list(std::string_view name) const;

  /// Every option with its value, sorted by name, as canonical JSON: part of the fingerprint.
  std::string canonical() const;
  const std::map<std::string, OptionValue, std::less<>>& values() const { return values_; }

 private:
  std::map<std::string, OptionValue, std::less<>> values_;
};

}  // namespace millpond
