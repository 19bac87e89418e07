#pragma once
// Rows of one build of one table → data files, segments, commits.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "flow/change.h"
#include "millpond/flow/build.h"
#include "millpond/pond/data_writer.h"
#include "millpond/pond/update.h"

namespace millpond::flow {

/// Closes a data file, and the segment made beside it, when its rows reach `file_bytes_max` in memory, so that files
/// and segments stay within the memory budget. Threads: one.
class TableWriter {
 public:
  TableWriter(pond::Pond& pond, pond::Table table, const PlannedTable& planned, bool rebuild, Context& context);

  /// `indexed`: of these rows, from `make_indexer()`; null if there is no index, or to have it made here.
  Status write(const Batch& rows, std::unique_ptr<IndexedRows> indexed = nullptr);
  /// One for each thread that makes rows; null if the table has no index.
  Result<std::unique_ptr<RowIndexer>> make_indexer() const;
  /// What goes with the next commit: positions in files that are live now.
  void delete_rows(std::string path, std::vector<std::int64_t> positions);
  bool due() const;  ///< enough was written since the last commit that a crash now would be a pity
  /// Commits what was written. `upstream`: the cursor ("partial" or a snapshot id).
  Status commit(const std::string& upstream);

  /// Files written so far, for another process to commit; they are no more this writer's.
  Result<std::vector<pond::DataFile>> take_files();
  /// Files that others wrote, which go with the next commit.
  void adopt(std::vector<pond::DataFile> files);

  const pond::Table& table() const { return table_; }
  std::int64_t rows() const { return rows_; }

 private:
  Status open_file(bool long_values);
  Status close_file();

  pond::Pond& pond_;
  pond::Table table_;
  const PlannedTable& planned_;
  const bool rebuild_;
  Context& context_;
  const std::int64_t file_bytes_max_;
  std::shared_ptr<Indexing> indexing_;
  std::unique_ptr<pond::DataWriter> writer_;
  std::unique_ptr<SegmentSink> segment_;
  std::unique_ptr<RowIndexer> indexer_;
  std::int64_t file_bytes_ = 0, rows_ = 0;
  std::vector<pond::DataFile> files_;
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> deletes_;
  std::chrono::steady_clock::time_point last_commit_ = std::chrono::steady_clock::now();
};

}  // namespace millpond::flow
