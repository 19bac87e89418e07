#pragma once
// What a derived table has to take up from its upstream.

#include <unordered_set>

#include "millpond/flow/flow.h"
#include "millpond/pond/pond.h"
#include "millpond/row_hash.h"

namespace millpond::flow {

using RowIdSet = std::unordered_set<RowId, RowIdHash>;

/// Keys of a snapshot summary.
inline constexpr std::string_view kFingerprintKey = "millpond.fingerprint";
inline constexpr std::string_view kUpstreamKey = "millpond.upstream-snapshot";
inline constexpr std::string_view kPartial = "partial";  ///< the upstream is not wholly taken up yet

struct Change {
  bool rebuild = false;               ///< the steps are others: every row is made anew
  std::vector<pond::FilePart> added;  ///< upstream rows to process
  RowIdSet removed;                   ///< upstream rows that are gone; their children go
  std::int64_t added_rows() const;
  bool nothing() const { return !rebuild && added.empty() && removed.empty(); }
  /// Even if no row changed, the cursor has to be moved on.
  bool cursor_only = false;
  /// Told by identities, so that rows which gave nothing and are gone are not among `removed`.
  bool reconciled = false;
};

/// Compares by snapshot difference where the last commit's cursor allows it; otherwise (a build that was interrupted,
/// an expired snapshot, a commit by another engine) by the rows' identities, which needs no cursor. `derived` may be
/// empty (never committed). `retry`: upstream rows to process again in any case.
Result<Change> change_of(const pond::Table& upstream, const pond::Table& derived, const std::string& fingerprint,
                         const RowIdSet& retry, Context& context);

/// Reads `_row`-like columns of parts: calls `visit(file index, position, id)` for each row.
Status each_id(const pond::Table& table, const std::vector<pond::FilePart>& parts, const std::string& column,
               Context& context, const std::function<void(std::size_t, std::int64_t, const RowId&)>& visit);

/// The newest summary value along the current snapshot's ancestors; empty if there is none.
std::string newest_summary(const pond::Table& table, std::string_view key);

}  // namespace millpond::flow
