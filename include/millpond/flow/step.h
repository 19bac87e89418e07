#pragma once
// One table's part of a build, cut into pieces that run wherever the pond's files can be seen: on Spark, on Ray.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/context.h"
#include "millpond/flow/build.h"
#include "millpond/flow/flow.h"
#include "millpond/pond/pond.h"
#include "millpond/stream.h"

namespace millpond::flow {

/// What bringing one table up to date takes. Texts are JSON, private to one version of millpond.
struct TableWork {
  std::string table;
  std::string base;                 ///< what it was planned from; goes back to `commit_work`
  std::vector<std::string> splits;  ///< upstream rows to process, in their order
  bool folded = false;
  bool nothing = false;  ///< the table is up to date
};

/// Compares the table with its upstream, as a build does, and cuts the rows to process into about `splits` pieces.
/// A table whose steps changed gets its new columns now. Errors: as `build`.
Result<TableWork> plan_work(pond::Pond& pond, const Plan& plan, std::string_view table, const BuildOptions& options,
                            std::int64_t splits, Context& context);

/// Runs the steps over one split and writes the rows, which are those that a build makes, to data files (and their
/// segments) that no commit names yet. Returns the outcome: files, rejects, counts. May run again after a failure;
/// files of an outcome that is not committed are orphans. Not for a table with a fold.
Result<std::string> run_split(pond::Pond& pond, const Plan& plan, std::string_view table, std::string_view split,
                              Context& context);

/// Columns of the shuffle that brings the rows of a fold together.
inline constexpr std::string_view kShuffleKey = "_fold_key";       ///< binary: rows of equal keys have equal ones
inline constexpr std::string_view kShuffleOutcome = "_fold_work";  ///< utf8: null for rows; else a split's outcome

/// The rows of one split before the fold, for a shuffle: the table's columns without those that the fold adds,
/// `kFoldPosition`, `kShuffleKey`, `kShuffleOutcome`. Its last row is the split's outcome, with nulls elsewhere.
/// Identities travel as plain binary, which every engine knows. `plan` must stay alive while the stream is read.
Result<std::unique_ptr<Stream>> split_rows(std::shared_ptr<pond::Pond> pond, const Plan& plan, std::string_view table,
                                           std::string_view split, Context& context);
ArrowSchema split_rows_schema(const PlannedTable& planned);

/// Folds the rows of some keys: all rows of a key, sorted by `kFoldPosition`. Outcome rows pass through.
/// Shape: the table's columns, `kFoldPosition`, `kShuffleOutcome`; in any order. `plan` must stay alive while it is
/// read.
Result<std::unique_ptr<Stream>> fold_split(const Plan& plan, std::string_view table, std::unique_ptr<Stream> rows,
                                           Context& context);
ArrowSchema fold_split_schema(const PlannedTable& planned);

/// Writes folded rows, sorted by `kFoldPosition`, to data files. Returns the outcome, that of outcome rows included.
Result<std::string> write_folded(pond::Pond& pond, const Plan& plan, std::string_view table, Stream& rows,
                                 Context& context);

/// Commits the outcomes, in the order of their rows: rows, deletes and cursor in one snapshot; rejects beside them.
/// `run`: names the rows in `rejects`; `build` records it in `runs`.
/// Errors: kConflict if another build committed since the work was planned; nothing changed then.
Result<TableReport> commit_work(pond::Pond& pond, const Plan& plan, const TableWork& work,
                                const std::vector<std::string>& outcomes, const std::string& run, Context& context);

}  // namespace millpond::flow
