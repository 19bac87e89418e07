#pragma once
// Manifests (lists of files) and manifest lists.
//
// Source: Iceberg spec, "Manifests", "Manifest Lists", "Sequence Number Inheritance". Version 2.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/pond/data_file.h"
#include "millpond/status.h"
#include "pond/metadata.h"

namespace millpond::pond {

enum class EntryStatus : unsigned char { kExisting = 0, kAdded = 1, kDeleted = 2 };
enum class FileContent : unsigned char { kData = 0, kPositionDeletes = 1, kEqualityDeletes = 2 };

struct ManifestEntry {
  EntryStatus status = EntryStatus::kAdded;
  FileContent content = FileContent::kData;
  std::optional<std::int64_t> snapshot_id, sequence_number, file_sequence_number;  ///< none: inherited
  DataFile file;
  std::string format = "PARQUET";
  std::optional<std::int32_t> sort_order_id;
  std::string referenced_data_file;  ///< position deletes of one file only
};
using ManifestEntries = std::vector<ManifestEntry>;
using ManifestEntriesPtr = std::shared_ptr<const ManifestEntries>;

/// A line of a manifest list.
struct ManifestFile {
  std::string path;
  std::int64_t length = 0;
  std::int32_t spec_id = 0;
  bool deletes = false;  ///< holds delete files, not data files
  std::int64_t sequence_number = 0, min_sequence_number = 0;
  std::int64_t snapshot_id = 0;
  std::int64_t added_files = 0, existing_files = 0, deleted_files = 0;
  std::int64_t added_rows = 0, existing_rows = 0, deleted_rows = 0;
};
using ManifestList = std::vector<ManifestFile>;
using ManifestListPtr = std::shared_ptr<const ManifestList>;

/// Fills in what an entry leaves to its manifest.
void inherit(ManifestEntry& entry, const ManifestFile& source);
/// Entries with inherited values filled in from `source`. Errors: kDataCorrupt.
Result<ManifestEntries> parse_manifest(std::string_view bytes, const ManifestFile& source);
std::string serialise_manifest(const ManifestEntries& entries, const TableMetadata& table, bool deletes);
/// The line for a manifest of these entries. Entries without a sequence number count as `sequence_number`.
ManifestFile describe(const ManifestEntries& entries, bool deletes, std::int64_t snapshot_id,
                      std::int64_t sequence_number);

Result<ManifestList> parse_manifest_list(std::string_view bytes);
std::string serialise_manifest_list(const ManifestList& list, const Snapshot& snapshot);

}  // namespace millpond::pond
