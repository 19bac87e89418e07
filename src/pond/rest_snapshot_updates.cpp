// Updates of snapshots and of the branches and tags that name them.

#include "pond/rest_document.h"

namespace millpond::pond {
namespace {

constexpr std::int64_t kClockSkewMs = 60'000;

const Document* find_snapshot(const TableDraft& draft, std::int64_t id) {
  return find_by_id(draft.doc.at("snapshots"), "snapshot-id", id);
}

/// Version 3: each snapshot reserves ids for the rows that it adds.
Status take_row_ids(TableDraft& draft, const Document& snapshot) {
  const std::int64_t next = draft.doc.value("next-row-id", std::int64_t{0});
  if (!snapshot.contains("first-row-id") || !snapshot.contains("added-rows")) {
    return invalid("Cannot add a snapshot: first-row-id is null");
  }
  const std::int64_t first = snapshot["first-row-id"].get<std::int64_t>();
  const std::int64_t added = snapshot["added-rows"].get<std::int64_t>();
  if (first < next) {
    return conflict("Cannot add a snapshot, first-row-id is behind table next-row-id: ", first, " < ", next);
  }
  if (added < 0 || added > INT64_MAX - first) return invalid("Cannot add a snapshot: added-rows is not a count");
  draft.doc["next-row-id"] = next + added;
  return {};
}

void drop_ref(TableDraft& draft, const std::string& name) {
  draft.doc["refs"].erase(name);
  if (name == "main") draft.doc.erase("current-snapshot-id");
}

}  // namespace

Status add_snapshot(TableDraft& draft, const Document& update) {
  const Document& snapshot = update.at("snapshot");
  Document& doc = draft.doc;
  if (doc.at("schemas").empty()) return invalid("Attempting to add a snapshot before a schema is added");
  if (doc.at("partition-specs").empty())
    return invalid("Attempting to add a snapshot before a partition spec is added");
  if (doc.at("sort-orders").empty()) return invalid("Attempting to add a snapshot before a sort order is added");
  const std::int64_t id = snapshot.at("snapshot-id").get<std::int64_t>();
  const std::int64_t at_ms = snapshot.at("timestamp-ms").get<std::int64_t>();
  if (!snapshot.contains("manifest-list") && !snapshot.contains("manifests")) {
    return invalid("a snapshot needs a manifest-list: ", id);
  }
  if (find_snapshot(draft, id) != nullptr) return invalid("Snapshot already exists for id: ", id);
  const std::int64_t last = doc.value("last-sequence-number", std::int64_t{0});
  const std::int64_t sequence = snapshot.value("sequence-number", std::int64_t{0});
  if (draft.format_version() > 1) {
    if (!snapshot.contains("sequence-number")) return invalid("a snapshot needs a sequence-number: ", id);
    const bool has_parent = snapshot.contains("parent-snapshot-id") && !snapshot["parent-snapshot-id"].is_null();
    if (sequence <= last && has_parent) {
      return conflict("Cannot add snapshot with sequence number ", sequence, " older than last sequence number ", last);
    }
  }
  if (draft.format_version() >= 3) MP_TRY(take_row_ids(draft, snapshot));
  if (at_ms < doc.value("last-updated-ms", std::int64_t{0}) - kClockSkewMs && !draft.is_new) {
    return invalid("Invalid snapshot timestamp ", at_ms, ": before last update");
  }
  doc["snapshots"].push_back(snapshot);
  doc["last-sequence-number"] = std::max(last, sequence);
  draft.last_updated_ms = at_ms;
  draft.added_snapshots.insert(id);
  return {};
}

Status remove_snapshots(TableDraft& draft, const Document& update) {
  std::set<std::int64_t> gone;
  for (const Document& id : update.at("snapshot-ids")) gone.insert(id.get<std::int64_t>());
  const auto keep = [&](const char* list) {
    if (!draft.doc.contains(list)) return;
    Document kept = Document::array();
    for (Document& each : draft.doc[list]) {
      if (!gone.contains(each.at("snapshot-id").get<std::int64_t>())) kept.push_back(std::move(each));
    }
    draft.doc[list] = std::move(kept);
  };
  keep("snapshots");
  keep("statistics");
  keep("partition-statistics");
  std::vector<std::string> dangling;
  for (const auto& [name, ref] : draft.doc.at("refs").items()) {
    if (gone.contains(ref.at("snapshot-id").get<std::int64_t>())) dangling.push_back(name);
  }
  for (const std::string& name : dangling) drop_ref(draft, name);
  draft.removed_snapshots.merge(gone);
  return {};
}

Status set_snapshot_ref(TableDraft& draft, const Document& update) {
  const std::string name = update.at("ref-name").get<std::string>();
  const std::int64_t id = update.at("snapshot-id").get<std::int64_t>();
  const std::string type = update.at("type").get<std::string>();
  if (type != "branch" && type != "tag") return invalid("a ref is a branch or a tag, not: ", type);
  if (name == "main" && type != "branch") return invalid("Cannot set main to a tag");
  if (name.empty()) return invalid("a ref needs a name");
  const Document* snapshot = find_snapshot(draft, id);
  if (snapshot == nullptr) return invalid("Cannot set ", name, " to unknown snapshot: ", id);
  Document ref = {{"snapshot-id", id}, {"type", type}};
  for (const char* key : {"min-snapshots-to-keep", "max-snapshot-age-ms", "max-ref-age-ms"}) {
    if (update.contains(key) && !update[key].is_null()) ref[key] = update[key];
  }
  Document& refs = draft.doc["refs"];
  if (refs.contains(name) && refs[name] == ref) return {};
  refs[name] = std::move(ref);
  if (draft.added_snapshots.contains(id)) draft.last_updated_ms = snapshot->at("timestamp-ms").get<std::int64_t>();
  if (name == "main") {
    draft.doc["current-snapshot-id"] = id;
    if (!draft.last_updated_ms) draft.last_updated_ms = draft.now_ms;
    draft.doc["snapshot-log"].push_back({{"timestamp-ms", *draft.last_updated_ms}, {"snapshot-id", id}});
  }
  return {};
}

Status remove_snapshot_ref(TableDraft& draft, const Document& update) {
  const std::string name = update.at("ref-name").get<std::string>();
  if (draft.doc.at("refs").contains(name)) drop_ref(draft, name);
  return {};
}

}  // namespace millpond::pond
