#pragma once
// millpond's own tables: `rejects` (rows that a step could not process) and `runs` (what each build did).

#include <string>
#include <unordered_map>
#include <vector>

#include "flow/change.h"
#include "flow/row_maker.h"
#include "millpond/flow/build.h"
#include "millpond/flow/origin.h"

namespace millpond::flow {

/// The rejects of one table during one build. Kept in step with the table: a reject goes when its row goes, or is tried
/// again.
class RejectLedger {
 public:
  /// Errors: those of the pond. Creates the `rejects` table if there is none.
  static Result<RejectLedger> open(pond::Pond& pond, const std::string& table, Context& context);

  /// Upstream rows that stand rejected.
  RowIdSet parents() const;
  /// Those of them whose cause may have passed by itself, such as a file that changed while it was read: each build
  /// tries them again.
  RowIdSet passing() const;
  void forget(const RowId& parent);  ///< gone, or about to be tried again
  void forget_all();
  Status forget_gone(const pond::Table& upstream, Context& context);  ///< those of rows that `upstream` has no more
  void add(RejectedRow row);
  std::int64_t added() const { return static_cast<std::int64_t>(added_.size()); }

  /// Commits before the table itself does, so that a crash between the two loses no reject: the next build makes them
  /// again under the same `_row`, and the older ones are replaced.
  /// Errors: kConflict if another process committed rejects since they were read.
  Status commit(const std::string& run, Context& context);

 private:
  RejectLedger(pond::Pond& pond, std::string table) : pond_(&pond), table_(std::move(table)) {}
  Status load(Context& context);

  struct Place {
    std::size_t file;
    std::int64_t position;
    bool may_pass;
  };
  pond::Pond* pond_;
  std::string table_;
  std::optional<pond::Table> rejects_;
  std::vector<pond::FilePart> parts_;
  std::unordered_map<RowId, std::vector<Place>, RowIdHash> standing_;
  std::vector<Place> forgotten_;
  std::vector<RejectedRow> added_;
};

/// Appends one row for each table that a run changed.
Status record_run(pond::Pond& pond, const std::string& run, const std::string& status, const std::string& message,
                  const std::vector<TableReport>& tables, std::int64_t started_us, const RunOrigin& origin,
                  Context& context);

/// "20260131T120000-8f3a21": sorts by time, distinct among processes.
std::string new_run_name();
std::int64_t now_us();

/// The table, created with `schema` if there is none.
Result<pond::Table> table_or_new(pond::Pond& pond, const std::string& name, const Schema& schema);

}  // namespace millpond::flow
