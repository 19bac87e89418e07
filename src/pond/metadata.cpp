#include "pond/metadata.h"

#include <charconv>

#include "pond/file_io.h"
#include "pond/partition_text.h"

namespace millpond::pond {
namespace {

// Commits write this text a thousand times over a growing history, so it is appended by hand, not built as a tree.
void append_text(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}
void append_number(std::string& out, std::int64_t value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}
void append_member(std::string& out, std::string_view key, std::int64_t value) {
  append_text(out, key);
  out += ':';
  append_number(out, value);
  out += ',';
}
void append_member(std::string& out, std::string_view key, std::string_view value) {
  append_text(out, key);
  out += ':';
  append_text(out, value);
  out += ',';
}
void append_raw(std::string& out, std::string_view key, std::string_view json) {
  append_text(out, key);
  out += ':';
  out += json;
  out += ',';
}
void close_list(std::string& out, char bracket) {
  if (out.back() == ',') out.pop_back();
  out += bracket;
}

std::string map_json(const std::map<std::string, std::string>& items) {
  std::string out = "{";
  for (const auto& [key, value] : items) append_member(out, key, value);
  close_list(out, '}');
  return out;
}

}  // namespace

SnapshotEntryPtr make_snapshot_entry(Snapshot snapshot) {
  std::string json = "{";
  append_member(json, "snapshot-id", snapshot.id);
  if (snapshot.parent) append_member(json, "parent-snapshot-id", *snapshot.parent);
  append_member(json, "sequence-number", snapshot.sequence_number);
  append_member(json, "timestamp-ms", snapshot.timestamp_ms);
  std::map<std::string, std::string> summary = snapshot.summary;
  summary["operation"] = snapshot.operation;
  append_raw(json, "summary", map_json(summary));
  append_member(json, "manifest-list", snapshot.manifest_list);
  append_member(json, "schema-id", std::int64_t{snapshot.schema_id});
  if (snapshot.first_row_id) {
    append_member(json, "first-row-id", *snapshot.first_row_id);
    append_member(json, "added-rows", snapshot.assigned_rows);
  }
  close_list(json, '}');
  return std::make_shared<const SnapshotEntry>(SnapshotEntry{std::move(snapshot), std::move(json)});
}

const IcebergSchema* TableMetadata::find_schema(std::int32_t id) const {
  for (const IcebergSchema& schema : schemas) {
    if (schema.id == id) return &schema;
  }
  return nullptr;
}

const IcebergSchema& TableMetadata::schema() const { return *find_schema(current_schema_id); }

const SnapshotEntry* TableMetadata::find_snapshot(std::int64_t id) const {
  for (auto it = snapshots.rbegin(); it != snapshots.rend(); ++it) {
    if ((*it)->snapshot.id == id) return it->get();
  }
  return nullptr;
}

std::int64_t TableMetadata::property(std::string_view key, std::int64_t otherwise) const {
  const auto found = properties.find(std::string(key));
  if (found == properties.end()) return otherwise;
  std::int64_t value = 0;
  const char* end = found->second.data() + found->second.size();
  const auto parsed = std::from_chars(found->second.data(), end, value);
  return parsed.ec == std::errc() && parsed.ptr == end ? value : otherwise;
}

bool TableMetadata::flag(std::string_view key, bool otherwise) const {
  const auto found = properties.find(std::string(key));
  return found == properties.end() ? otherwise : found->second == "true";
}

const PartitionSpec& TableMetadata::spec(std::int32_t id) const {
  static const PartitionSpec kNone;
  for (const PartitionSpec& spec : specs) {
    if (spec.id == id) return spec;
  }
  return kNone;
}

Status upgrade(TableMetadata& table, std::string_view version) {
  if (version.size() != 1 || version[0] < '2' || version[0] > '3') {
    return invalid("millpond writes format versions 2 and 3, not: ", version);
  }
  const int wanted = version[0] - '0';
  if (wanted < table.format_version) {
    return invalid("a table's format version cannot go back from ", table.format_version, " to ", wanted);
  }
  table.format_version = wanted;
  return {};
}

Result<TableMetadata> new_metadata(const Schema& schema, std::string location,
                                   std::map<std::string, std::string> properties) {
  TableMetadata out;
  if (const auto found = properties.find(kFormatVersionKey); found != properties.end()) {
    MP_TRY(upgrade(out, found->second));
    properties.erase(found);
  }
  std::string partition_by;
  if (const auto found = properties.find(kPartitionByKey); found != properties.end()) {
    partition_by = std::move(found->second);
    properties.erase(found);
  }
  out.uuid = new_uuid();
  out.location = std::move(location);
  out.last_updated_ms = now_ms();
  out.schemas.push_back(with_ids(schema, 0, out.last_column_id));
  if (const auto found = properties.find(kExactTypesKey); found != properties.end()) {
    MP_TRY(apply_exact_types(found->second, out.schemas[0]));
    properties.erase(found);
  }
  out.specs.emplace_back();
  if (!partition_by.empty()) {
    MP_ASSIGN(out.specs[0], parse_partition_text(partition_by, out.schemas[0].fields));
    out.last_partition_id = out.specs[0].fields.back().id;
  }
  out.partition_specs_json = "[" + to_json(out.specs[0]) + "]";
  out.sort_orders_json = R"([{"fields":[],"order-id":0}])";
  out.properties = std::move(properties);
  return out;
}

std::string serialise(const TableMetadata& m) {
  std::string out = "{";
  out.reserve(4096 + m.snapshots.size() * 640);
  append_member(out, "format-version", std::int64_t{m.format_version});
  if (m.format_version >= 3) append_member(out, "next-row-id", m.next_row_id);
  append_member(out, "table-uuid", m.uuid);
  append_member(out, "location", m.location);
  append_member(out, "last-sequence-number", m.last_sequence_number);
  append_member(out, "last-updated-ms", m.last_updated_ms);
  append_member(out, "last-column-id", std::int64_t{m.last_column_id});
  append_member(out, "current-schema-id", std::int64_t{m.current_schema_id});
  out += R"("schemas":[)";
  for (const IcebergSchema& schema : m.schemas) (out += schema.json) += ',';
  close_list(out, ']');
  out += ',';
  append_member(out, "default-spec-id", std::int64_t{m.default_spec_id});
  append_raw(out, "partition-specs", m.partition_specs_json);
  append_member(out, "last-partition-id", std::int64_t{m.last_partition_id});
  append_member(out, "default-sort-order-id", std::int64_t{m.default_sort_order_id});
  append_raw(out, "sort-orders", m.sort_orders_json);
  append_raw(out, "properties", map_json(m.properties));
  if (m.current_snapshot_id) append_member(out, "current-snapshot-id", *m.current_snapshot_id);
  out += R"("refs":{)";
  for (const auto& [name, ref] : m.refs) {
    append_text(out, name);
    out += ":{";
    append_member(out, "snapshot-id", ref.snapshot_id);
    append_member(out, "type", ref.type);
    out.pop_back();
    (out += ref.extra) += "},";
  }
  close_list(out, '}');
  out += R"(,"snapshots":[)";
  for (const SnapshotEntryPtr& entry : m.snapshots) (out += entry->json) += ',';
  close_list(out, ']');
  out += R"(,"snapshot-log":[)";
  for (const SnapshotLogEntry& entry : m.snapshot_log) {
    out += '{';
    append_member(out, "timestamp-ms", entry.timestamp_ms);
    append_member(out, "snapshot-id", entry.snapshot_id);
    close_list(out, '}');
    out += ',';
  }
  close_list(out, ']');
  out += R"(,"metadata-log":[)";
  for (const MetadataLogEntry& entry : m.metadata_log) {
    out += '{';
    append_member(out, "timestamp-ms", entry.timestamp_ms);
    append_member(out, "metadata-file", entry.file);
    close_list(out, '}');
    out += ',';
  }
  close_list(out, ']');
  out += m.extra;
  out += '}';
  return out;
}

}  // namespace millpond::pond
