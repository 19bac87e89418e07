#pragma once
// Branches and tags over the whole pond. Each is a ref of the same name on every table, made, moved and dropped in one
// change of the catalog, so that other engines see them as Iceberg's own refs.

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/context.h"
#include "millpond/pond/pond.h"
#include "millpond/pond/refs.h"
#include "millpond/pond/update.h"

namespace millpond::pond {

/// The same pond as a branch has it: every table is read and written on the branch, `main` stays as it is. A table that
/// the branch lacks is read from `main`; the first commit to it makes its branch.
/// Errors: kNotFound if no table has the branch; kInvalidArgument for a tag; kUnsupported for dropping a table there.
Result<std::shared_ptr<Pond>> open_branch(const Pond& pond, std::string_view name);

/// Commits updates of different tables of one pond: all are visible at once, or none is. Returns the tables that
/// changed. Errors: as `Update::commit`; a conflict of one table is one of all.
Result<std::vector<Table>> commit_all(std::vector<Update>& updates, Context& context);

struct PondRef {
  std::string name;
  bool is_tag = false;
  std::map<std::string, std::int64_t> tables;  ///< to snapshots
  std::vector<std::string> changed;            ///< tables that have commits of their own on a branch
};

/// How long a branch or tag is kept, in Iceberg's own terms: `maintain` looks at it, and so do other engines. None: as
/// `maintain` is told for `main`; for the ref itself: as long as nobody drops it.
struct RefRetention {
  std::optional<std::int64_t> min_snapshots, max_snapshot_age_ms;  ///< of a branch's own history
  std::optional<std::int64_t> max_ref_age_ms;                      ///< then the ref goes
};

/// Refs of all tables by name; without `main`. `pond` must be on `main`, here and below.
Result<std::vector<PondRef>> pond_refs(const Pond& pond);

/// Names what every table has now (`at` empty) or had: `at` is a time, a tag or a branch; tables that have nothing
/// there are left out. Errors: kAlreadyExists, kNotFound, kInvalidArgument as `create_ref`.
Result<PondRef> create_pond_ref(const Pond& pond, std::string_view name, bool is_tag, std::string_view at,
                                Context& context, const RefRetention& retention = {});

/// Forgets a branch or tag on all tables. A table that only this branch had rows in is dropped.
/// Errors: kNotFound.
Status drop_pond_ref(const Pond& pond, std::string_view name, Context& context);

/// What a merge does, or did, with one table.
struct TableMerge {
  enum class How : unsigned char {
    kNothing,      ///< the branch changed nothing
    kFastForward,  ///< `main` moves to the branch's head
    kReplay,       ///< `main` went on, too: the branch's changes are applied to it
    kConflict      ///< cannot be merged; `why` says it
  };
  std::string table;
  How how = How::kNothing;
  std::string why;
  std::int64_t files_added = 0, files_removed = 0, rows_deleted = 0;  ///< of a replay
};

struct MergeOptions {
  /// Tables that are functions of others, or of the outside: two versions cannot be mixed, so there is no replay.
  std::function<bool(const Table&)> derived = [](const Table&) { return false; };
  std::set<std::string> take_branch, take_main;  ///< whole tables, where the two cannot be merged
  bool dry_run = false;
};

/// Publishes all tables of a branch on `main` in one commit; the branch stands there, too, afterwards.
/// Errors: kConflict, with nothing changed, if a table is in conflict: `report` says which and why.
Status merge_branch(const Pond& pond, std::string_view branch, const MergeOptions& options,
                    std::vector<TableMerge>& report, Context& context);

/// The other direction: a branch takes up what `main` did since it was made. Tables that the branch left alone move on;
/// its changes to others are replayed; a derived table that both changed stays the branch's, to be built again.
Status update_branch(const Pond& pond, std::string_view branch, const MergeOptions& options,
                     std::vector<TableMerge>& report, Context& context);

/// Does what one snapshot of any branch did, on `pond`'s branch: the rows that it added and deleted, as one commit
/// whose summary names it. `table` empty: the one that has the snapshot. Only `derived` and `dry_run` of the options
/// count. Errors: kNotFound; kAlreadyExists if it is in the history or was picked before; kInvalidArgument for a
/// compaction; kConflict for a derived table, if the snapshot before it has expired, or if the rows that it changed are
/// others here.
Result<TableMerge> cherry_pick(const Pond& pond, std::string_view table, std::int64_t snapshot,
                               const MergeOptions& options, Context& context);

/// Makes every table (or only these) what it was at a time, tag or branch, in one commit; what came after stays in the
/// history. Works on `pond`'s branch. Returns the tables that moved, and the ones that have nothing there.
struct Rollback {
  std::map<std::string, std::int64_t> moved;
  std::vector<std::string> untouched, unknown;
};
Result<Rollback> rollback_pond(const Pond& pond, std::string_view to, const std::vector<std::string>& tables,
                               Context& context);

}  // namespace millpond::pond
