#pragma once
// The index of a table: one segment for each data file, and a searcher over one snapshot of them.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millpond/flow/build.h"
#include "millpond/index/search.h"

namespace millpond::index {

/// Makes segments during a build; give it to the build with `Context::provide`.
std::shared_ptr<flow::Indexing> table_indexing();

/// A searcher over one snapshot of a table.
struct TableSearcher {
  std::unique_ptr<Searcher> searcher;
  std::int64_t snapshot = 0;
  std::vector<pond::LiveFile> files;  ///< of the snapshot, one for each segment
};

/// Opens the segments of the snapshot's files; one that is missing or damaged is made again from its data file.
/// Errors: kNotFound if the table was never built.
Result<TableSearcher> open_table(const pond::Pond& pond, const flow::IndexSpec& spec, const pond::Table& table,
                                 std::optional<std::int64_t> snapshot, SegmentCache& cache, Context& context);

/// Removes segments of files that no snapshot names any more, and those that were begun and never finished. Returns how
/// many. Files younger than `grace` stay: they may belong to a commit that is under way.
Result<std::int64_t> remove_unused_segments(const pond::Pond& pond, const pond::Table& table,
                                            std::chrono::seconds grace);

}  // namespace millpond::index
