#pragma once
// Which files a Delta table consists of.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::sql {

struct DeltaFile {
  std::string path;                                             ///< as in the log, percent-decoded
  std::map<std::string, std::optional<std::string>> partition;  ///< columns that are not in the file; none: null
};

/// The state after the commits taken so far. Threads: one.
/// Source: Delta's protocol, "Actions"; reader features that change rows are refused.
class DeltaLog {
 public:
  /// The lines of one commit file, in the order of versions.
  /// Errors: kDataCorrupt with the line; kUnsupported for a feature that this reader does not know.
  Status take(std::string_view commit, std::string_view file);
  const std::map<std::string, DeltaFile>& files() const { return files_; }
  const std::string& schema_json() const { return schema_json_; }
  const std::vector<std::string>& partition_columns() const { return partition_columns_; }

 private:
  Status take_line(std::string_view line);
  std::map<std::string, DeltaFile> files_;  // by path as in the log
  std::string schema_json_;
  std::vector<std::string> partition_columns_;
};

/// DuckDB's type for a Delta type's name ("long"); empty for one that is not plain.
std::string duckdb_type_of_delta(std::string_view type);

}  // namespace millpond::sql
