#pragma once
// Brings derived tables up to date with their sources.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millpond/context.h"
#include "millpond/flow/flow.h"
#include "millpond/pond/pond.h"

namespace millpond::flow {

/// What the index needs of a batch of rows.
class IndexedRows {
 public:
  virtual ~IndexedRows() = default;
};

/// Does the costly part of indexing, before rows are written. One instance a worker thread.
class RowIndexer {
 public:
  virtual ~RowIndexer() = default;
  virtual Result<std::unique_ptr<IndexedRows>> index(const Batch& rows) = 0;
};

/// Takes the rows of one data file, in order, and makes its index segment. Nothing is visible before `finish`.
class SegmentSink {
 public:
  virtual ~SegmentSink() = default;
  virtual Status add(IndexedRows& rows) = 0;  ///< uses them up
  /// Makes the segment durable under the name that belongs to this data file.
  virtual Status finish(const pond::DataFile& file) = 0;
};

/// How a build makes segments; the index module provides it through `Context::provide`.
struct Indexing {
  std::function<Result<std::unique_ptr<SegmentSink>>(const pond::Pond&, const IndexSpec&, const Schema&)> open;
  std::function<Result<std::unique_ptr<RowIndexer>>(const IndexSpec&, const Schema&)> indexer;
  /// Makes segments that are missing for live files (written by another engine, or by compaction). Returns how many.
  std::function<Result<std::int64_t>(const pond::Pond&, const IndexSpec&, const pond::Table&, Context&)> complete;
};

struct TableWork;

/// Makes the rows of tables outside of this process, such as on a cluster, by the pieces in millpond/flow/step.h.
struct Elsewhere {
  std::int64_t splits = 1;  ///< into how many pieces the rows of a table are cut, about
  /// Runs every split of the work. Returns their outcomes, in order. Called again if another process was faster.
  std::function<Result<std::vector<std::string>>(const PlannedTable&, const TableWork&)> run;
};

struct BuildOptions {
  bool retry_rejects = false;            ///< process rejected rows again, though neither they nor the steps changed
  bool wait = true;                      ///< wait while another process builds the same pond; otherwise kUnavailable
  const Elsewhere* elsewhere = nullptr;  ///< null: here. Tables of queries are always made here.
};

/// What a build did to one table.
struct TableReport {
  std::string table;
  std::int64_t rows_in = 0;      ///< upstream rows processed
  std::int64_t rows_out = 0;     ///< rows written, reused ones included
  std::int64_t rows_reused = 0;  ///< rows whose costly columns were known from an earlier build
  std::int64_t rows_dropped = 0;
  std::int64_t rows_rejected = 0;
  std::int64_t rows_deleted = 0;              ///< rows whose parents are gone or changed
  std::map<std::string, std::int64_t> drops;  ///< "step: reason" → rows
  double seconds = 0;
  std::optional<std::int64_t> snapshot;  ///< the table's current snapshot afterwards
  bool rebuilt = false;                  ///< the steps changed, so every row was made anew
  std::string how = {};                  ///< of a query: what it computed, and why not less
  bool changed() const { return rows_in || rows_out || rows_deleted || rows_rejected || rebuilt; }
};

struct BuildReport {
  std::string run;                    ///< names the rows in `runs` and `rejects`; empty if nothing had changed
  std::vector<TableReport> tables;    ///< `sources` first, then in build order
  std::vector<std::string> warnings;  ///< such as a source that could not be read; its rows were kept
  double seconds = 0;
};

/// Updates `sources`, then every table of the plan. Each table changes in commits that hold the data and the cursor
/// together, so a build that is killed at any point is continued by the next one, without loss or doubles.
/// Long builds commit now and then; a table whose steps changed is replaced in one commit at its end.
///
/// Errors:  kUnavailable if a source cannot be read (after the rest was built), kCancelled, and what a step returned.
/// Threads: uses `context.threads()`. Processes: builds of one pond wait for each other.
Result<BuildReport> build(pond::Pond& pond, const Plan& plan, const BuildOptions& options, Context& context);

/// The schemas of millpond's own tables.
const Schema& runs_schema();
const Schema& rejects_schema();

}  // namespace millpond::flow
