#pragma once
// A condition of the filter language, tested on rows.

#include <arrow/type_fwd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "millpond/pond/filter.h"
#include "millpond/pond/table.h"

namespace millpond::index {

/// Threads: immutable.
class RowTest {
 public:
  /// Errors: kInvalidArgument for a column that the table lacks, or a constant that is no value of its column.
  static Result<RowTest> make(const pond::Filter& filter, const pond::Table& table);

  /// Top-level columns that `rows` looks at.
  const std::vector<std::string>& columns() const { return columns_; }
  /// Sets `yes[i]` to 1 where the condition is true of row i, else to 0. A comparison with null is not true.
  Status rows(const arrow::RecordBatch& batch, std::vector<unsigned char>& yes) const;

 private:
  enum class Family : unsigned char { kWhole, kReal, kText, kNested };
  struct Constant {
    std::int64_t whole = 0;
    double real = 0, real_high = 0;
    std::string text;
  };
  struct Node {
    pond::Filter::Kind kind = pond::Filter::Kind::kTrue;
    pond::Compare compare = pond::Compare::kEqual;
    std::string column;  // "a.b" is a field of a struct
    Family family = Family::kWhole;
    std::vector<Constant> values;
    std::vector<Node> children;
  };
  static Result<Node> bind(const pond::Filter& filter, const pond::Table& table);
  static Result<Node> bind_comparison(const pond::Filter& filter, const pond::Table& table);
  static Status judge(const Node& node, const arrow::RecordBatch& batch, std::vector<unsigned char>& yes);
  static Status compare(const Node& node, const arrow::RecordBatch& batch, std::vector<unsigned char>& yes);
  template <class Order>
  static void compare_rows(const Node& node, const arrow::Array& array, const Order& order,
                           std::vector<unsigned char>& yes);
  void collect(const Node& node);

  Node root_;
  std::vector<std::string> columns_;
};

}  // namespace millpond::index
