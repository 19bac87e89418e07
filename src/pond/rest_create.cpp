// A new table out of a request to create one.

#include <charconv>
#include <map>

#include "pond/file_io.h"
#include "pond/rest_updates.h"

namespace millpond::pond {
namespace {

constexpr const char* kDeleteOld = "write.metadata.delete-after-commit.enabled";
constexpr std::int64_t kFormatDefault = 2, kFormatMax = 3, kFirstPartitionId = 1000;

/// Numbers columns anew: the fields of a struct first, then what is nested in each. Keeps which id became which.
class FreshIds {
 public:
  std::int64_t last() const { return last_; }
  std::int64_t of(std::int64_t old) const {
    const auto found = renamed_.find(old);
    return found == renamed_.end() ? -1 : found->second;
  }
  void assign_fields(Document& fields) {
    for (Document& field : fields) renumber(field, "id");
    for (Document& field : fields) assign(field.at("type"));
  }

 private:
  void assign(Document& type) {
    if (!type.is_object()) return;
    const std::string kind = type.at("type").get<std::string>();
    if (kind == "struct") assign_fields(type.at("fields"));
    if (kind == "list") {
      renumber(type, "element-id");
      assign(type.at("element"));
    }
    if (kind == "map") {
      renumber(type, "key-id");
      renumber(type, "value-id");
      assign(type.at("key"));
      assign(type.at("value"));
    }
  }
  void renumber(Document& owner, const char* key) {
    const std::int64_t old = owner.at(key).get<std::int64_t>();
    owner[key] = renamed_[old] = ++last_;
  }

  std::int64_t last_ = 0;
  std::map<std::int64_t, std::int64_t> renamed_;
};

Status rename_sources(Document& fields, const FreshIds& ids, std::string_view what) {
  for (Document& field : fields) {
    const std::int64_t source = field.at("source-id").get<std::int64_t>();
    if (ids.of(source) < 0) return invalid("Cannot find source column for ", what, " field: ", source);
    field["source-id"] = ids.of(source);
  }
  return {};
}

Result<std::int64_t> take_format_version(Document& properties) {
  if (!properties.contains("format-version")) return kFormatDefault;
  const std::string text = properties["format-version"].get<std::string>();
  properties.erase("format-version");
  std::int64_t version = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), version);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || version < 1 || version > kFormatMax) {
    return invalid("Unsupported format version: v", text, " (supported: v", kFormatMax, ")");
  }
  return version;
}

Result<Document> make(const Document& request, const std::string& location, std::int64_t now_ms) {
  Document properties = request.value("properties", Document::object());
  if (properties.is_null()) properties = Document::object();
  for (const auto& [key, value] : properties.items()) (void)value.get<std::string>();
  MP_ASSIGN(const std::int64_t version, take_format_version(properties));
  // The format's default keeps every metadata file that a table ever had.
  if (!properties.contains(kDeleteOld)) properties[kDeleteOld] = "true";
  Document schema = request.at("schema");
  MP_TRY(check_schema(schema, version));
  FreshIds ids;
  ids.assign_fields(schema.at("fields"));
  schema["type"] = "struct";
  schema["schema-id"] = 0;
  if (schema.contains("identifier-field-ids")) {
    for (Document& id : schema["identifier-field-ids"]) {
      const std::int64_t renamed = ids.of(id.get<std::int64_t>());
      if (renamed < 0) return invalid("an identifier field is no column: ", id.dump());
      id = renamed;
    }
  }
  const auto fields_of = [&](const char* member) {
    const Document given = request.value(member, Document::object());
    return given.is_object() ? given.value("fields", Document::array()) : Document::array();
  };
  Document partition = fields_of("partition-spec"), order = fields_of("write-order");
  MP_TRY(rename_sources(partition, ids, "partition"));
  MP_TRY(rename_sources(order, ids, "sort"));
  std::int64_t partition_id = kFirstPartitionId - 1;
  for (Document& field : partition) field["field-id"] = ++partition_id;

  Document doc = {{"format-version", version},
                  {"table-uuid", new_uuid()},
                  {"location", location},
                  {"last-updated-ms", now_ms},
                  {"last-column-id", ids.last()},
                  {"current-schema-id", 0},
                  {"schemas", Document::array({schema})},
                  {"default-spec-id", 0},
                  {"partition-specs", Document::array({{{"spec-id", 0}, {"fields", partition}}})},
                  {"last-partition-id", partition_id},
                  {"default-sort-order-id", order.empty() ? 0 : 1},
                  {"sort-orders", Document::array({{{"order-id", order.empty() ? 0 : 1}, {"fields", order}}})},
                  {"properties", properties},
                  {"refs", Document::object()},
                  {"snapshots", Document::array()},
                  {"snapshot-log", Document::array()},
                  {"metadata-log", Document::array()}};
  if (version >= 2) doc["last-sequence-number"] = 0;
  if (version >= 3) doc["next-row-id"] = 0;
  if (version == 1) {
    doc["schema"] = schema;
    doc["partition-spec"] = partition;
  }
  return doc;
}

}  // namespace

Result<Document> new_table(const Document& request, const std::string& location, std::int64_t now_ms) {
  try {
    return make(request, location, now_ms);
  } catch (const Document::exception& problem) { return invalid("malformed request: ", problem.what()); }
}

}  // namespace millpond::pond
