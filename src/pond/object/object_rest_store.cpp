#include "pond/object/object_rest_store.h"

#include <algorithm>
#include <set>

#include "pond/file_io.h"
#include "pond/object/catalog_object.h"
#include "pond/object/object_catalog.h"

namespace millpond::pond {
namespace {

using Document = CatalogObject::Document;

constexpr const char* kLocation = "metadata-location";
constexpr const char* kAnswers = "answers";

bool inside(std::string_view key, std::string_view name_space) {
  return key.size() > name_space.size() && key.starts_with(name_space) && key[name_space.size()] == '.';
}

/// Namespaces that were made, those that something is in, and those above either.
std::set<std::string> all_namespaces(const Document& catalog) {
  std::set<std::string> keys;
  const auto add = [&](std::string key) {
    for (;;) {
      keys.insert(key);
      const std::size_t dot = key.rfind('.');
      if (dot == std::string::npos) return;
      key.resize(dot);
    }
  };
  for (const auto& [key, properties] : catalog["namespaces"].items()) add(key);
  for (const auto& [key, entries] : catalog["entries"].items()) {
    if (!entries.empty()) add(key);
  }
  return keys;
}

/// Null if there is no such entry.
const Document* find_entry(const Document& catalog, const EntryName& name) {
  const auto entries = catalog["entries"].find(name.name_space);
  if (entries == catalog["entries"].end()) return nullptr;
  const auto found = entries->find(name.name);
  return found == entries->end() ? nullptr : &*found;
}

Entry entry_of(const Document& stored) {
  return {stored["type"] == "VIEW" ? EntryKind::kView : EntryKind::kTable, stored[kLocation].get<std::string>()};
}

Status no_namespace(const std::string& key) { return not_found("Namespace does not exist: ", key); }

std::int64_t number_in(const Document& stored, const char* key) {
  const auto found = stored.find(key);
  return found != stored.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}
std::string text_in(const Document& stored, const char* key) {
  const auto found = stored.find(key);
  return found != stored.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<AnswerNote> find_answer(const Document& catalog, const std::string& key) {
  const auto answers = catalog.find(kAnswers);
  if (answers == catalog.end() || !answers->is_array()) return std::nullopt;
  for (const Document& each : *answers) {
    if (!each.is_object() || text_in(each, "key") != key || is_outdated(number_in(each, "at-ms"), now_ms())) continue;
    AnswerNote note;
    note.key = key;
    note.request_hash = static_cast<std::uint64_t>(number_in(each, "request"));
    note.status = static_cast<int>(number_in(each, "status"));
    note.form = static_cast<AnswerForm>(number_in(each, "form"));
    note.body = text_in(each, "body");
    note.location = text_in(each, "location");
    return note;
  }
  return std::nullopt;
}

Status keep_answers(Document& catalog, const AnswerNotes& notes) {
  const std::int64_t now = now_ms();
  Document kept = Document::array();
  if (const auto answers = catalog.find(kAnswers); answers != catalog.end() && answers->is_array()) {
    for (const Document& each : *answers) {
      if (each.is_object() && !is_outdated(number_in(each, "at-ms"), now)) kept.push_back(each);
    }
  }
  for (const AnswerNote& note : notes) {
    if (find_answer(catalog, note.key)) return unavailable("another server has the same request: ", note.key);
    Document line = {{"key", note.key},
                     {"request", static_cast<std::int64_t>(note.request_hash)},
                     {"status", note.status},
                     {"form", static_cast<int>(note.form)},
                     {"at-ms", now}};
    if (!note.body.empty()) line["body"] = note.body;
    if (!note.location.empty()) line["location"] = note.location;
    kept.push_back(std::move(line));
  }
  while (kept.size() > static_cast<std::size_t>(kAnswersInObjectMax)) kept.erase(kept.begin());
  catalog[kAnswers] = std::move(kept);
  return {};
}

class ObjectRestStore final : public RestStore {
 public:
  ObjectRestStore(std::shared_ptr<ObjectStore> store, const std::string& root)
      : catalog_(std::move(store), ObjectCatalog::path_in(root)) {
    root_ = root;
  }
  Status load() {
    MP_ASSIGN(const auto catalog, catalog_.read());
    recorded_root_ = (*catalog)["root"].get<std::string>();
    return {};
  }

  Result<std::vector<std::string>> namespaces() override {
    MP_ASSIGN(const auto catalog, catalog_.read());
    const std::set<std::string> keys = all_namespaces(*catalog);
    return std::vector<std::string>(keys.begin(), keys.end());
  }

  Result<bool> has_namespace(const std::string& key) override {
    MP_ASSIGN(const auto catalog, catalog_.read());
    return all_namespaces(*catalog).contains(key);
  }

  Result<Properties> properties(const std::string& key) override {
    MP_ASSIGN(const auto catalog, catalog_.read());
    const Document& all = (*catalog)["namespaces"];
    const auto found = all.find(key);
    return found == all.end() ? Properties() : found->get<Properties>();
  }

  Status create_namespace(const std::string& key, const Properties& properties, const AnswerNotes& notes) override {
    return change(notes, [&](Document& catalog) -> Result<bool> {
      if (all_namespaces(catalog).contains(key)) return error(Code::kAlreadyExists, "Namespace already exists: ", key);
      catalog["namespaces"][key] = properties;
      return true;
    });
  }

  Status change_properties(const std::string& key, const Properties& updates, const std::vector<std::string>& removals,
                           const AnswerNotes& notes) override {
    return change(notes, [&](Document& catalog) -> Result<bool> {
      if (!all_namespaces(catalog).contains(key)) return no_namespace(key);
      Document& stored = catalog["namespaces"][key];
      if (stored.is_null()) stored = Document::object();
      for (const std::string& name : removals) stored.erase(name);
      for (const auto& [name, value] : updates) stored[name] = value;
      return true;
    });
  }

  Status drop_namespace(const std::string& key, const AnswerNotes& notes) override {
    return change(notes, [&](Document& catalog) -> Result<bool> {
      const std::set<std::string> keys = all_namespaces(catalog);
      if (!keys.contains(key)) return no_namespace(key);
      const auto entries = catalog["entries"].find(key);
      bool empty = entries == catalog["entries"].end() || entries->empty();
      for (const std::string& other : keys) empty = empty && !inside(other, key);
      if (!empty) return conflict("Namespace is not empty: ", key);
      catalog["namespaces"].erase(key);
      catalog["entries"].erase(key);
      return true;
    });
  }

  Result<std::optional<Entry>> find(const EntryName& name) override {
    MP_ASSIGN(const auto catalog, catalog_.read());
    const Document* stored = find_entry(*catalog, name);
    return stored == nullptr ? std::optional<Entry>() : std::optional<Entry>(entry_of(*stored));
  }

  Result<std::vector<std::string>> list(const std::string& name_space, EntryKind kind) override {
    MP_ASSIGN(const auto catalog, catalog_.read());
    std::vector<std::string> names;
    const Document& all = (*catalog)["entries"];
    const auto entries = all.find(name_space);
    if (entries == all.end()) return names;
    for (const auto& [name, stored] : entries->items()) {
      if (entry_of(stored).kind == kind) names.push_back(name);
    }
    return names;
  }

  Result<std::vector<std::string>> all_locations() override {
    MP_ASSIGN(const auto catalog, catalog_.read());
    std::vector<std::string> locations;
    for (const auto& entries : (*catalog)["entries"]) {
      for (const auto& stored : entries) locations.push_back(stored[kLocation].get<std::string>());
    }
    return locations;
  }

  Result<std::vector<EntryName>> swap(const std::vector<Swap>& swaps, const AnswerNotes& notes) override {
    std::vector<EntryName> lost;
    MP_TRY(change(notes, [&](Document& catalog) -> Result<bool> {
      lost.clear();
      for (const Swap& swap : swaps) {
        MP_ASSIGN(const bool held, apply(catalog, swap));
        if (!held) lost.push_back(swap.name);
      }
      return lost.empty();
    }));
    return lost;
  }

  Status rename(const EntryName& from, const EntryName& to, EntryKind kind, const AnswerNotes& notes) override {
    return change(notes, [&](Document& catalog) -> Result<bool> {
      const std::string_view what = kind == EntryKind::kView ? "View" : "Table";
      const Document* source = find_entry(catalog, from);
      if (source == nullptr || entry_of(*source).kind != kind) {
        return not_found(what, " does not exist: ", from.name_space, ".", from.name);
      }
      if (!all_namespaces(catalog).contains(to.name_space)) return no_namespace(to.name_space);
      if (const Document* target = find_entry(catalog, to)) {
        return error(Code::kAlreadyExists, "Cannot rename ", from.name_space, ".", from.name, " to ", to.name_space,
                     ".", to.name, ". ", entry_of(*target).kind == EntryKind::kView ? "View" : "Table",
                     " already exists");
      }
      const Document moved = *source;
      catalog["entries"][from.name_space].erase(from.name);
      catalog["entries"][to.name_space][to.name] = moved;
      return true;
    });
  }

  Result<std::optional<AnswerNote>> answer(const std::string& key) override {
    MP_ASSIGN(const auto catalog, catalog_.read());
    return find_answer(*catalog, key);
  }
  Result<bool> has_answer_of(const std::string& location) override {
    MP_ASSIGN(const auto catalog, catalog_.read());
    const auto answers = catalog->find(kAnswers);
    if (answers == catalog->end() || !answers->is_array()) return false;
    return std::any_of(answers->begin(), answers->end(), [&](const Document& each) {
      return each.is_object() && each.value("location", Document()) == location;
    });
  }

 private:
  Status change(const AnswerNotes& notes, const CatalogObject::Change& change) {
    if (notes.empty()) return catalog_.apply(change).status();
    return catalog_
        .apply([&](Document& catalog) -> Result<bool> {
          MP_ASSIGN(const bool changed, change(catalog));
          if (changed) MP_TRY(keep_answers(catalog, notes));
          return changed;
        })
        .status();
  }

  static Result<bool> apply(Document& catalog, const Swap& swap) {
    const Document* stored = find_entry(catalog, swap.name);
    if (!swap.expected) {
      if (!all_namespaces(catalog).contains(swap.name.name_space)) return no_namespace(swap.name.name_space);
      if (stored != nullptr) return false;
    } else if (stored == nullptr || (*stored)[kLocation] != *swap.expected || entry_of(*stored).kind != swap.kind) {
      return false;
    }
    Document& entries = catalog["entries"][swap.name.name_space];
    if (!swap.location) {
      entries.erase(swap.name.name);
      return true;
    }
    Document entry = {{"type", kind_text(swap.kind)}, {kLocation, *swap.location}};
    if (swap.expected) entry["previous-metadata-location"] = *swap.expected;
    entries[swap.name.name] = std::move(entry);
    return true;
  }

  CatalogObject catalog_;
};

}  // namespace

Result<std::unique_ptr<RestStore>> open_object_rest_store(const std::string& root) {
  MP_ASSIGN(auto store, object_store(root));
  auto out = std::make_unique<ObjectRestStore>(std::move(store), root);
  MP_TRY(out->load());
  return std::unique_ptr<RestStore>(std::move(out));
}

}  // namespace millpond::pond
