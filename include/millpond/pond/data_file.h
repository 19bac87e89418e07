#pragma once
// Files of rows, and rows in files.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millpond::pond {

/// Row positions in one data file, from 0, ascending and distinct. Immutable.
class Positions {
 public:
  Positions() = default;
  /// Sorts and makes distinct where needed.
  explicit Positions(std::vector<std::int64_t> positions);

  std::int64_t size() const { return static_cast<std::int64_t>(values_.size()); }
  bool empty() const { return values_.empty(); }
  bool contains(std::int64_t position) const;
  const std::vector<std::int64_t>& values() const { return values_; }

  Positions united(const Positions& other) const;
  Positions without(const Positions& other) const;
  /// The positions in 0..rows that are not in here.
  Positions complement(std::int64_t rows) const;
  bool operator==(const Positions&) const = default;

 private:
  std::vector<std::int64_t> values_;
};
using PositionsPtr = std::shared_ptr<const Positions>;

/// What a manifest says about the columns of a file, by field id, ascending.
/// Source: Iceberg spec, "Data File Fields"; bounds are in the binary form of appendix D.
struct ColumnMetrics {
  template <class T>
  using ById = std::vector<std::pair<std::int32_t, T>>;
  ById<std::int64_t> sizes_bytes, values, nulls, nans;
  ById<std::string> lower, upper;
};

/// The values that all rows of a file share, by partition field id, in the binary form of appendix D; none: null.
using Partition = std::vector<std::pair<std::int32_t, std::optional<std::string>>>;

/// A Parquet file of rows. `path` is the URI that stands in manifests and names the file for its whole life.
struct DataFile {
  std::string path;
  std::int64_t rows = 0;
  std::int64_t size_bytes = 0;
  std::vector<std::int64_t> split_offsets;       ///< where each row group starts
  std::shared_ptr<const ColumnMetrics> metrics;  ///< null if the writer left none
  std::int32_t spec_id = 0;                      ///< of the partition spec that `partition` follows
  std::shared_ptr<const Partition> partition;    ///< null: unpartitioned
  /// Version 3: row `p` has the id `first_row_id + p`, unless the file itself says another. None: not assigned.
  std::optional<std::int64_t> first_row_id;
};

/// A file as it stands in a snapshot: its rows less the deleted ones.
struct LiveFile {
  DataFile file;
  PositionsPtr deleted;  ///< null: none
  std::int64_t sequence_number = 0;
  std::int64_t live_rows() const { return file.rows - (deleted ? deleted->size() : 0); }
};

/// Rows to read from one file: those at `only`, or all, less those at `deleted`.
struct FilePart {
  DataFile file;
  PositionsPtr only;                 ///< null: every row
  PositionsPtr deleted;              ///< null: none; not looked at where `only` is set
  std::int64_t sequence_number = 0;  ///< of the commit that added the file
  std::int64_t rows() const { return only ? only->size() : file.rows - (deleted ? deleted->size() : 0); }
};

}  // namespace millpond::pond
