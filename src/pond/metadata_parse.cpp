#include <algorithm>
#include <nlohmann/json.hpp>

#include "pond/file_io.h"
#include "pond/metadata.h"

namespace millpond::pond {
namespace {

using nlohmann::json;
constexpr int kDepthMax = 256;

std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

/// Reads members of one object; the first that is missing or of a wrong type is remembered.
class Members {
 public:
  Members(const json& object, std::string place) : object_(object), place_(std::move(place)) {}

  template <class T>
  void integer(const char* key, T& out, bool required = true) {
    const json* value = find(key, required);
    if (value == nullptr) return;
    if (!value->is_number_integer()) return wrong(key);
    out = value->get<T>();
  }
  void text(const char* key, std::string& out, bool required = true) {
    const json* value = find(key, required);
    if (value == nullptr) return;
    if (!value->is_string()) return wrong(key);
    out = value->get<std::string>();
  }
  const json* array(const char* key, bool required) {
    const json* value = find(key, required);
    if (value != nullptr && !value->is_array()) wrong(key), value = nullptr;
    return value;
  }
  const json* object(const char* key, bool required) {
    const json* value = find(key, required);
    if (value != nullptr && !value->is_object()) wrong(key), value = nullptr;
    return value;
  }
  Status status() const { return error_; }

 private:
  const json* find(const char* key, bool required) {
    const auto found = object_.find(key);
    if (found != object_.end() && !found->is_null()) return &*found;
    if (required && error_.ok()) error_ = corrupt(place_, " lacks \"", key, '"');
    return nullptr;
  }
  void wrong(const char* key) {
    if (error_.ok()) error_ = corrupt(place_, " has a value of the wrong type: \"", key, '"');
  }
  const json& object_;
  std::string place_;
  Status error_;
};

/// Old writers of version 1 put the manifests of a snapshot here, and no list. They stand in `manifest_list`, a line
/// each.
Status parse_listed_manifests(const json& value, Snapshot& snapshot) {
  const auto found = value.find("manifests");
  if (found == value.end() || !found->is_array())
    return corrupt("snapshot names neither a manifest list nor manifests");
  for (const json& path : *found) {
    if (!path.is_string()) return corrupt("snapshot names a manifest that is no text");
    snapshot.manifest_list += path.get<std::string>() + "\n";
  }
  return {};
}

Result<SnapshotEntryPtr> parse_snapshot(const json& value) {
  if (!value.is_object()) return corrupt("snapshot is no object");
  auto entry = std::make_shared<SnapshotEntry>();
  Snapshot& snapshot = entry->snapshot;
  Members members(value, "snapshot");
  members.integer("snapshot-id", snapshot.id);
  members.integer("sequence-number", snapshot.sequence_number, false);
  members.integer("timestamp-ms", snapshot.timestamp_ms);
  members.text("manifest-list", snapshot.manifest_list, !value.contains("manifests"));
  if (snapshot.manifest_list.empty()) MP_TRY(parse_listed_manifests(value, snapshot));
  members.integer("schema-id", snapshot.schema_id, false);
  members.integer("added-rows", snapshot.assigned_rows, false);
  if (value.contains("first-row-id") && value["first-row-id"].is_number_integer()) {
    snapshot.first_row_id = value["first-row-id"].get<std::int64_t>();
  }
  if (value.contains("parent-snapshot-id") && value["parent-snapshot-id"].is_number_integer()) {
    snapshot.parent = value["parent-snapshot-id"].get<std::int64_t>();
  }
  if (const json* summary = members.object("summary", false)) {
    for (const auto& [key, item] : summary->items()) {
      if (!item.is_string()) return corrupt("snapshot summary has a value that is no text: ", key);
      if (key == "operation")
        snapshot.operation = item.get<std::string>();
      else
        snapshot.summary[key] = item.get<std::string>();
    }
  }
  MP_TRY(members.status());
  entry->json = dump(value);
  return SnapshotEntryPtr(std::move(entry));
}

Status parse_schemas(const json& list, TableMetadata& out) {
  for (const json& item : list) {
    Result<IcebergSchema> schema = parse_iceberg_schema(item);
    // An old schema that we cannot represent hurts only those who travel back to it.
    if (!schema.ok() && schema.status().code() == Code::kUnsupported &&
        item.value("schema-id", -1) != out.current_schema_id) {
      IcebergSchema opaque;
      opaque.id = item.value("schema-id", -1);
      opaque.json = dump(item);
      out.schemas.push_back(std::move(opaque));
      continue;
    }
    if (!schema.ok()) return std::move(schema).status();
    out.schemas.push_back(*std::move(schema));
  }
  if (out.find_schema(out.current_schema_id) == nullptr)
    return corrupt("metadata lacks its current schema: ", out.current_schema_id);
  return {};
}

Status parse_history(Members& members, TableMetadata& out) {
  if (const json* snapshots = members.array("snapshots", false)) {
    for (const json& item : *snapshots) {
      MP_ASSIGN(SnapshotEntryPtr entry, parse_snapshot(item));
      out.snapshots.push_back(std::move(entry));
    }
  }
  if (const json* log = members.array("snapshot-log", false)) {
    for (const json& item : *log) {
      if (!item.is_object()) return corrupt("snapshot-log holds something that is no object");
      SnapshotLogEntry entry;
      Members fields(item, "snapshot-log");
      fields.integer("timestamp-ms", entry.timestamp_ms);
      fields.integer("snapshot-id", entry.snapshot_id);
      MP_TRY(fields.status());
      out.snapshot_log.push_back(entry);
    }
  }
  if (const json* log = members.array("metadata-log", false)) {
    for (const json& item : *log) {
      if (!item.is_object()) return corrupt("metadata-log holds something that is no object");
      MetadataLogEntry entry;
      Members fields(item, "metadata-log");
      fields.integer("timestamp-ms", entry.timestamp_ms);
      fields.text("metadata-file", entry.file);
      MP_TRY(fields.status());
      out.metadata_log.push_back(std::move(entry));
    }
  }
  return {};
}

Status parse_refs(Members& members, TableMetadata& out) {
  if (const json* refs = members.object("refs", false)) {
    for (const auto& [name, item] : refs->items()) {
      if (!item.is_object()) return corrupt("ref is no object: ", name);
      SnapshotRef ref;
      Members fields(item, "ref");
      fields.integer("snapshot-id", ref.snapshot_id);
      fields.text("type", ref.type);
      MP_TRY(fields.status());
      for (const auto& [key, value] : item.items()) {
        if (key != "snapshot-id" && key != "type") ref.extra += "," + dump(key) + ":" + dump(value);
      }
      out.refs[name] = std::move(ref);
    }
  }
  std::int64_t current = -1;
  members.integer("current-snapshot-id", current, false);
  if (current >= 0) out.current_snapshot_id = current;
  if (out.current_snapshot_id && out.find_snapshot(*out.current_snapshot_id) == nullptr) {
    return corrupt("metadata lacks its current snapshot: ", *out.current_snapshot_id);
  }
  return {};
}

Status parse_specs(Members& members, TableMetadata& out) {
  const bool must = out.format_version > 1;
  members.integer("default-spec-id", out.default_spec_id, must);
  members.integer("last-partition-id", out.last_partition_id, false);
  members.integer("default-sort-order-id", out.default_sort_order_id, must);
  if (const json* specs = members.array("partition-specs", must)) {
    out.partition_specs_json = dump(*specs);
    for (const json& item : *specs) {
      MP_ASSIGN(PartitionSpec spec, parse_partition_spec(item));
      out.specs.push_back(std::move(spec));
    }
  } else if (const json* fields = members.array("partition-spec", false)) {  // version 1
    const json spec = {{"spec-id", 0}, {"fields", *fields}};
    out.partition_specs_json = dump(json::array({spec}));
    MP_ASSIGN(PartitionSpec parsed, parse_partition_spec(spec));
    out.specs.push_back(std::move(parsed));
  }
  out.sort_orders_json = R"([{"fields":[],"order-id":0}])";
  if (const json* orders = members.array("sort-orders", must)) out.sort_orders_json = dump(*orders);
  return {};
}

void keep_unknown(const json& root, TableMetadata& out) {
  static constexpr std::string_view kKnown[] = {"format-version",
                                                "table-uuid",
                                                "next-row-id",
                                                "location",
                                                "last-sequence-number",
                                                "last-updated-ms",
                                                "last-column-id",
                                                "schemas",
                                                "schema",
                                                "current-schema-id",
                                                "partition-specs",
                                                "partition-spec",
                                                "default-spec-id",
                                                "last-partition-id",
                                                "properties",
                                                "current-snapshot-id",
                                                "snapshots",
                                                "snapshot-log",
                                                "metadata-log",
                                                "sort-orders",
                                                "default-sort-order-id",
                                                "refs"};
  for (const auto& [key, value] : root.items()) {
    if (std::find(std::begin(kKnown), std::end(kKnown), key) == std::end(kKnown)) {
      out.extra += "," + dump(key) + ":" + dump(value);
    }
  }
}

bool too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDepthMax) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

Result<TableMetadata> parse_root(const json& root) {
  TableMetadata out;
  Members members(root, "metadata");
  members.integer("format-version", out.format_version);
  MP_TRY(members.status());
  if (out.format_version < 1 || out.format_version > 3) {
    return unsupported("Iceberg format version ", out.format_version)
        .hint("millpond reads versions 1 to 3, and writes 2 and 3.");
  }
  const bool first = out.format_version == 1;
  members.text("table-uuid", out.uuid, !first);
  members.text("location", out.location);
  members.integer("last-sequence-number", out.last_sequence_number, !first);
  members.integer("last-updated-ms", out.last_updated_ms);
  members.integer("last-column-id", out.last_column_id);
  members.integer("next-row-id", out.next_row_id, out.format_version >= 3);
  members.integer("current-schema-id", out.current_schema_id, !first);
  if (const json* schemas = members.array("schemas", !first)) {
    MP_TRY(parse_schemas(*schemas, out));
  } else if (const json* schema = members.object("schema", first)) {
    out.current_schema_id = schema->value("schema-id", 0);
    MP_TRY(parse_schemas(json::array({*schema}), out));
  }
  MP_TRY(members.status());
  MP_TRY(parse_specs(members, out));
  if (const json* properties = members.object("properties", false)) {
    for (const auto& [key, value] : properties->items()) {
      if (!value.is_string()) return corrupt("table property is no text: ", key);
      out.properties[key] = value.get<std::string>();
    }
  }
  MP_TRY(parse_history(members, out));
  MP_TRY(parse_refs(members, out));
  MP_TRY(members.status());
  keep_unknown(root, out);
  return out;
}

}  // namespace

Result<TableMetadata> parse_metadata(std::string_view text) {
  if (too_deep(text)) return corrupt("metadata is nested too deeply");
  try {
    const json root = json::parse(text);
    if (!root.is_object()) return corrupt("metadata is no JSON object");
    return parse_root(root);
  } catch (const json::exception& problem) { return corrupt("metadata is not valid JSON: ", problem.what()); }
}

}  // namespace millpond::pond
