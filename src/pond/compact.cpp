#include <algorithm>
#include <tuple>

#include "millpond/pond/data_writer.h"
#include "millpond/pond/maintenance.h"
#include "pond/file_io.h"
#include "pond/live_files.h"
#include "pond/update_plan.h"

namespace millpond::pond {
namespace {

using Group = std::vector<LiveFile>;

bool wants_rewrite(const LiveFile& file, const CompactOptions& options) {
  const std::int64_t dead = file.file.rows - file.live_rows();
  return options.every_file || file.file.size_bytes < options.small_file_bytes ||
         static_cast<double>(dead) > options.dead_rows_share * static_cast<double>(file.file.rows);
}

bool same_partition(const DataFile& a, const DataFile& b) {
  return a.partition && b.partition ? *a.partition == *b.partition : a.partition == b.partition;
}

bool by_partition(const LiveFile& a, const LiveFile& b) {
  static const Partition kNone;
  const auto place = [](const LiveFile& file) -> const Partition& {
    return file.file.partition ? *file.file.partition : kNone;
  };
  return std::tie(a.file.spec_id, place(a)) < std::tie(b.file.spec_id, place(b));
}

/// Runs of neighbours that become one file each; only neighbours, so that the order of rows stays.
std::vector<Group> groups_of(const std::vector<LiveFile>& files, const CompactOptions& options) {
  std::vector<Group> groups;
  Group group;
  std::int64_t size_bytes = 0;
  const auto close = [&] {
    const bool dead_rows =
        std::any_of(group.begin(), group.end(), [](const LiveFile& file) { return file.deleted != nullptr; });
    if (group.size() > 1 || dead_rows || options.every_file) groups.push_back(group);
    group.clear();
    size_bytes = 0;
  };
  for (const LiveFile& file : files) {
    if (!wants_rewrite(file, options)) {
      close();
      continue;
    }
    const bool elsewhere = !group.empty() && (group.back().file.spec_id != file.file.spec_id ||
                                              !same_partition(group.back().file, file.file));
    if (elsewhere || size_bytes + file.file.size_bytes > options.target_file_bytes) close();
    group.push_back(file);
    size_bytes += file.file.size_bytes;
  }
  close();
  return groups;
}

/// All columns, in batches that the memory of the run has room for.
ReadOptions reading(const Group& group, bool lineage, Context& context) {
  constexpr std::int64_t kUnpacked = 5;  // Parquet's zstd gives text back about five times as large
  std::int64_t rows = 1, size_bytes = 0;
  for (const LiveFile& live : group) rows += live.file.rows, size_bytes += live.file.size_bytes;
  const std::int64_t limit_bytes = context.memory().limit_bytes();
  const std::int64_t batch_bytes = std::clamp<std::int64_t>(limit_bytes / 64, 1 << 20, 8 << 20);
  const std::int64_t row_bytes = std::max<std::int64_t>(1, size_bytes * kUnpacked / rows);
  ReadOptions options;
  options.with_lineage = lineage;
  options.batch_rows_max = std::clamp<std::int64_t>(batch_bytes / row_bytes, 16, options.batch_rows_max);
  if (limit_bytes < std::int64_t{256} << 20) options.threads = 1;
  return options;
}

}  // namespace

Result<CompactReport> compact(const Table& table, const CompactOptions& options, Context& context) {
  CompactReport report;
  MP_ASSIGN(std::vector<LiveFile> files, table.files());
  if (table.state()->metadata.spec(table.state()->metadata.default_spec_id).partitioned()) {
    std::stable_sort(files.begin(), files.end(), by_partition);
  }
  const std::vector<Group> groups = groups_of(files, options);
  report.files_before = report.files_after = static_cast<std::int64_t>(files.size());
  if (groups.empty()) return report;

  Update update = table.update();
  const bool lineage = table.format_version() >= 3;
  // Equality deletes concern what is older than they are. What they deleted is left out of the new files; if those kept
  // the age of the oldest file, a row that came back since would be deleted with them.
  const std::map<std::string, std::string> summary = table.current()->summary;
  const auto total = summary.find("total-equality-deletes");
  const bool equality = total == summary.end() || total->second != "0";
  std::vector<DataFile> written;
  const auto rewrite = [&]() -> Status {
    for (const Group& group : groups) {
      DataWriter writer(table, {.target_file_bytes = 2 * options.target_file_bytes, .lineage = lineage});
      MP_ASSIGN(auto stream, table.read(parts_of(group), reading(group, lineage, context), context));
      for (;;) {
        MP_ASSIGN(const std::optional<Batch> batch, stream->next(context));
        if (!batch) break;
        MP_TRY(writer.write(*batch));
      }
      report.rows += writer.rows();
      MP_ASSIGN(const std::vector<DataFile> made, writer.close());
      for (const DataFile& file : made) {
        written.push_back(file);
        update.plan().appended.push_back(
            {file, equality ? table.current()->sequence_number : group.front().sequence_number});
      }
      for (const LiveFile& file : group) {
        update.remove_file(file.file.path);
        update.plan().deleted_before[file.file.path] = file.deleted;
      }
      report.files_after += static_cast<std::int64_t>(made.size()) - static_cast<std::int64_t>(group.size());
    }
    update.plan().operation = "replace";
    return update.commit(context).status();
  };
  Status done = rewrite();
  if (done.ok()) return report;
  // After a failure of the disk the commit may yet stand; the files are then left to remove_orphans.
  if (done.code() != Code::kConflict && done.code() != Code::kCancelled) return done;
  for (const DataFile& file : written) (void)remove_file(table.pond()->to_path(file.path));
  return done;
}

Result<Table> merge_manifests(const Table& table, Context& context) {
  const auto current = table.current();
  if (!current) return table;
  MP_ASSIGN(const ManifestListPtr manifests, table.pond()->manifests(*current));
  const auto deletes =
      std::count_if(manifests->begin(), manifests->end(), [](const ManifestFile& m) { return m.deletes; });
  if (deletes < 2 && static_cast<std::int64_t>(manifests->size()) - deletes < 2) return table;
  Update update = table.update();
  update.plan().merge_manifests = true;
  update.plan().operation = "replace";
  return update.commit(context);
}

}  // namespace millpond::pond
