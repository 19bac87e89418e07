// Updates of schemas, partition specs and sort orders.

#include <algorithm>

#include "pond/rest_document.h"

namespace millpond::pond {
namespace {

constexpr std::int64_t kLastAdded = -1;

std::int64_t next_id(const Document& list, const char* key, std::int64_t first) {
  std::int64_t next = first;
  for (const Document& each : list) next = std::max(next, each.at(key).get<std::int64_t>() + 1);
  return next;
}

Document sorted(Document list) {
  std::sort(list.begin(), list.end());
  return list;
}
bool same_schema(const Document& a, const Document& b) {
  const auto identifiers = [](const Document& schema) {
    return sorted(schema.value("identifier-field-ids", Document::array()));
  };
  return a.at("fields") == b.at("fields") && identifiers(a) == identifiers(b);
}

Document source_of(const Document& field) {
  return field.contains("source-ids") ? field["source-ids"] : Document::array({field.at("source-id")});
}
bool same_field(const Document& a, const Document& b) {
  return source_of(a) == source_of(b) && a.at("transform") == b.at("transform") && a.at("name") == b.at("name");
}
bool same_spec(const Document& a, const Document& b) {
  return a.at("fields").size() == b.at("fields").size() &&
         std::equal(a["fields"].begin(), a["fields"].end(), b["fields"].begin(), same_field);
}

/// Ids of every column in the schema, nested ones included.
void gather_ids(const Document& type, std::set<std::int64_t>& ids) {
  if (type.is_object()) {
    for (const char* key : {"id", "element-id", "key-id", "value-id"}) {
      if (type.contains(key)) ids.insert(type[key].get<std::int64_t>());
    }
    for (const char* key : {"type", "element", "key", "value", "fields"}) {
      if (type.contains(key)) gather_ids(type[key], ids);
    }
  } else if (type.is_array()) {
    for (const Document& each : type) gather_ids(each, ids);
  }
}

Status check_sources(const TableDraft& draft, const Document& fields, std::string_view what) {
  std::set<std::int64_t> ids;
  const Document* schema =
      find_by_id(draft.doc.at("schemas"), "schema-id", draft.doc.value("current-schema-id", std::int64_t{kLastAdded}));
  if (schema == nullptr && !draft.doc["schemas"].empty()) schema = &draft.doc["schemas"].back();
  if (schema == nullptr) return invalid("a ", what, " needs a schema before it");
  gather_ids(schema->at("fields"), ids);
  for (const Document& field : fields) {
    if (field.at("transform") == "void") continue;  // of a column that is gone
    for (const Document& id : source_of(field)) {
      if (!ids.contains(id.get<std::int64_t>())) {
        return invalid("Cannot find source column for ", what, " field: ", id.dump());
      }
    }
  }
  return {};
}

/// A field without an id takes that of the same field in an earlier spec, or the next one.
void assign_field_ids(TableDraft& draft, Document& fields) {
  std::int64_t last = draft.doc.at("last-partition-id").get<std::int64_t>();
  for (Document& field : fields) {
    if (field.contains("field-id") && !field["field-id"].is_null()) {
      last = std::max(last, field["field-id"].get<std::int64_t>());
      continue;
    }
    const Document* known = nullptr;
    for (const Document& spec : draft.doc.at("partition-specs")) {
      for (const Document& other : spec.at("fields")) {
        if (source_of(other) == source_of(field) && other.at("transform") == field.at("transform")) known = &other;
      }
    }
    field["field-id"] = known != nullptr ? known->at("field-id") : Document(++last);
  }
  draft.doc["last-partition-id"] = last;
}

}  // namespace

Status add_schema(TableDraft& draft, const Document& update) {
  Document schema = update.at("schema");
  MP_TRY(check_schema(schema, draft.format_version()));
  Document& doc = draft.doc;
  doc["last-column-id"] = std::max(doc.value("last-column-id", std::int64_t{0}), highest_field_id(schema.at("fields")));
  for (const Document& known : doc["schemas"]) {
    if (!same_schema(known, schema)) continue;
    draft.last_added_schema = known.at("schema-id").get<std::int64_t>();
    return {};
  }
  const std::int64_t id = next_id(doc["schemas"], "schema-id", 0);
  schema["schema-id"] = id;
  schema["type"] = "struct";
  doc["schemas"].push_back(std::move(schema));
  draft.last_added_schema = id;
  return {};
}

Status set_current_schema(TableDraft& draft, const Document& update) {
  std::int64_t id = update.at("schema-id").get<std::int64_t>();
  if (id == kLastAdded) {
    if (!draft.last_added_schema) return invalid("Cannot set last added schema: no schema has been added");
    id = *draft.last_added_schema;
  }
  if (find_by_id(draft.doc.at("schemas"), "schema-id", id) == nullptr) {
    return invalid("Cannot set current schema to unknown schema: ", id);
  }
  draft.doc["current-schema-id"] = id;
  return {};
}

Status remove_schemas(TableDraft& draft, const Document& update) {
  std::set<std::int64_t> gone;
  for (const Document& id : update.at("schema-ids")) gone.insert(id.get<std::int64_t>());
  if (gone.contains(draft.doc.at("current-schema-id").get<std::int64_t>())) {
    return invalid("Cannot remove current schema: ", draft.doc["current-schema-id"].dump());
  }
  Document kept = Document::array();
  for (const Document& schema : draft.doc.at("schemas")) {
    if (!gone.contains(schema.at("schema-id").get<std::int64_t>())) kept.push_back(schema);
  }
  draft.doc["schemas"] = std::move(kept);
  return {};
}

Status add_spec(TableDraft& draft, const Document& update) {
  Document spec = update.at("spec");
  if (!spec.contains("fields") || spec["fields"].is_null()) spec["fields"] = Document::array();
  MP_TRY(check_sources(draft, spec["fields"], "partition"));
  Document& doc = draft.doc;
  for (const Document& known : doc["partition-specs"]) {
    if (!same_spec(known, spec)) continue;
    draft.last_added_spec = known.at("spec-id").get<std::int64_t>();
    return {};
  }
  assign_field_ids(draft, spec["fields"]);
  const std::int64_t id = next_id(doc["partition-specs"], "spec-id", 0);
  doc["partition-specs"].push_back({{"spec-id", id}, {"fields", spec["fields"]}});
  draft.last_added_spec = id;
  return {};
}

Status set_default_spec(TableDraft& draft, const Document& update) {
  std::int64_t id = update.at("spec-id").get<std::int64_t>();
  if (id == kLastAdded) {
    if (!draft.last_added_spec) return invalid("Cannot set last added spec: no spec has been added");
    id = *draft.last_added_spec;
  }
  if (find_by_id(draft.doc.at("partition-specs"), "spec-id", id) == nullptr) {
    return invalid("Cannot set default partition spec to unknown spec: ", id);
  }
  draft.doc["default-spec-id"] = id;
  return {};
}

Status remove_specs(TableDraft& draft, const Document& update) {
  std::set<std::int64_t> gone;
  for (const Document& id : update.at("spec-ids")) gone.insert(id.get<std::int64_t>());
  if (gone.contains(draft.doc.at("default-spec-id").get<std::int64_t>())) {
    return invalid("Cannot remove the default partition spec: ", draft.doc["default-spec-id"].dump());
  }
  Document kept = Document::array();
  for (const Document& spec : draft.doc.at("partition-specs")) {
    if (!gone.contains(spec.at("spec-id").get<std::int64_t>())) kept.push_back(spec);
  }
  draft.doc["partition-specs"] = std::move(kept);
  return {};
}

Status add_sort_order(TableDraft& draft, const Document& update) {
  Document order = update.at("sort-order");
  if (!order.contains("fields") || order["fields"].is_null()) order["fields"] = Document::array();
  MP_TRY(check_sources(draft, order["fields"], "sort"));
  Document& orders = draft.doc["sort-orders"];
  for (const Document& known : orders) {
    if (known.at("fields") != order["fields"]) continue;
    draft.last_added_order = known.at("order-id").get<std::int64_t>();
    return {};
  }
  const std::int64_t id = order["fields"].empty() ? 0 : next_id(orders, "order-id", 1);
  orders.push_back({{"order-id", id}, {"fields", order["fields"]}});
  draft.last_added_order = id;
  return {};
}

Status set_default_sort_order(TableDraft& draft, const Document& update) {
  std::int64_t id = update.at("sort-order-id").get<std::int64_t>();
  if (id == kLastAdded) {
    if (!draft.last_added_order) return invalid("Cannot set last added sort order: no sort order has been added");
    id = *draft.last_added_order;
  }
  if (find_by_id(draft.doc.at("sort-orders"), "order-id", id) == nullptr) {
    return invalid("Cannot set default sort order to unknown sort order: ", id);
  }
  draft.doc["default-sort-order-id"] = id;
  return {};
}

}  // namespace millpond::pond
