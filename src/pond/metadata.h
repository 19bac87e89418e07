#pragma once
// Table metadata: the JSON file that a commit replaces.
//
// Source: Iceberg spec, "Table Metadata", appendix C "Table Metadata and Snapshots". Versions 1 (read), 2 and 3.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/pond/table.h"
#include "pond/iceberg_schema.h"
#include "pond/partition.h"

namespace millpond::pond {

/// A snapshot with its JSON text, kept so that a commit copies text instead of serialising the whole history.
struct SnapshotEntry {
  Snapshot snapshot;
  std::string json;
};
using SnapshotEntryPtr = std::shared_ptr<const SnapshotEntry>;
SnapshotEntryPtr make_snapshot_entry(Snapshot snapshot);

struct SnapshotLogEntry {
  std::int64_t timestamp_ms = 0, snapshot_id = 0;
};
struct MetadataLogEntry {
  std::int64_t timestamp_ms = 0;
  std::string file;
};
struct SnapshotRef {
  std::int64_t snapshot_id = 0;
  std::string type = "branch";
  std::string extra;  ///< other members, as ",\"key\":value..."; retention settings that we do not look at
};

struct TableMetadata {
  int format_version = 2;
  std::string uuid, location;
  std::int64_t next_row_id = 0;  ///< version 3
  std::int64_t last_sequence_number = 0, last_updated_ms = 0;
  std::int32_t last_column_id = 0;
  std::vector<IcebergSchema> schemas;
  std::int32_t current_schema_id = 0;
  std::string partition_specs_json, sort_orders_json;
  std::vector<PartitionSpec> specs;
  std::int32_t default_spec_id = 0, last_partition_id = 999, default_sort_order_id = 0;
  std::map<std::string, std::string> properties;
  std::optional<std::int64_t> current_snapshot_id;
  std::vector<SnapshotEntryPtr> snapshots;
  std::vector<SnapshotLogEntry> snapshot_log;
  std::vector<MetadataLogEntry> metadata_log;
  std::map<std::string, SnapshotRef> refs;
  std::string extra;  ///< members that we carry along unread, as ",\"key\":value..."

  const IcebergSchema& schema() const;
  const IcebergSchema* find_schema(std::int32_t id) const;
  const PartitionSpec& spec(std::int32_t id) const;  ///< an empty one if there is none of this id
  const SnapshotEntry* find_snapshot(std::int64_t id) const;
  const SnapshotEntry* current() const { return current_snapshot_id ? find_snapshot(*current_snapshot_id) : nullptr; }
  std::int64_t property(std::string_view key, std::int64_t otherwise) const;
  bool flag(std::string_view key, bool otherwise) const;
};

/// The property `format-version` (2 or 3) says which version; it is no property of the table afterwards.
Result<TableMetadata> new_metadata(const Schema& schema, std::string location,
                                   std::map<std::string, std::string> properties);
inline constexpr const char* kFormatVersionKey = "format-version";
/// The same of this one, which has what `exact_types` gave.
inline constexpr const char* kExactTypesKey = "millpond.exact-types";
/// Errors: kInvalidArgument for a version that is not known, or lower than the table's.
Status upgrade(TableMetadata& table, std::string_view version);
/// Errors: kDataCorrupt; kUnsupported (a format version above 3, a type that has no column type).
Result<TableMetadata> parse_metadata(std::string_view json);
std::string serialise(const TableMetadata& metadata);

}  // namespace millpond::pond
