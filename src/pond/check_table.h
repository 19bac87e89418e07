#pragma once
// One version of a table against its files.

#include <set>
#include <string>
#include <vector>

#include "millpond/pond/check.h"
#include "pond/file_io.h"
#include "pond/state.h"

namespace millpond::pond {

class TableCheck {
 public:
  TableCheck(std::shared_ptr<PondState> pond, TableStatePtr table, const CheckOptions& options, Context& context)
      : pond_(std::move(pond)), table_(std::move(table)), options_(options), context_(context) {}

  /// Looks at everything that the version names. Errors: only what keeps the check from being done.
  Status run();
  const std::vector<Problem>& problems() const { return problems_; }
  void count(CheckReport& report) const;

 private:
  void check_refs();
  Status check_snapshot(const Snapshot& snapshot, bool current);
  Status check_manifest(const ManifestFile& manifest, bool current);
  Status check_entry(const ManifestEntry& entry, bool current);
  Status check_data(const DataFile& file);
  Status check_rows(const DataFile& file);
  Status find_orphan_files();
  Problem& add(Problem::Kind kind, const std::string& path, std::string what, bool current);

  std::shared_ptr<PondState> pond_;
  TableStatePtr table_;
  const CheckOptions& options_;
  Context& context_;
  std::set<std::string> seen_;  // manifests and entries
  std::vector<Problem> problems_;
  std::int64_t snapshots_ = 0, files_ = 0, rows_ = 0, size_bytes_ = 0;
};

/// Files in the table's folder that no kept metadata names, older than `grace`.
Result<std::vector<FileEntry>> find_orphans(const Table& table, std::chrono::milliseconds grace, Context& context);

}  // namespace millpond::pond
