#include "pond/rest_updates.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace millpond::pond {
namespace {

constexpr std::int64_t kFormatMax = 3;
constexpr std::int64_t kPreviousVersionsMax = 100;

Status assign_uuid(TableDraft& draft, const Document& update) {
  const std::string uuid = update.at("uuid").get<std::string>();
  if (uuid.empty()) return invalid("a uuid must not be empty");
  if (!draft.is_new && draft.doc.at("table-uuid") != uuid) return invalid("Cannot reassign the uuid of a table");
  draft.doc["table-uuid"] = uuid;
  return {};
}

Status upgrade_format(TableDraft& draft, const Document& update) {
  const std::int64_t version = update.at("format-version").get<std::int64_t>();
  if (version > kFormatMax || version < 1) {
    return invalid("Cannot upgrade table to unsupported format version: v", version, " (supported: v", kFormatMax, ")");
  }
  if (version < draft.format_version() && !draft.is_new) {
    return invalid("Cannot downgrade v", draft.format_version(), " table to v", version);
  }
  draft.doc["format-version"] = version;
  if (version >= 3 && !draft.doc.contains("next-row-id")) draft.doc["next-row-id"] = 0;
  return {};
}

Status set_location(TableDraft& draft, const Document& update) {
  std::string location = update.at("location").get<std::string>();
  while (location.size() > 1 && location.ends_with('/')) location.pop_back();
  if (location.empty()) return invalid("a location must not be empty");
  draft.doc["location"] = location;
  return {};
}

Status set_properties(TableDraft& draft, const Document& update) {
  const Document& given = update.contains("updates") ? update["updates"] : update.at("updated");
  for (const auto& [key, value] : given.items()) draft.doc["properties"][key] = value.get<std::string>();
  return {};
}

Status remove_properties(TableDraft& draft, const Document& update) {
  const Document& given = update.contains("removals") ? update["removals"] : update.at("removed");
  for (const Document& key : given) draft.doc["properties"].erase(key.get<std::string>());
  return {};
}

/// Replaces the member of a list that has the same key.
void put(Document& list, const char* key, const Document& value) {
  if (Document* known = find_by_id(list, key, value.at(key).get<std::int64_t>())) {
    *known = value;
  } else {
    list.push_back(value);
  }
}
void remove(Document& list, const char* key, const Document& id) {
  Document kept = Document::array();
  for (const Document& each : list) {
    if (each.at(key) != id) kept.push_back(each);
  }
  list = std::move(kept);
}

Status set_statistics(TableDraft& draft, const Document& update) {
  put(draft.doc["statistics"], "snapshot-id", update.at("statistics"));
  return {};
}
Status remove_statistics(TableDraft& draft, const Document& update) {
  remove(draft.doc["statistics"], "snapshot-id", update.at("snapshot-id"));
  return {};
}
Status set_partition_statistics(TableDraft& draft, const Document& update) {
  put(draft.doc["partition-statistics"], "snapshot-id", update.at("partition-statistics"));
  return {};
}
Status remove_partition_statistics(TableDraft& draft, const Document& update) {
  remove(draft.doc["partition-statistics"], "snapshot-id", update.at("snapshot-id"));
  return {};
}
Status add_encryption_key(TableDraft& draft, const Document& update) {
  const Document& key = update.at("encryption-key");
  remove(draft.doc["encryption-keys"], "key-id", key.at("key-id"));
  draft.doc["encryption-keys"].push_back(key);
  return {};
}
Status remove_encryption_key(TableDraft& draft, const Document& update) {
  remove(draft.doc["encryption-keys"], "key-id", update.at("key-id"));
  return {};
}

struct Action {
  std::string_view name;
  Status (*apply)(TableDraft& draft, const Document& update);
};
constexpr std::array kActions = {
    Action{"assign-uuid", assign_uuid},
    Action{"upgrade-format-version", upgrade_format},
    Action{"add-schema", add_schema},
    Action{"set-current-schema", set_current_schema},
    Action{"remove-schemas", remove_schemas},
    Action{"add-spec", add_spec},
    Action{"set-default-spec", set_default_spec},
    Action{"remove-partition-specs", remove_specs},
    Action{"add-sort-order", add_sort_order},
    Action{"set-default-sort-order", set_default_sort_order},
    Action{"add-snapshot", add_snapshot},
    Action{"remove-snapshots", remove_snapshots},
    Action{"set-snapshot-ref", set_snapshot_ref},
    Action{"remove-snapshot-ref", remove_snapshot_ref},
    Action{"set-location", set_location},
    Action{"set-properties", set_properties},
    Action{"remove-properties", remove_properties},
    Action{"set-statistics", set_statistics},
    Action{"remove-statistics", remove_statistics},
    Action{"set-partition-statistics", set_partition_statistics},
    Action{"remove-partition-statistics", remove_partition_statistics},
    Action{"add-encryption-key", add_encryption_key},
    Action{"remove-encryption-key", remove_encryption_key},
};

/// The log says what `main` was; it forgets snapshots that only this commit knew, and what lies before one that is
/// gone.
void settle_snapshot_log(TableDraft& draft) {
  Document& log = draft.doc["snapshot-log"];
  const Document current = draft.doc.value("current-snapshot-id", Document(-1));
  Document kept = Document::array();
  for (Document& entry : log) {
    const std::int64_t id = entry.at("snapshot-id").get<std::int64_t>();
    if (draft.added_snapshots.contains(id) && current != id) continue;
    if (draft.removed_snapshots.contains(id)) {
      kept = Document::array();
      continue;
    }
    kept.push_back(std::move(entry));
  }
  log = std::move(kept);
}

/// Version 1 keeps the current schema and spec beside the lists, for its readers.
void add_legacy_members(Document& doc) {
  if (doc.at("format-version") != 1) return;
  if (const Document* schema = find_by_id(doc.at("schemas"), "schema-id", doc.at("current-schema-id"))) {
    doc["schema"] = *schema;
  }
  if (const Document* spec = find_by_id(doc.at("partition-specs"), "spec-id", doc.at("default-spec-id"))) {
    doc["partition-spec"] = spec->at("fields");
  }
  doc.erase("last-sequence-number");
}

Document empty_table() {
  return {{"format-version", 2},
          {"last-sequence-number", 0},
          {"last-column-id", 0},
          {"last-partition-id", 999},
          {"schemas", Document::array()},
          {"partition-specs", Document::array()},
          {"sort-orders", Document::array()},
          {"properties", Document::object()},
          {"refs", Document::object()},
          {"snapshots", Document::array()},
          {"snapshot-log", Document::array()},
          {"metadata-log", Document::array()}};
}

Status check_whole(const Document& doc) {
  for (const char* key : {"table-uuid", "location", "current-schema-id", "default-spec-id", "default-sort-order-id"}) {
    if (!doc.contains(key)) return invalid("a new table needs ", key);
  }
  return {};
}

Status apply_all(TableDraft& draft, const Document& updates) {
  if (!updates.is_array()) return invalid("updates are a list");
  for (const Document& update : updates) {
    const std::string name = update.at("action").get<std::string>();
    const auto known = std::find_if(kActions.begin(), kActions.end(), [&](const Action& a) { return a.name == name; });
    if (known == kActions.end()) return invalid("Cannot convert unknown update: ", name);
    MP_TRY(known->apply(draft, update));
  }
  return {};
}

}  // namespace

Result<Document> apply_updates(const Document* base, const Document& updates, std::int64_t now_ms) {
  try {
    TableDraft draft;
    draft.now_ms = now_ms;
    draft.is_new = base == nullptr;
    draft.doc = base != nullptr ? *base : empty_table();
    if (base != nullptr) normalise(draft.doc);
    MP_TRY(apply_all(draft, updates));
    if (draft.is_new) MP_TRY(check_whole(draft.doc));
    settle_snapshot_log(draft);
    draft.doc["last-updated-ms"] = draft.last_updated_ms.value_or(now_ms);
    add_legacy_members(draft.doc);
    return std::move(draft.doc);
  } catch (const Document::exception& problem) { return invalid("malformed update: ", problem.what()); }
}

std::vector<std::string> extend_metadata_log(Document& next, const Document& base, const std::string& base_location) {
  std::vector<std::string> outdated;
  Document& log = next["metadata-log"];
  log.push_back({{"timestamp-ms", base.value("last-updated-ms", std::int64_t{0})}, {"metadata-file", base_location}});
  std::int64_t max = kPreviousVersionsMax;
  const std::string given = next.at("properties").value("write.metadata.previous-versions-max", "");
  std::from_chars(given.data(), given.data() + given.size(), max);
  max = std::max<std::int64_t>(1, max);
  while (static_cast<std::int64_t>(log.size()) > max) {
    outdated.push_back(log.front().at("metadata-file").get<std::string>());
    log.erase(log.begin());
  }
  if (next.at("properties").value("write.metadata.delete-after-commit.enabled", "false") != "true") outdated.clear();
  return outdated;
}

}  // namespace millpond::pond
