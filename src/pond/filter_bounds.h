#pragma once
// Decides from bounds, partitions and their summaries whether some rows can pass a filter.
//
// Source: Iceberg spec, "Scan Planning", "Partition Transforms", appendix D.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/pond/filter.h"
#include "pond/manifest.h"
#include "pond/metadata.h"

namespace millpond::pond {

/// What is known about one column of some rows. The default says nothing.
struct ColumnRange {
  struct Bound {
    std::int64_t whole = 0;
    double real = 0;
    std::string_view text;
    bool known = false;
  };
  Bound low, high;  ///< of values that are neither null nor NaN; texts may be cut
  bool may_be_null = true, may_be_value = true, may_be_nan = true;
  std::int32_t bucket_width = 0, bucket_low = 0, bucket_high = 0;  ///< width 0: nothing is known of buckets
};

/// A filter under a table's current schema.
class BoundFilter {
 public:
  /// Errors: kInvalidArgument for a column that the table lacks, or a constant that is no value of its column.
  static Result<BoundFilter> make(const Filter& filter, const TableMetadata& table);

  bool always_true() const { return root_.kind == Filter::Kind::kTrue; }
  std::size_t columns() const { return columns_.size(); }
  std::int32_t column_id(std::size_t column) const { return columns_[column].id; }

  /// Ranges are one for each column. Threads: any.
  bool may_match(const std::vector<ColumnRange>& ranges) const { return may_match(root_, ranges); }

  /// Puts what a file says of a column into its range; empty views are unknown, counts below 0 too.
  struct Stats {
    std::optional<std::string_view> lower, upper;
    std::int64_t values = -1, nulls = -1, nans = -1;
  };
  void narrow(std::size_t column, const Stats& stats, ColumnRange& range) const;
  /// Puts what the rows' partition says into the ranges.
  void narrow(const PartitionSpec& spec, const Partition& partition, std::vector<ColumnRange>& ranges) const;
  void narrow(const PartitionSpec& spec, const std::vector<PartitionSummary>& summaries,
              std::vector<ColumnRange>& ranges) const;
  /// Whether a partition of this spec says anything about the columns here.
  bool concerns(const PartitionSpec& spec) const;

  bool may_match_entry(const ManifestEntry& entry, const PartitionSpec& spec) const;
  bool may_match_manifest(const ManifestFile& manifest, const PartitionSpec& spec) const;

 private:
  enum class Class : unsigned char { kWhole, kReal, kText, kOther };
  struct Column {
    std::int32_t id = 0;
    IcebergType type;
    Class kind = Class::kOther;
  };
  struct Constant {
    std::int64_t whole = 0;
    double real = 0, real_high = 0;
    std::string text;
  };
  struct Node {
    Filter::Kind kind = Filter::Kind::kTrue;
    Compare compare = Compare::kEqual;
    std::size_t column = 0;
    std::vector<Constant> values;
    std::vector<Node> children;
  };

  Result<Node> bind(const Filter& filter, const TableMetadata& table);
  Result<Node> bind_comparison(const Filter& filter, const TableMetadata& table);
  bool may_match(const Node& node, const std::vector<ColumnRange>& ranges) const;
  bool may_compare(const Node& node, const ColumnRange& range) const;
  bool may_equal(const Column& column, const Constant& value, const ColumnRange& range) const;
  ColumnRange::Bound bound_of(const Column& column, std::string_view bytes) const;
  void narrow_field(const PartitionField& field, std::optional<std::string_view> low,
                    std::optional<std::string_view> high, ColumnRange& range, const Column& column) const;

  std::vector<Column> columns_;
  Node root_;
};

}  // namespace millpond::pond
