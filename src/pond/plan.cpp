#include "millpond/pond/plan.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "millpond/context.h"
#include "pond/file_io.h"
#include "pond/live_files.h"
#include "pond/manifest_scan.h"
#include "pond/planner.h"

namespace millpond::pond {
namespace {

/// Above so many files, it costs less to read all deletes than to ask of each whether it concerns one of them.
constexpr std::size_t kChosenPathsMax = 1000;

class Planner {
 public:
  Planner(PondState& pond, const TableMetadata& table, const BoundFilter& filter)
      : pond_(pond), table_(table), filter_(filter) {}

  Result<LiveEntries> run(const Snapshot& snapshot, int threads, FilePlan& plan, Context& context) {
    MP_ASSIGN(const ManifestListPtr manifests, pond_.manifests(snapshot));
    ManifestList deletes;
    for (const ManifestFile& manifest : *manifests) {
      if (manifest.deletes) {
        if (manifest.added_files + manifest.existing_files > 0) deletes.push_back(manifest);
        continue;
      }
      ++plan.manifests;
      plan.files_in_manifests += manifest.added_files + manifest.existing_files;
      if (filter_.may_match_manifest(manifest, table_.spec(manifest.spec_id))) chosen_.push_back(&manifest);
    }
    plan.manifests_read = static_cast<std::int64_t>(chosen_.size());
    MP_TRY(read_chosen(threads, context));
    MP_ASSIGN(LiveEntries entries, live_entries(pond_, deletes));
    std::int64_t order = 0;
    for (const ManifestEntriesPtr& part : found_) {
      for (const ManifestEntry& entry : *part) {
        if (entry.status != EntryStatus::kDeleted) entries.data.push_back({&entry, order++});
      }
      entries.held.push_back(part);
    }
    std::sort(entries.data.begin(), entries.data.end(), [](const LiveEntry& a, const LiveEntry& b) {
      return std::pair(*a.entry->sequence_number, a.order) < std::pair(*b.entry->sequence_number, b.order);
    });
    return entries;
  }

 private:
  Status read_chosen(int threads, Context& context) {
    found_.resize(chosen_.size());
    std::vector<Status> statuses(chosen_.size());
    std::atomic<std::size_t> next{0};
    std::atomic<bool> stop{false};
    const auto work = [&] {
      for (std::size_t i = next++; i < chosen_.size() && !stop; i = next++) {
        statuses[i] = context.check();
        if (statuses[i].ok()) statuses[i] = read(i);
        if (!statuses[i].ok()) stop = true;
      }
    };
    const std::size_t workers = std::min<std::size_t>(static_cast<std::size_t>(std::max(1, threads)), chosen_.size());
    std::vector<std::thread> pool;
    for (std::size_t i = 1; i < workers; ++i) pool.emplace_back(work);
    work();
    for (std::thread& thread : pool) thread.join();
    for (Status& status : statuses) MP_TRY(std::move(status));
    return {};
  }

  Status read(std::size_t index) {
    const ManifestFile& manifest = *chosen_[index];
    const PartitionSpec& spec = table_.spec(manifest.spec_id);
    ManifestEntriesPtr all = pond_.cached_entries(manifest);
    if (!all && filter_.always_true()) { MP_ASSIGN(all, pond_.entries(manifest)); }
    if (all && filter_.always_true()) {
      found_[index] = std::move(all);
      return {};
    }
    auto found = std::make_shared<ManifestEntries>();
    if (all) {
      for (const ManifestEntry& entry : *all) {
        if (entry.status != EntryStatus::kDeleted && filter_.may_match_entry(entry, spec)) found->push_back(entry);
      }
    } else {
      const std::string path = pond_.to_path(manifest.path);
      MP_ASSIGN(const std::string bytes, read_file(path));
      Result<ManifestEntries> read = matching_entries(bytes, manifest, filter_, spec);
      if (!read.ok()) return std::move(read).status().at(path);
      *found = *std::move(read);
    }
    found_[index] = std::move(found);
    return {};
  }

  PondState& pond_;
  const TableMetadata& table_;
  const BoundFilter& filter_;
  std::vector<const ManifestFile*> chosen_;
  std::vector<ManifestEntriesPtr> found_;
};

Result<DeletesByFile> deletes_of(PondState& pond, const TableMetadata& table, const LiveEntries& entries) {
  if (entries.deletes.empty() && entries.equality.empty()) return DeletesByFile();
  if (entries.data.size() > kChosenPathsMax) return deleted_rows(pond, table, entries, nullptr);
  std::set<std::string_view> paths;
  for (const LiveEntry& item : entries.data) paths.insert(item.entry->file.path);
  return deleted_rows(pond, table, entries, &paths);
}

}  // namespace

Result<LiveEntries> plan_entries(PondState& pond, const TableMetadata& table, const BoundFilter& filter,
                                 const Snapshot& snapshot, int threads, Context& context) {
  FilePlan counts;
  return Planner(pond, table, filter).run(snapshot, threads, counts, context);
}

Result<FilePlan> plan_files(const Table& table, const Filter& filter, const PlanOptions& options, Context& context) {
  const TableMetadata& metadata = table.state()->metadata;
  MP_ASSIGN(const BoundFilter bound, BoundFilter::make(filter, metadata));
  const auto id = options.snapshot ? options.snapshot : table.current_id();
  FilePlan plan;
  if (!id) return plan;
  MP_ASSIGN(const Snapshot at, table.snapshot(*id));
  const int threads = options.threads > 0 ? options.threads : context.threads();
  PondState& pond = *table.pond();
  MP_ASSIGN(const LiveEntries entries, Planner(pond, metadata, bound).run(at, threads, plan, context));
  MP_ASSIGN(const DeletesByFile deleted, deletes_of(pond, metadata, entries));
  plan.files.reserve(entries.data.size());
  for (const LiveEntry& item : entries.data) {
    LiveFile file{.file = item.entry->file, .sequence_number = *item.entry->sequence_number};
    if (const auto dead = deleted.find(file.file.path); dead != deleted.end()) file.deleted = dead->second;
    plan.files.push_back(std::move(file));
  }
  return plan;
}

}  // namespace millpond::pond
