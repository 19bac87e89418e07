#include <algorithm>

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
  return file.file.size_bytes < options.small_file_bytes ||
         static_cast<double>(dead) > options.dead_rows_share * static_cast<double>(file.file.rows);
}

/// Runs of neighbours that become one file each; only neighbours, so that the order of rows stays.
std::vector<Group> groups_of(const std::vector<LiveFile>& files, const CompactOptions& options) {
  std::vector<Group> groups;
  Group group;
  std::int64_t size_bytes = 0;
  const auto close = [&] {
    const bool dead_rows =
        std::any_of(group.begin(), group.end(), [](const LiveFile& file) { return file.deleted != nullptr; });
    if (group.size() > 1 || dead_rows) groups.push_back(group);
    group.clear();
    size_bytes = 0;
  };
  for (const LiveFile& file : files) {
    if (!wants_rewrite(file, options)) {
      close();
      continue;
    }
    if (size_bytes + file.file.size_bytes > options.target_file_bytes) close();
    group.push_back(file);
    size_bytes += file.file.size_bytes;
  }
  close();
  return groups;
}

}  // namespace

Result<CompactReport> compact(const Table& table, const CompactOptions& options, Context& context) {
  CompactReport report;
  MP_ASSIGN(const std::vector<LiveFile> files, table.files());
  const std::vector<Group> groups = groups_of(files, options);
  report.files_before = report.files_after = static_cast<std::int64_t>(files.size());
  if (groups.empty()) return report;

  Update update = table.update();
  std::vector<DataFile> written;
  const auto rewrite = [&]() -> Status {
    for (const Group& group : groups) {
      DataWriter writer(table, {.target_file_bytes = 2 * options.target_file_bytes});
      MP_ASSIGN(auto stream, table.read(parts_of(group), {}, context));
      for (;;) {
        MP_ASSIGN(const std::optional<Batch> batch, stream->next(context));
        if (!batch) break;
        MP_TRY(writer.write(*batch));
      }
      report.rows += writer.rows();
      MP_ASSIGN(const std::vector<DataFile> made, writer.close());
      for (const DataFile& file : made) {
        written.push_back(file);
        update.plan().appended.push_back({file, group.front().sequence_number});
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
