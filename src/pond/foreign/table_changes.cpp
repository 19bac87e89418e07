#include "pond/foreign/table_changes.h"

namespace millpond::pond {
namespace {

Document parsed(const std::string& json) { return Document::parse(json, nullptr, false); }

void change_schemas(const TableMetadata& base, const TableMetadata& next, TableChanges& out) {
  bool added = false, last_is_current = false;
  for (const IcebergSchema& schema : next.schemas) {
    if (base.find_schema(schema.id) != nullptr) continue;
    out.updates.push_back(
        {{"action", "add-schema"}, {"schema", parsed(schema.json)}, {"last-column-id", next.last_column_id}});
    added = true;
    last_is_current = schema.id == next.current_schema_id;
  }
  if (added) {
    out.requirements.push_back(
        {{"type", "assert-last-assigned-field-id"}, {"last-assigned-field-id", base.last_column_id}});
  }
  if (next.current_schema_id == base.current_schema_id) return;
  out.requirements.push_back({{"type", "assert-current-schema-id"}, {"current-schema-id", base.current_schema_id}});
  // The catalog may number a new schema otherwise: -1 is the one that was just added.
  const std::int32_t id = last_is_current ? -1 : next.current_schema_id;
  out.updates.push_back({{"action", "set-current-schema"}, {"schema-id", id}});
}

void change_properties(const TableMetadata& base, const TableMetadata& next, TableChanges& out) {
  Document set = Document::object(), removed = Document::array();
  for (const auto& [key, value] : next.properties) {
    const auto known = base.properties.find(key);
    if (known == base.properties.end() || known->second != value) set[key] = value;
  }
  for (const auto& [key, value] : base.properties) {
    if (!next.properties.contains(key)) removed.push_back(key);
  }
  if (!set.empty()) out.updates.push_back({{"action", "set-properties"}, {"updates", set}});
  if (!removed.empty()) out.updates.push_back({{"action", "remove-properties"}, {"removals", removed}});
}

void require_ref(const TableMetadata& base, const std::string& name, TableChanges& out) {
  Document requirement = {{"type", "assert-ref-snapshot-id"}, {"ref", name}, {"snapshot-id", nullptr}};
  if (const auto known = base.refs.find(name); known != base.refs.end()) {
    requirement["snapshot-id"] = known->second.snapshot_id;
  }
  out.requirements.push_back(std::move(requirement));
}

void change_refs(const TableMetadata& base, const TableMetadata& next, TableChanges& out) {
  for (const auto& [name, ref] : next.refs) {
    const auto known = base.refs.find(name);
    const bool same = known != base.refs.end() && known->second.snapshot_id == ref.snapshot_id &&
                      known->second.type == ref.type && known->second.extra == ref.extra;
    if (same) continue;
    require_ref(base, name, out);
    Document update = {
        {"action", "set-snapshot-ref"}, {"ref-name", name}, {"type", ref.type}, {"snapshot-id", ref.snapshot_id}};
    const Document extra = parsed("{" + (ref.extra.empty() ? ref.extra : ref.extra.substr(1)) + "}");
    if (extra.is_object()) update.update(extra);
    out.updates.push_back(std::move(update));
  }
  for (const auto& [name, ref] : base.refs) {
    if (next.refs.contains(name)) continue;
    require_ref(base, name, out);
    out.updates.push_back({{"action", "remove-snapshot-ref"}, {"ref-name", name}});
  }
}

}  // namespace

TableChanges changes_between(const TableMetadata& base, const TableMetadata& next) {
  TableChanges out;
  out.requirements.push_back({{"type", "assert-table-uuid"}, {"uuid", base.uuid}});
  if (next.format_version != base.format_version) {
    out.updates.push_back({{"action", "upgrade-format-version"}, {"format-version", next.format_version}});
  }
  change_schemas(base, next, out);
  change_properties(base, next, out);
  for (const SnapshotEntryPtr& entry : next.snapshots) {
    if (base.find_snapshot(entry->snapshot.id) != nullptr) continue;
    out.updates.push_back({{"action", "add-snapshot"}, {"snapshot", parsed(entry->json)}});
  }
  change_refs(base, next, out);
  Document gone = Document::array();
  for (const SnapshotEntryPtr& entry : base.snapshots) {
    if (next.find_snapshot(entry->snapshot.id) == nullptr) gone.push_back(entry->snapshot.id);
  }
  if (!gone.empty()) out.updates.push_back({{"action", "remove-snapshots"}, {"snapshot-ids", gone}});
  return out;
}

}  // namespace millpond::pond
