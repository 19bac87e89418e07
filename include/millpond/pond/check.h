#pragma once
// Is everything there that the pond says it has?

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "millpond/context.h"
#include "millpond/pond/pond.h"

namespace millpond::pond {

/// One thing that is not as it should be.
struct Problem {
  enum class Kind : unsigned char {
    kCatalog,
    kRef,
    kSnapshot,
    kManifest,
    kDataFile,
    kDeleteFile,
    kSegment,
    kBlob,
    kOrphan
  };
  Kind kind = Kind::kCatalog;
  std::string table, path;
  std::string what;
  bool current = true;  ///< false: only older snapshots or other branches need it
  bool repaired = false;
  std::string repair;  ///< what was done, or what a person can do
  bool damage() const { return kind != Kind::kOrphan; }
};
std::string_view kind_name(Problem::Kind kind);

struct CheckOptions {
  bool content =
      true;  ///< also read every row and deleted position: page checksums, row counts. Else sizes and footers
  bool repair = false;
  std::vector<std::string> tables;                                 ///< empty: all
  std::chrono::milliseconds orphan_grace{std::chrono::hours(24)};  ///< younger files may belong to a commit under way
  /// Tables that a build makes again: what they lost is given up, and the next build makes it.
  std::function<bool(const Table&)> derived = [](const Table&) { return false; };
  std::map<std::string, std::string> rebuild_summary;  ///< of the commit that gives files up: the build's cursor
};

struct CheckReport {
  std::vector<Problem> problems;
  std::int64_t tables = 0, snapshots = 0, files = 0, rows = 0, size_bytes = 0;
  bool build_needed = false;     ///< a repaired table waits for the next build to make its rows again
  std::int64_t damages() const;  ///< that are not repaired
};

/// Compares each table with its files: catalog, metadata, refs, every snapshot's manifests, every file's size, row
/// count and content. With `repair`: the catalog's pointer goes back to the newest whole metadata file; refs without a
/// snapshot and snapshots without manifests are dropped; a derived table gives up lost files and is built again;
/// orphans go. What holds the only copy of rows is never given up: restore it from a backup.
///
/// Errors:  what kept the check itself from being done; damage is in the report.
/// Threads: one. Safe beside readers and writers: what a commit removed meanwhile is looked at again.
Result<CheckReport> check_pond(const Pond& pond, const CheckOptions& options, Context& context);

}  // namespace millpond::pond
