#include "pond/rest_view.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "pond/file_io.h"

namespace millpond::pond {
namespace {

constexpr std::int64_t kLastAdded = -1, kHistoryEntries = 10;

struct ViewDraft {
  Document doc;
  std::int64_t now_ms = 0;
  std::optional<std::int64_t> last_added_schema, last_added_version;
  std::set<std::int64_t> added_versions;
};

Document without(Document version, std::initializer_list<const char*> keys) {
  for (const char* key : keys) version.erase(key);
  return version;
}
bool same_version(const Document& a, const Document& b) {
  return without(a, {"version-id", "timestamp-ms"}) == without(b, {"version-id", "timestamp-ms"});
}

Status add_view_schema(ViewDraft& draft, Document schema) {
  MP_TRY(check_schema(schema, 3));
  std::int64_t id = 0;
  for (const Document& known : draft.doc["schemas"]) {
    if (without(known, {"schema-id"}) == without(schema, {"schema-id"})) {
      draft.last_added_schema = known.at("schema-id").get<std::int64_t>();
      return {};
    }
    id = std::max(id, known.at("schema-id").get<std::int64_t>() + 1);
  }
  schema["schema-id"] = id;
  draft.doc["schemas"].push_back(std::move(schema));
  draft.last_added_schema = id;
  return {};
}

std::set<std::string> dialects_of(const Document& version) {
  std::set<std::string> out;
  for (const Document& each : version.at("representations")) {
    std::string dialect = each.value("dialect", "");
    std::transform(dialect.begin(), dialect.end(), dialect.begin(), [](unsigned char c) { return std::tolower(c); });
    out.insert(dialect);
  }
  return out;
}

Status check_representations(const Document& version) {
  const Document& all = version.at("representations");
  if (!all.is_array() || all.empty()) return invalid("a view version needs a representation");
  for (const Document& each : all) (void)each.at("type").get<std::string>();
  if (all.size() > 1 && dialects_of(version).size() != all.size()) {
    return invalid("Invalid view version: Cannot add multiple queries for dialect ", all[0].value("dialect", ""));
  }
  return {};
}

Status add_version(ViewDraft& draft, Document version) {
  MP_TRY(check_representations(version));
  if (version.at("schema-id") == kLastAdded) {
    if (!draft.last_added_schema) return invalid("Cannot set last added schema: no schema has been added");
    version["schema-id"] = *draft.last_added_schema;
  }
  if (find_by_id(draft.doc["schemas"], "schema-id", version["schema-id"].get<std::int64_t>()) == nullptr) {
    return invalid("Cannot add version with unknown schema: ", version["schema-id"].dump());
  }
  std::int64_t id = 1;
  for (const Document& known : draft.doc["versions"]) {
    if (same_version(known, version)) {
      draft.last_added_version = known.at("version-id").get<std::int64_t>();
      return {};
    }
    id = std::max(id, known.at("version-id").get<std::int64_t>() + 1);
  }
  version["version-id"] = id;
  if (!version.contains("timestamp-ms")) version["timestamp-ms"] = draft.now_ms;
  draft.doc["versions"].push_back(std::move(version));
  draft.last_added_version = id;
  draft.added_versions.insert(id);
  return {};
}

Status set_current_version(ViewDraft& draft, const Document& update) {
  std::int64_t id = update.at("view-version-id").get<std::int64_t>();
  if (id == kLastAdded) {
    if (!draft.last_added_version) return invalid("Cannot set last version id: no current version id has been set");
    id = *draft.last_added_version;
  }
  const Document* version = find_by_id(draft.doc["versions"], "version-id", id);
  if (version == nullptr) return invalid("Cannot set current version to unknown version: ", id);
  if (draft.doc.contains("current-version-id") && draft.doc["current-version-id"] == id) return {};
  draft.doc["current-version-id"] = id;
  const std::int64_t at_ms =
      draft.added_versions.contains(id) ? version->at("timestamp-ms").get<std::int64_t>() : draft.now_ms;
  draft.doc["version-log"].push_back({{"timestamp-ms", at_ms}, {"version-id", id}});
  return {};
}

/// The newest versions stay, and the current one; the log forgets what lies before one that is gone.
Status expire_versions(ViewDraft& draft) {
  std::int64_t most = kHistoryEntries;
  const std::string given = draft.doc["properties"].value("version.history.num-entries", "");
  std::from_chars(given.data(), given.data() + given.size(), most);
  if (most < 1) return invalid("version.history.num-entries must be positive but was ", most);
  most = std::max<std::int64_t>(most, static_cast<std::int64_t>(draft.added_versions.size()));
  std::vector<std::int64_t> ids;
  for (const Document& version : draft.doc["versions"]) ids.push_back(version.at("version-id").get<std::int64_t>());
  if (static_cast<std::int64_t>(ids.size()) <= most) return {};
  std::sort(ids.rbegin(), ids.rend());
  std::set<std::int64_t> kept = {draft.doc.at("current-version-id").get<std::int64_t>()};
  for (std::size_t i = 0; static_cast<std::int64_t>(kept.size()) < most; ++i) kept.insert(ids[i]);
  Document versions = Document::array(), log = Document::array();
  for (const Document& version : draft.doc["versions"]) {
    if (kept.contains(version["version-id"].get<std::int64_t>())) versions.push_back(version);
  }
  for (const Document& entry : draft.doc["version-log"]) {
    if (!kept.contains(entry.at("version-id").get<std::int64_t>())) {
      log = Document::array();
    } else {
      log.push_back(entry);
    }
  }
  draft.doc["versions"] = std::move(versions);
  draft.doc["version-log"] = std::move(log);
  return {};
}

Status check_dialects(const Document& base, const Document& next) {
  if (next.at("properties").value("replace.drop-dialect.allowed", "false") == "true") return {};
  const Document* before = find_by_id(base.at("versions"), "version-id", base.at("current-version-id"));
  const Document* after = find_by_id(next.at("versions"), "version-id", next.at("current-version-id"));
  if (before == nullptr || after == nullptr) return {};
  const std::set<std::string> old_ones = dialects_of(*before), new_ones = dialects_of(*after);
  if (std::includes(new_ones.begin(), new_ones.end(), old_ones.begin(), old_ones.end())) return {};
  const auto list = [](const std::set<std::string>& all) {
    std::string text;
    for (const std::string& each : all) text += (text.empty() ? "" : ", ") + each;
    return "[" + text + "]";
  };
  return invalid("Cannot replace view due to loss of view dialects (replace.drop-dialect.allowed=false):\n",
                 "Previous dialects: ", list(old_ones), "\nNew dialects: ", list(new_ones));
}

Status apply(ViewDraft& draft, const Document& update) {
  const std::string action = update.at("action").get<std::string>();
  if (action == "add-schema") return add_view_schema(draft, update.at("schema"));
  if (action == "add-view-version") return add_version(draft, update.at("view-version"));
  if (action == "set-current-view-version") return set_current_version(draft, update);
  if (action == "assign-uuid") {
    if (draft.doc.at("view-uuid") != update.at("uuid")) return invalid("Cannot reassign uuid");
    return {};
  }
  if (action == "upgrade-format-version") {
    if (update.at("format-version") != 1) return invalid("Cannot upgrade view to unsupported format version");
    return {};
  }
  if (action == "set-location") {
    draft.doc["location"] = update.at("location").get<std::string>();
    return {};
  }
  if (action == "set-properties") {
    for (const auto& [key, value] : update.at("updates").items()) {
      draft.doc["properties"][key] = value.get<std::string>();
    }
    return {};
  }
  if (action == "remove-properties") {
    for (const Document& key : update.at("removals")) draft.doc["properties"].erase(key.get<std::string>());
    return {};
  }
  return invalid("Cannot convert unknown update: ", action);
}

}  // namespace

Result<Document> new_view(const Document& request, const std::string& location, std::int64_t now_ms) {
  try {
    ViewDraft draft;
    draft.now_ms = now_ms;
    draft.doc = {{"view-uuid", new_uuid()},
                 {"format-version", 1},
                 {"location", location},
                 {"properties", request.value("properties", Document::object())},
                 {"schemas", Document::array()},
                 {"versions", Document::array()},
                 {"version-log", Document::array()}};
    MP_TRY(add_view_schema(draft, request.at("schema")));
    Document version = request.at("view-version");
    version["schema-id"] = *draft.last_added_schema;
    version["version-id"] = 1;
    MP_TRY(add_version(draft, std::move(version)));
    MP_TRY(set_current_version(draft, {{"view-version-id", kLastAdded}}));
    MP_TRY(expire_versions(draft));
    return std::move(draft.doc);
  } catch (const Document::exception& problem) { return invalid("malformed request: ", problem.what()); }
}

Result<Document> apply_view_updates(const Document& base, const Document& updates, std::int64_t now_ms) {
  try {
    ViewDraft draft;
    draft.doc = base;
    draft.now_ms = now_ms;
    if (!draft.doc.contains("properties")) draft.doc["properties"] = Document::object();
    if (!updates.is_array()) return invalid("updates are a list");
    for (const Document& update : updates) MP_TRY(apply(draft, update));
    MP_TRY(check_dialects(base, draft.doc));
    MP_TRY(expire_versions(draft));
    return std::move(draft.doc);
  } catch (const Document::exception& problem) { return invalid("malformed update: ", problem.what()); }
}

}  // namespace millpond::pond
