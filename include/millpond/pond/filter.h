#pragma once
// Conditions on the rows of a table, by which a plan leaves out files that cannot hold such rows.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "millpond/status.h"

namespace millpond::pond {

enum class Compare : unsigned char {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,
  kNotIn,
  kIsNull,
  kNotNull,
  kStartsWith,
  kNotStartsWith
};

/// A constant as it was written; its type follows from the column when the filter is used. Dates, times and bytes are
/// text: '2026-01-31', '2026-01-31T12:00:00Z', 'x00ff'.
using FilterValue = std::variant<bool, std::int64_t, double, std::string>;

/// A tree of comparisons of columns with constants. The default is true of every row. A value; cheap to move.
struct Filter {
  enum class Kind : unsigned char { kTrue, kFalse, kAnd, kOr, kCompare };
  Kind kind = Kind::kTrue;
  std::vector<Filter> children;  ///< of kAnd and kOr
  std::string column;            ///< of kCompare; "a.b" is a field of a struct
  Compare compare = Compare::kEqual;
  std::vector<FilterValue> values;  ///< one, or several of kIn and kNotIn, or none

  bool always_true() const { return kind == Kind::kTrue; }
};

Filter all_of(std::vector<Filter> children);
Filter any_of(std::vector<Filter> children);
/// What is true where `filter` is false. Unknown stays unknown: a null is in neither.
Filter negated(const Filter& filter);

/// Reads a condition as SQL writes it: `day >= '2026-01-01' and (k in (1, 2) or name like 'a%') and note is not null`.
/// There are =, <>, !=, <, <=, >, >=, between, in, is null, like 'start%', and, or, not, and names in double quotes.
/// Errors: kInvalidArgument with the place.
Result<Filter> parse_filter(std::string_view text);

/// Reads an expression of Iceberg's REST catalog. What compares other things than a column counts as true.
/// Source: Iceberg REST specification, "Expression". Errors: kInvalidArgument.
Result<Filter> parse_filter_json(std::string_view json);

}  // namespace millpond::pond
