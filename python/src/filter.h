#pragma once
// Which rows a condition from Python takes.

#include <cstdint>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "millpond/schema.h"
#include "runtime.h"

namespace millpond::python {

/// A condition over columns, in three values: a comparison with null is unknown, and only true takes a row.
/// Python gives it as nested tuples: ("and", a, b), ("or", a, b), ("not", a), ("null", column),
/// (comparison, column, value), ("in", column, values), ("contains" or "starts", column, text).
class Filter {
 public:
  /// Errors (raised): kInvalidArgument.
  static Filter from_python(nb::handle form);

  /// Errors: kNotFound for a column that there is not; kInvalidArgument where a value cannot be compared with it.
  Status check(const Schema& schema) const;
  void columns(std::set<std::string>& names) const;
  /// The rows that it takes, ascending.
  Result<std::vector<std::int64_t>> matching(const Batch& batch) const;

 private:
  using Value = std::variant<bool, std::int64_t, double, std::string>;
  enum class Truth : unsigned char { kNo, kYes, kUnknown };

  Result<std::vector<Truth>> judge(const Batch& batch) const;
  Result<std::vector<Truth>> compare_all(const Batch& batch) const;
  bool holds(int order) const;

  std::string form_;  ///< "and", "==", "in" …
  std::string column_;
  std::vector<Value> values_;
  std::vector<Filter> parts_;
};

}  // namespace millpond::python
