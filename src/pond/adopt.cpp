#include "millpond/pond/adopt.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "millpond/pond/maintenance.h"
#include "millpond/pond/update.h"
#include "pond/file_io.h"
#include "pond/live_files.h"
#include "pond/location.h"
#include "pond/new_table.h"
#include "pond/object/object_settings.h"
#include "pond/update_plan.h"

namespace millpond::pond {
namespace {

constexpr std::string_view kEnding = ".metadata.json";
constexpr const char* kCollect = "gc.enabled";

bool names_metadata(std::string_view path) { return path.ends_with(kEnding); }

/// "v12.metadata.json", "00012-<uuid>.metadata.json" → 12; -1 if the name has no number.
std::int64_t number_of(const std::string& path) {
  std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
  if (name.starts_with('v')) name.remove_prefix(1);
  std::int64_t number = -1;
  std::from_chars(name.data(), name.data() + name.size(), number);
  return number;
}

std::string plain_path(const std::string& path) {
  if (is_object(path)) return path_of(path, "", "");
  std::string plain = path_of(path, "", "");
  while (plain.size() > 1 && plain.ends_with('/')) plain.pop_back();
  return std::filesystem::absolute(plain).lexically_normal().string();
}

/// The newest metadata file of a table's folder. `version-hint.text`, which Hadoop's catalog keeps, decides.
Result<std::string> newest_metadata(const std::string& folder) {
  std::vector<std::string> found;
  MP_ASSIGN(const std::vector<FileEntry> files, list_files(folder + "/metadata"));
  for (const FileEntry& file : files) {
    if (names_metadata(file.path) && number_of(file.path) >= 0) found.push_back(file.path);
  }
  if (found.empty()) return not_found("no Iceberg metadata in the folder: ", folder);
  if (const auto hint = read_file(folder + "/metadata/version-hint.text", 100); hint.ok()) {
    const std::string wanted = "/v" + hint->substr(0, hint->find_last_not_of(" \n\r\t") + 1) + std::string(kEnding);
    for (const std::string& path : found) {
      if (path.ends_with(wanted)) return path;
    }
  }
  const auto newest = std::max_element(found.begin(), found.end(), [](const std::string& a, const std::string& b) {
    return number_of(a) < number_of(b);
  });
  const auto same = std::count_if(found.begin(), found.end(),
                                  [&](const std::string& path) { return number_of(path) == number_of(*newest); });
  if (same == 1) return *newest;
  // Two writers began the same version, and the catalog knows which of them won.
  return error(Code::kConflict, "several metadata files are the newest one, such as: ", *newest)
      .hint("Name the file that the table's catalog names.");
}

/// Every file of these snapshots that the table says it has is there, and is one that can be read.
Status check_files(PondState& pond, const TableMetadata& table, const std::vector<Snapshot>& snapshots,
                   AdoptReport& report, Context& context) {
  for (const Snapshot& snapshot : snapshots) {
    const bool current = snapshot.id == table.current_snapshot_id;
    MP_ASSIGN(const ManifestListPtr manifests, pond.manifests(snapshot));
    MP_ASSIGN(const LiveEntries live, live_entries(pond, *manifests));
    for (const auto* entries : {&live.data, &live.deletes, &live.equality}) {
      for (const LiveEntry& each : *entries) {
        MP_TRY(context.check());
        const DataFile& file = each.entry->file;
        const std::string path = pond.to_path(file.path);
        if (each.entry->format != "PARQUET" && each.entry->format != "parquet" && !each.entry->is_vector())
          return unsupported("data files of the format ", each.entry->format, ": ", path);
        MP_ASSIGN(const std::int64_t size_bytes, file_size(path));
        if (size_bytes != file.size_bytes && !each.entry->is_vector())
          return corrupt("a data file has another size than the table says (", file.size_bytes, "): ", path);
        if (!current) continue;
        ++report.files;
        report.size_bytes += size_bytes;
      }
    }
  }
  return {};
}

/// What other engines go by, so that they write into the pond, and remove nothing outside of it.
void set_properties(TableMetadata& table) {
  for (const char* key : {"write.data.path", "write.metadata.path", "write.folder-storage.path",
                          "write.object-storage.path", "write.object-storage.enabled"}) {
    table.properties.erase(key);
  }
  table.properties[kCollect] = "false";
  for (const auto& [key, value] : std::map<std::string, std::string>{
           {"write.metadata.delete-after-commit.enabled", "true"}, {"write.metadata.previous-versions-max", "100"}}) {
    table.properties.emplace(key, value);
  }
}

std::vector<Snapshot> named_snapshots(const TableMetadata& table) {
  std::vector<Snapshot> snapshots;
  for (const SnapshotEntryPtr& entry : table.snapshots) {
    const std::int64_t id = entry->snapshot.id;
    const bool named =
        id == table.current_snapshot_id || std::any_of(table.refs.begin(), table.refs.end(),
                                                       [&](const auto& ref) { return ref.second.snapshot_id == id; });
    if (named) snapshots.push_back(entry->snapshot);
  }
  return snapshots;
}

/// Rewrites all rows and forgets the snapshots that name the other table's files.
Status take_over(Pond& pond, std::string_view name, Context& context) {
  CompactOptions every;
  every.every_file = true;
  MP_ASSIGN(Table table, pond.table(name));
  MP_TRY(compact(table, every, context));
  MP_ASSIGN(table, pond.table(name));
  Update update = table.update();
  update.plan().dropped_properties.insert(kCollect);
  update.plan().merge_manifests = table.current().has_value();
  MP_ASSIGN(table, update.commit(context));
  return expire_snapshots(table, {}, context).status();
}

}  // namespace

bool is_iceberg_table(const std::string& path) {
  if (names_metadata(path)) return true;
  const auto files = list_files(plain_path(path) + "/metadata");
  return files.ok() &&
         std::any_of(files->begin(), files->end(), [](const FileEntry& file) { return names_metadata(file.path); });
}

Result<AdoptReport> adopt_table(Pond& pond, std::string_view name, const std::string& path, const AdoptOptions& options,
                                Context& context) {
  MP_TRY(check_table_name(name));
  MP_ASSIGN(const bool there, pond.has_table(name));
  if (there) return error(Code::kAlreadyExists, "the table exists: ", name);
  auto opened = open_state(pond.root());
  if (!opened.ok() && opened.status().code() == Code::kNotFound) {
    return unsupported("the pond's tables are in another catalog, which must register the table itself: ", path);
  }
  MP_ASSIGN(const std::shared_ptr<PondState> shared, std::move(opened));
  PondState& state = *shared;

  AdoptReport report;
  report.metadata = plain_path(path);
  if (!names_metadata(path)) { MP_ASSIGN(report.metadata, newest_metadata(report.metadata)); }
  MP_ASSIGN(const std::string text, read_file(report.metadata));
  Result<TableMetadata> parsed = parse_metadata(text);
  if (!parsed.ok()) return std::move(parsed).status().at(report.metadata);
  TableMetadata table = *std::move(parsed);
  report.format_version = table.format_version;
  report.snapshots = static_cast<std::int64_t>(table.snapshots.size());
  if (table.format_version == 1) MP_TRY(upgrade(table, "2"));
  table.uuid = new_uuid();
  table.location = state.to_uri(state.root + "/tables/" + std::string(name));
  table.last_updated_ms = std::max(now_ms(), table.last_updated_ms);
  table.metadata_log.clear();
  set_properties(table);
  if (options.copy) std::erase_if(table.refs, [](const auto& ref) { return ref.first != "main"; });
  MP_TRY(check_files(state, table, named_snapshots(table), report, context));

  MP_TRY(add_table(state, name, std::move(table)).status());
  const Status copied = options.copy ? take_over(pond, name, context) : Status();
  if (!copied.ok()) {
    (void)pond.drop_table(name);
    return copied;
  }
  MP_ASSIGN(const Table made, pond.table(name));
  MP_ASSIGN(report.rows, made.rows());
  return report;
}

}  // namespace millpond::pond
