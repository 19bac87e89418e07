#include "cli/upkeep.h"

#include <algorithm>

#include "millpond/context.h"
#include "millpond/index/table_index.h"
#include "millpond/pond/maintenance.h"

namespace millpond::cli {
namespace {

constexpr std::int64_t kSmallFilesMax = 64;
constexpr double kDeadRowsShareMax = 0.3;
constexpr std::int64_t kDeadRowsMin = 10'000;  // fewer cost readers nothing to speak of

bool needs_compaction(const std::vector<pond::LiveFile>& files) {
  const std::int64_t small_bytes = pond::CompactOptions().small_file_bytes;
  const auto small = std::count_if(files.begin(), files.end(),
                                   [&](const pond::LiveFile& live) { return live.file.size_bytes < small_bytes; });
  std::int64_t rows = 0, live_rows = 0;
  for (const pond::LiveFile& live : files) rows += live.file.rows, live_rows += live.live_rows();
  const std::int64_t dead = rows - live_rows;
  return small > kSmallFilesMax ||
         (dead >= kDeadRowsMin && static_cast<double>(dead) > kDeadRowsShareMax * static_cast<double>(rows));
}

}  // namespace

Result<std::vector<Compacted>> compact_where_needed(const pond::Pond& pond, const flow::Plan& plan,
                                                    const flow::BuildReport& report, Context& context) {
  std::vector<Compacted> done;
  for (const flow::TableReport& built : report.tables) {
    if (!built.changed()) continue;
    MP_ASSIGN(const bool there, pond.has_table(built.table));
    if (!there) continue;
    MP_ASSIGN(pond::Table table, pond.table(built.table));
    MP_ASSIGN(const std::vector<pond::LiveFile> files, table.files());
    if (!needs_compaction(files)) continue;
    const Result<pond::CompactReport> compacted = pond::compact(table, {}, context);
    if (!compacted.ok() && pond::overtaken(compacted.status(), table)) continue;
    MP_TRY(Status(compacted.status()));
    done.push_back({built.table, compacted->files_before, compacted->files_after});
    const flow::PlannedTable* planned = plan.find(built.table);
    if (planned == nullptr || !planned->index) continue;
    MP_ASSIGN(table, pond.table(built.table));
    index::SegmentCache cache;
    MP_TRY(index::open_table(pond, *planned->index, table, {}, cache, context).status());
  }
  return done;
}

}  // namespace millpond::cli
