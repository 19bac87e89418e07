// millpond maintain: keeps tables small.

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/shell.h"
#include "millpond/index/table_index.h"
#include "millpond/pond/blobs.h"
#include "millpond/pond/maintenance.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;

/// Runs a step of maintenance on the table as it is now. Another process may compact, delete rows of the same files, or
/// expire them while they are read: then nothing was done, and the next maintenance does what is left.
template <class Step>
auto on_newest(const pond::Pond& pond, const std::string& name, std::string_view what, Shell& shell, const Step& step)
    -> decltype(step(std::declval<const pond::Table&>())) {
  MP_ASSIGN(const pond::Table table, pond.table(name));
  auto done = step(table);
  if (done.ok()) return done;
  MP_TRY(shell.context().check());
  if (!pond::overtaken(done.status(), table)) return done;
  shell.note("not " + std::string(what) + ", for another process changed it meanwhile: " + name);
  return std::decay_t<decltype(*done)>();
}

Status run_maintain(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const auto names, pond->tables());
  const std::int64_t keep = arguments.options.integer("keep_snapshots");
  if (keep < 1) return invalid("--keep-snapshots must be at least 1: ", keep);
  const auto days = std::chrono::hours(24) * arguments.options.integer("keep_days");
  const auto grace = std::chrono::hours(arguments.options.integer("orphan_hours"));
  std::vector<std::vector<std::string>> rows;
  ordered_json list = ordered_json::array();
  for (const std::string& name : names) {
    if (!arguments.word("table").empty() && name != arguments.word("table")) continue;
    MP_TRY(shell.context().check());
    if (const auto table = pond->table(name);
        arguments.word("table").empty() && table.status().code() == Code::kUnsupported) {
      shell.note("left to other engines: " + table.status().message());
      continue;
    }
    MP_ASSIGN(const auto compacted, on_newest(*pond, name, "compacted", shell, [&](const pond::Table& table) {
                return pond::compact(table, {}, shell.context());
              }));
    MP_ASSIGN(const auto expired, on_newest(*pond, name, "expired", shell, [&](const pond::Table& table) {
                return pond::expire_snapshots(table, {keep, days}, shell.context());
              }));
    MP_ASSIGN(const auto orphans,
              on_newest(*pond, name, "searched for files that nothing names", shell,
                        [&](const pond::Table& table) { return pond::remove_orphans(table, grace, shell.context()); }));
    MP_ASSIGN(const auto segments,
              on_newest(*pond, name, "rid of unused segments", shell,
                        [&](const pond::Table& table) { return index::remove_unused_segments(*pond, table, grace); }));
    rows.push_back({name, human_count(compacted.files_before), human_count(compacted.files_after),
                    human_count(expired.snapshots), human_count(expired.files + orphans.files),
                    human_bytes(expired.size_bytes + orphans.size_bytes)});
    list.push_back({{"table", name},
                    {"files_before", compacted.files_before},
                    {"files_after", compacted.files_after},
                    {"snapshots_expired", expired.snapshots},
                    {"files_removed", expired.files + orphans.files},
                    {"size_bytes_freed", expired.size_bytes + orphans.size_bytes},
                    {"segments_removed", segments}});
  }
  pond::BlobReport blobs;
  if (arguments.word("table").empty()) {
    auto removed = pond::remove_unused_blobs(*pond, grace, shell.context());
    // Which blobs are used can only be told where every table can be read; else all stay.
    if (!removed.ok() && removed.status().code() != Code::kUnsupported) return std::move(removed).status();
    if (removed.ok()) blobs = *removed;
  }
  if (rows.empty()) shell.line("Nothing to maintain.");
  if (!rows.empty())
    shell.table({"table", "files compacted", "into", "snapshots expired", "files removed", "freed"}, rows);
  if (blobs.files > 0)
    shell.line("blobs that no row refers to: " + human_count(blobs.files) + " removed, " +
               human_bytes(blobs.size_bytes) + " freed");
  shell.result({{"tables", list}, {"blobs_removed", blobs.files}, {"blob_bytes_freed", blobs.size_bytes}});
  return {};
}

}  // namespace

const CommandDef kMaintain = {
    .name = "maintain",
    .summary = "Compact tables, expire old snapshots, remove files that nothing names.",
    .details = "Safe beside builds and searches in other processes.",
    .arguments = {{"table", "Only this table.", false, false}},
    .options = {{"keep_snapshots", 10, "Keep at least so many snapshots of each table."},
                {"keep_days", 7, "Keep snapshots younger than this."},
                {"orphan_hours", 24, "Leave unnamed files younger than this: they may belong to a commit under way."}},
    .run = run_maintain,
};

}  // namespace millpond::cli
