#include "pond/rest_document.h"

#include <algorithm>

#include "pond/file_io.h"

namespace millpond::pond {
namespace {

constexpr int kDepthMax = 200;
constexpr std::int64_t kUnpartitionedLastId = 999;

/// Brackets outside of texts.
int depth_of(std::string_view text) {
  int depth = 0, deepest = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

bool needs_v3(const std::string& type) {
  return type == "timestamp_ns" || type == "timestamptz_ns" || type == "variant" || type == "unknown" ||
         type.starts_with("geometry") || type.starts_with("geography");
}

Status check_type(const Document& type, std::int64_t format_version, int depth);

Status check_fields(const Document& fields, std::int64_t format_version, int depth) {
  std::set<std::string> names;
  for (const Document& field : fields) {
    const std::string name = field.at("name").get<std::string>();
    (void)field.at("id").get<std::int64_t>();
    (void)field.at("required").get<bool>();
    if (!names.insert(name).second) return invalid("two columns of one struct have the name ", name);
    if (format_version < 3 && field.contains("initial-default") && !field["initial-default"].is_null()) {
      return invalid("Invalid schema for v", format_version, ": default values need format version 3: ", name);
    }
    MP_TRY(check_type(field.at("type"), format_version, depth + 1));
  }
  return {};
}

Status check_type(const Document& type, std::int64_t format_version, int depth) {
  if (depth > kDepthMax) return invalid("malformed: a schema is nested too deeply");
  if (type.is_string()) {
    const auto name = type.get<std::string>();
    if (format_version < 3 && needs_v3(name)) {
      return invalid("Invalid schema for v", format_version, ": the type needs format version 3: ", name);
    }
    return {};
  }
  const std::string kind = type.at("type").get<std::string>();
  if (kind == "struct") return check_fields(type.at("fields"), format_version, depth);
  if (kind == "list") {
    (void)type.at("element-id").get<std::int64_t>();
    return check_type(type.at("element"), format_version, depth + 1);
  }
  if (kind == "map") {
    (void)type.at("key-id").get<std::int64_t>();
    (void)type.at("value-id").get<std::int64_t>();
    MP_TRY(check_type(type.at("key"), format_version, depth + 1));
    return check_type(type.at("value"), format_version, depth + 1);
  }
  return invalid("not a type: ", kind);
}

}  // namespace

Result<Document> parse_document(std::string_view text) {
  if (depth_of(text) > kDepthMax) return invalid("malformed: JSON is nested deeper than ", kDepthMax);
  try {
    return Document::parse(text);
  } catch (const Document::exception& problem) { return invalid("not JSON: ", problem.what()); }
}

std::string to_text(const Document& document) {
  return document.dump(-1, ' ', false, Document::error_handler_t::replace);
}

void normalise(Document& doc) {
  if (!doc.contains("schemas")) {
    Document schema = doc.at("schema");
    if (!schema.contains("schema-id")) schema["schema-id"] = 0;
    doc["current-schema-id"] = schema["schema-id"];
    doc["schemas"] = Document::array({std::move(schema)});
  }
  if (!doc.contains("partition-specs")) {
    const Document fields = doc.contains("partition-spec") ? doc["partition-spec"] : Document::array();
    doc["partition-specs"] = Document::array({{{"spec-id", 0}, {"fields", fields}}});
    doc["default-spec-id"] = 0;
  }
  std::int64_t field_id = kUnpartitionedLastId;
  for (Document& spec : doc["partition-specs"]) {
    for (Document& field : spec["fields"]) {
      if (!field.contains("field-id")) field["field-id"] = ++field_id;  // version 1: in order from 1000
      field_id = std::max(field_id, field["field-id"].get<std::int64_t>());
    }
  }
  if (!doc.contains("last-partition-id")) doc["last-partition-id"] = field_id;
  if (!doc.contains("sort-orders")) {
    doc["sort-orders"] = Document::array({{{"order-id", 0}, {"fields", Document::array()}}});
    doc["default-sort-order-id"] = 0;
  }
  if (!doc.contains("table-uuid")) doc["table-uuid"] = new_uuid();
  if (!doc.contains("last-sequence-number")) doc["last-sequence-number"] = 0;
  for (const char* list : {"snapshots", "snapshot-log", "metadata-log"}) {
    if (!doc.contains(list) || doc[list].is_null()) doc[list] = Document::array();
  }
  for (const char* map : {"properties", "refs"}) {
    if (!doc.contains(map) || doc[map].is_null()) doc[map] = Document::object();
  }
  const std::int64_t current = doc.value("current-snapshot-id", Document(-1)).is_null()
                                   ? -1
                                   : doc.value("current-snapshot-id", std::int64_t{-1});
  if (current < 0) {
    doc.erase("current-snapshot-id");
  } else if (!doc["refs"].contains("main")) {
    doc["refs"]["main"] = {{"snapshot-id", current}, {"type", "branch"}};
  }
  doc.erase("schema");
  doc.erase("partition-spec");
}

Document* find_by_id(Document& list, std::string_view key, std::int64_t id) {
  for (Document& each : list) {
    if (each.at(std::string(key)).get<std::int64_t>() == id) return &each;
  }
  return nullptr;
}
const Document* find_by_id(const Document& list, std::string_view key, std::int64_t id) {
  return find_by_id(const_cast<Document&>(list), key, id);
}

std::int64_t highest_field_id(const Document& type) {
  std::int64_t highest = 0;
  if (type.is_object()) {
    for (const char* key : {"id", "element-id", "key-id", "value-id"}) {
      if (type.contains(key)) highest = std::max(highest, type[key].get<std::int64_t>());
    }
    for (const char* key : {"type", "element", "key", "value", "fields"}) {
      if (type.contains(key)) highest = std::max(highest, highest_field_id(type[key]));
    }
  } else if (type.is_array()) {
    for (const Document& each : type) highest = std::max(highest, highest_field_id(each));
  }
  return highest;
}

Status check_schema(const Document& schema, std::int64_t format_version) {
  if (schema.value("type", "struct") != "struct") return invalid("a schema is a struct");
  return check_fields(schema.at("fields"), format_version, 0);
}

}  // namespace millpond::pond
