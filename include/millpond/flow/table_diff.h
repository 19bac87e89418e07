#pragma once
// What differs between two states of the pond, row by row.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/context.h"
#include "millpond/pond/branches.h"
#include "millpond/pond/pond.h"

namespace millpond::flow {

/// True for a table that a build makes: it can be made again, and two versions of it cannot be mixed.
bool is_derived(const pond::Table& table);

/// What a commit says in its summary that took rows of a derived table away: the next build makes all rows anew, with
/// the costly columns of those that are left.
std::map<std::string, std::string> rebuild_summary();

struct RowChange {
  Batch before, after;  ///< one row each; null where there is none
};

struct TableDiff {
  std::string table;
  std::optional<std::int64_t> from, to;  ///< snapshots; none: the table has nothing there
  std::int64_t rows_added = 0, rows_removed = 0, rows_changed = 0;
  std::vector<std::string> columns_added, columns_removed;
  std::vector<RowChange> examples;
  bool same() const {
    return rows_added + rows_removed + rows_changed == 0 && columns_added.empty() && columns_removed.empty();
  }
};

struct DiffOptions {
  std::vector<std::string> tables;  ///< empty: all
  std::int64_t examples_max = 3;    ///< of added, of removed and of changed rows, each
  /// Rows held in memory at once, by their hashes; a larger difference is read several times.
  std::int64_t rows_max = std::int64_t{1} << 22;
};

/// `from` and `to`: a branch, `main`, a tag, a snapshot's id or a time. A row is the same row if its `_row` is
/// (`_row_id` in tables of version 3 without one), and changed if other columns differ; without either, rows are equal
/// or different. `_key` is not compared. Reads only files that the two do not share.
/// Errors: kNotFound if no table knows `from` or `to`; kUnsupported for columns of types that cannot be compared.
Result<std::vector<TableDiff>> diff(const pond::Pond& pond, std::string_view from, std::string_view to,
                                    const DiffOptions& options, Context& context);

}  // namespace millpond::flow
