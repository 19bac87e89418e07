#pragma once
// Manifests (lists of files) and manifest lists.
//
// Source: Iceberg spec, "Manifests", "Manifest Lists", "Sequence Number Inheritance", "First Row ID Inheritance".
// Versions 1 (read), 2 and 3.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/pond/data_file.h"
#include "millpond/status.h"
#include "pond/avro.h"
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
  std::string referenced_data_file;             ///< position deletes of one file only
  std::vector<std::int32_t> equality_ids;       ///< the columns that equality deletes compare
  std::int64_t blob_offset = 0, blob_size = 0;  ///< where a deletion vector stands in its file; size 0: it is none
  bool is_vector() const { return blob_size > 0; }
  /// Names this entry in its snapshot. Many deletion vectors share a file, so its path does not.
  std::string key() const { return is_vector() ? file.path + "#" + std::to_string(blob_offset) : file.path; }
};
using ManifestEntries = std::vector<ManifestEntry>;
using ManifestEntriesPtr = std::shared_ptr<const ManifestEntries>;

/// The values of one partition field in a manifest, in the binary form of appendix D.
struct PartitionSummary {
  bool contains_null = false;
  std::optional<bool> contains_nan;
  std::optional<std::string> lower, upper;
};

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
  std::vector<PartitionSummary> partitions;  ///< by field of the spec; empty: nothing is said
  std::optional<std::int64_t> first_row_id;  ///< version 3, of data manifests
  /// An upgrade to version 3 gives row ids to the entries of a manifest that stays as it is.
  std::string cache_key() const { return first_row_id ? path + "@" + std::to_string(*first_row_id) : path; }
};
using ManifestList = std::vector<ManifestFile>;
using ManifestListPtr = std::shared_ptr<const ManifestList>;

/// Fills in what entries leave to their manifest.
void inherit(ManifestEntries& entries, const ManifestFile& source);
/// Entries with inherited values filled in from `source`. Errors: kDataCorrupt.
Result<ManifestEntries> parse_manifest(std::string_view bytes, const ManifestFile& source);
/// Values as appendix D writes single ones, whatever column they come from. Null: unpartitioned.
std::shared_ptr<const Partition> read_partition(const avro::Schema& schema, int node, avro::Decoder& in);
/// One entry, without what it inherits; `in` stands at its beginning. Errors: kDataCorrupt.
Result<ManifestEntry> parse_entry(const avro::Schema& schema, avro::Decoder& in);
/// All entries follow the same partition spec.
std::string serialise_manifest(const ManifestEntries& entries, const TableMetadata& table, std::int32_t spec_id,
                               bool deletes);
/// For the line of a manifest of these entries; empty if the spec has no fields.
std::vector<PartitionSummary> summarised(const ManifestEntries& entries, const TableMetadata& table,
                                         std::int32_t spec_id);
/// The line for a manifest of these entries. Entries without a sequence number count as `sequence_number`.
ManifestFile describe(const ManifestEntries& entries, bool deletes, std::int64_t snapshot_id,
                      std::int64_t sequence_number);

Result<ManifestList> parse_manifest_list(std::string_view bytes);
std::string serialise_manifest_list(const ManifestList& list, const Snapshot& snapshot, const TableMetadata& table);

}  // namespace millpond::pond
