#pragma once
// Gathers what a manifest says about the columns of a file while it is written.
//
// Source: Iceberg spec, "Data File Fields", notes 1 and 2; appendix D. Text and binary bounds are cut to 16.

#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/pond/data_file.h"
#include "pond/iceberg_schema.h"

namespace parquet {
class FileMetaData;
}

namespace millpond::pond {

/// Counts and bounds of every leaf that is not inside a list or map.
class MetricsCollector {
 public:
  explicit MetricsCollector(const std::vector<IcebergField>& fields);
  void add(const arrow::RecordBatch& batch);
  /// Joined with what the Parquet footer knows: sizes and value counts of all leaves.
  std::shared_ptr<const ColumnMetrics> finish(const parquet::FileMetaData& footer) const;

  struct Leaf {
    std::int32_t id = 0;
    Type::Kind kind = Type::Kind::kUtf8;
    std::vector<int> path;  ///< child indices from the top
    bool decimal = false;   ///< whose bytes have another order
    std::int64_t nulls = 0, nans = 0;
    bool bounded = false;            ///< a value was seen that bounds can hold
    std::int64_t low = 0, high = 0;  ///< integers, dates, times, booleans
    double low_real = 0, high_real = 0;
    std::string low_text, high_text;
  };

 private:
  std::vector<Leaf> leaves_;
};

/// The first 16 characters (of text) or bytes; for an upper bound, raised so that it is not below the value.
/// Empty optional: there is no such upper bound.
std::string cut_lower(std::string_view value, bool text);
std::optional<std::string> cut_upper(std::string_view value, bool text);

}  // namespace millpond::pond
