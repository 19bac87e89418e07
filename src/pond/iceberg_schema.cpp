#include "pond/iceberg_schema.h"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <charconv>
#include <nlohmann/json.hpp>

namespace millpond::pond {
namespace {

using nlohmann::json;
using TypeKind = Type::Kind;
constexpr int kDepthMax = 64;

struct PrimitiveName {
  std::string_view name;
  TypeKind kind;
};
constexpr PrimitiveName kPrimitives[] = {
    {"boolean", TypeKind::kBool},  {"int", TypeKind::kInt32},      {"long", TypeKind::kInt64},
    {"float", TypeKind::kFloat32}, {"double", TypeKind::kFloat64}, {"string", TypeKind::kUtf8},
    {"binary", TypeKind::kBinary}, {"date", TypeKind::kDate},      {"timestamptz", TypeKind::kTimestamp}};

/// Types that we show as another one, and keep under their own name.
constexpr PrimitiveName kAliases[] = {{"uuid", TypeKind::kFixed},
                                      {"timestamp", TypeKind::kTimestamp},
                                      {"timestamp_ns", TypeKind::kTimestamp},
                                      {"timestamptz_ns", TypeKind::kTimestamp},
                                      {"time", TypeKind::kInt64}};

Result<IcebergField> parse_field(const json& value, int depth);

Result<std::int32_t> id_at(const json& value, const char* key) {
  const auto found = value.find(key);
  if (found == value.end() || !found->is_number_integer()) return corrupt("schema without a field id: ", key);
  return found->get<std::int32_t>();
}
bool flag_at(const json& value, const char* key) {
  const auto found = value.find(key);
  return found != value.end() && found->is_boolean() && found->get<bool>();
}

Result<IcebergType> parse_primitive(const std::string& text) {
  IcebergType type;
  for (const auto& [name, kind] : kPrimitives) {
    if (text == name) {
      type.kind = kind;
      return type;
    }
  }
  for (const auto& [name, kind] : kAliases) {
    if (text != name) continue;
    type.kind = kind;
    type.alias = text;
    if (text == "uuid") type.width_bytes = 16;
    return type;
  }
  if (text.starts_with("fixed[") && text.ends_with("]")) {
    const char* end = text.data() + text.size() - 1;
    const auto parsed = std::from_chars(text.data() + 6, end, type.width_bytes);
    if (parsed.ec != std::errc() || parsed.ptr != end || type.width_bytes <= 0)
      return corrupt("fixed type of no width: ", text);
    type.kind = TypeKind::kFixed;
    return type;
  }
  if (text.starts_with("decimal")) {
    if (!decimal_of(text)) return corrupt("not a decimal of at most 38 digits: ", text);
    return IcebergType{.kind = TypeKind::kFixed, .width_bytes = 16, .children = {}, .alias = text};
  }
  return unsupported("Iceberg type: ", text);
}

Result<IcebergType> parse_nested(const json& value, int depth) {
  const auto kind = value.find("type");
  if (kind == value.end() || !kind->is_string()) return corrupt("schema type without a name");
  IcebergType type;
  if (*kind == "struct") {
    type.kind = TypeKind::kStruct;
    const auto fields = value.find("fields");
    if (fields == value.end() || !fields->is_array()) return corrupt("struct type without fields");
    for (const json& item : *fields) {
      MP_ASSIGN(IcebergField field, parse_field(item, depth + 1));
      type.children.push_back(std::move(field));
    }
    return type;
  }
  const auto child = [&](const char* name, const char* id_key, bool required) -> Status {
    IcebergField field{.name = name, .required = required};
    MP_ASSIGN(field.id, id_at(value, id_key));
    const auto found = value.find(name);
    if (found == value.end()) return corrupt("nested type without its \"", name, '"');
    if (depth > kDepthMax) return corrupt("schema is nested too deeply");
    if (found->is_string()) {
      MP_ASSIGN(field.type, parse_primitive(found->get<std::string>()));
    } else {
      MP_ASSIGN(field.type, parse_nested(*found, depth + 1));
    }
    type.children.push_back(std::move(field));
    return {};
  };
  if (*kind == "list") {
    type.kind = TypeKind::kList;
    MP_TRY(child("element", "element-id", flag_at(value, "element-required")));
    return type;
  }
  if (*kind == "map") {
    type.kind = TypeKind::kMap;
    MP_TRY(child("key", "key-id", true));
    MP_TRY(child("value", "value-id", flag_at(value, "value-required")));
    return type;
  }
  return corrupt("schema type of an unknown kind: ", kind->get<std::string>());
}

Result<IcebergField> parse_field(const json& value, int depth) {
  if (depth > kDepthMax) return corrupt("schema is nested too deeply");
  if (!value.is_object() || !value.contains("name") || !value["name"].is_string() || !value.contains("type")) {
    return corrupt("schema field without name or type");
  }
  IcebergField field{.name = value["name"].get<std::string>(), .required = flag_at(value, "required")};
  MP_ASSIGN(field.id, id_at(value, "id"));
  if (value.contains("doc") && value["doc"].is_string()) field.doc = value["doc"].get<std::string>();
  const json& type = value["type"];
  Result<IcebergType> parsed = type.is_string()   ? parse_primitive(type.get<std::string>())
                               : type.is_object() ? parse_nested(type, depth)
                                                  : Result<IcebergType>(corrupt("schema field of no type"));
  if (!parsed.ok()) return std::move(parsed).status().at("column " + field.name);
  field.type = *std::move(parsed);
  const auto json_at = [&](const char* key) {
    const auto found = value.find(key);
    return found == value.end() || found->is_null() ? std::string()
                                                    : found->dump(-1, ' ', false, json::error_handler_t::replace);
  };
  field.initial_default = json_at("initial-default");
  field.write_default = json_at("write-default");
  return field;
}

json to_json(const IcebergType& type);

json to_json(const IcebergField& field) {
  json value = {{"id", field.id}, {"name", field.name}, {"required", field.required}, {"type", to_json(field.type)}};
  if (!field.doc.empty()) value["doc"] = field.doc;
  if (!field.initial_default.empty()) value["initial-default"] = json::parse(field.initial_default);
  if (!field.write_default.empty()) value["write-default"] = json::parse(field.write_default);
  return value;
}

json to_json(const IcebergType& type) {
  if (!type.alias.empty()) return type.alias;
  switch (type.kind) {
    case TypeKind::kFixed: return "fixed[" + std::to_string(type.width_bytes) + "]";
    case TypeKind::kStruct: {
      json fields = json::array();
      for (const IcebergField& field : type.children) fields.push_back(to_json(field));
      return {{"type", "struct"}, {"fields", std::move(fields)}};
    }
    case TypeKind::kList: {
      const IcebergField& element = type.children[0];
      return {{"type", "list"},
              {"element-id", element.id},
              {"element", to_json(element.type)},
              {"element-required", element.required}};
    }
    case TypeKind::kMap: {
      const IcebergField &key = type.children[0], &item = type.children[1];
      return {{"type", "map"},
              {"key-id", key.id},
              {"key", to_json(key.type)},
              {"value-id", item.id},
              {"value", to_json(item.type)},
              {"value-required", item.required}};
    }
    default: break;
  }
  for (const auto& [name, kind] : kPrimitives) {
    if (kind == type.kind) return std::string(name);
  }
  return nullptr;
}

IcebergType fresh_type(const Type& type, std::int32_t& last);

// Ids go to all fields of a level before those below, as other engines number them.
std::vector<IcebergField> fresh_fields(const std::vector<Field>& fields, std::int32_t& last) {
  std::vector<IcebergField> out;
  for (const Field& field : fields) out.push_back({.id = ++last, .name = field.name, .required = field.required});
  for (std::size_t i = 0; i < fields.size(); ++i) out[i].type = fresh_type(fields[i].type, last);
  return out;
}

IcebergType fresh_type(const Type& type, std::int32_t& last) {
  return {.kind = type.kind, .width_bytes = type.width_bytes, .children = fresh_fields(type.children, last)};
}

bool widens(const Type& to, TypeKind from) {
  return (from == TypeKind::kInt32 && to.kind == TypeKind::kInt64) ||
         (from == TypeKind::kFloat32 && to.kind == TypeKind::kFloat64);
}

Result<std::vector<IcebergField>> evolve_fields(const std::vector<IcebergField>& from, const std::vector<Field>& to,
                                                const std::string& place, std::int32_t& last);

Result<IcebergField> evolve_field(const IcebergField& from, const Field& to, const std::string& name,
                                  std::int32_t& last) {
  IcebergField out = from;
  if (to.required && !from.required) return invalid("an optional column cannot become required: ", name);
  out.required = to.required;
  if (to.type.kind == from.type.kind && to.type.width_bytes == from.type.width_bytes) {
    MP_ASSIGN(out.type.children, evolve_fields(from.type.children, to.type.children, name + ".", last));
    return out;
  }
  if (!widens(to.type, from.type.kind)) {
    return invalid("a column cannot change to this type: ", name, ": ", to.type.to_string())
        .hint("int32 can become int64 and float32 float64; for others add a new column.");
  }
  out.type.kind = to.type.kind;
  return out;
}

Result<std::vector<IcebergField>> evolve_fields(const std::vector<IcebergField>& from, const std::vector<Field>& to,
                                                const std::string& place, std::int32_t& last) {
  std::vector<IcebergField> out;
  for (const Field& field : to) {
    const IcebergField* old = nullptr;
    for (const IcebergField& candidate : from) {
      if (candidate.name == field.name) old = &candidate;
    }
    if (old != nullptr) {
      MP_ASSIGN(IcebergField kept, evolve_field(*old, field, place + field.name, last));
      out.push_back(std::move(kept));
      continue;
    }
    if (field.required) {
      return invalid("a new column must be optional, rows written before have no value: ", place, field.name);
    }
    IcebergField added{.id = ++last, .name = field.name};
    added.type = fresh_type(field.type, last);
    out.push_back(std::move(added));
  }
  return out;
}

Type plain_type(const IcebergType& type) {
  Type out;
  out.kind = type.kind;
  out.width_bytes = type.width_bytes;
  for (const IcebergField& child : type.children)
    out.children.push_back({child.name, plain_type(child.type), child.required});
  return out;
}

std::shared_ptr<arrow::DataType> read_type(const IcebergType& type) {
  const auto child = [&](std::size_t i) { return read_type(type.children[i].type); };
  switch (type.kind) {
    case TypeKind::kList: return arrow::list(arrow::field("element", child(0), !type.children[0].required));
    case TypeKind::kMap: return arrow::map(child(0), child(1));
    case TypeKind::kStruct: return arrow::struct_(arrow_columns(type.children)->fields());
    default: break;
  }
  if (type.alias == "time") return arrow::time64(arrow::TimeUnit::MICRO);
  if (const auto shape = decimal_of(type.alias)) return arrow::decimal128(shape->precision, shape->scale);
  return to_arrow(plain_type(type));
}

std::shared_ptr<arrow::Field> arrow_field(const IcebergField& field);

std::shared_ptr<arrow::DataType> arrow_type(const IcebergType& type) {
  switch (type.kind) {
    case TypeKind::kList: return arrow::list(arrow_field(type.children[0]));
    case TypeKind::kMap:
      return std::make_shared<arrow::MapType>(arrow_field(type.children[0]), arrow_field(type.children[1]));
    case TypeKind::kStruct: {
      arrow::FieldVector fields;
      for (const IcebergField& child : type.children) fields.push_back(arrow_field(child));
      return arrow::struct_(std::move(fields));
    }
    case TypeKind::kTimestamp:
      if (!type.alias.empty()) {
        return arrow::timestamp(type.alias.ends_with("_ns") ? arrow::TimeUnit::NANO : arrow::TimeUnit::MICRO,
                                type.alias.starts_with("timestamptz") ? "UTC" : "");
      }
      break;
    default: break;
  }
  return read_type(type);
}

std::shared_ptr<arrow::Field> arrow_field(const IcebergField& field) {
  return arrow::field(field.name, arrow_type(field.type), !field.required,
                      arrow::key_value_metadata({kFieldIdKey}, {std::to_string(field.id)}));
}

}  // namespace

std::optional<DecimalShape> decimal_of(std::string_view alias) {
  constexpr std::string_view kName = "decimal(";
  if (!alias.starts_with(kName) || !alias.ends_with(')')) return std::nullopt;
  const char* end = alias.data() + alias.size() - 1;
  DecimalShape out;
  auto read = std::from_chars(alias.data() + kName.size(), end, out.precision);
  if (read.ec != std::errc() || read.ptr == end || *read.ptr != ',') return std::nullopt;
  for (++read.ptr; read.ptr != end && *read.ptr == ' ';) ++read.ptr;
  read = std::from_chars(read.ptr, end, out.scale);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  const bool fits = out.precision >= 1 && out.precision <= 38 && out.scale >= 0 && out.scale <= out.precision;
  return fits ? std::optional(out) : std::nullopt;
}

namespace {

void apply_names(const json& mapping, std::vector<IcebergField>& fields, int depth) {
  if (depth > kDepthMax || !mapping.is_array()) return;
  for (const json& item : mapping) {
    if (!item.is_object() || !item.contains("field-id") || !item["field-id"].is_number_integer()) continue;
    for (IcebergField& field : fields) {
      if (field.id != item["field-id"].get<std::int32_t>()) continue;
      if (item.contains("names") && item["names"].is_array()) {
        for (const json& name : item["names"]) {
          if (name.is_string()) field.mapped_names.push_back(name.get<std::string>());
        }
      }
      if (item.contains("fields")) apply_names(item["fields"], field.type.children, depth + 1);
    }
  }
}

}  // namespace

Status apply_name_mapping(std::string_view text, std::vector<IcebergField>& fields) {
  const json mapping = json::parse(text, nullptr, false);
  if (!mapping.is_array()) return corrupt("the table's name mapping is no JSON list");
  apply_names(mapping, fields, 0);
  return {};
}

Result<IcebergSchema> parse_iceberg_schema(const json& value) {
  if (!value.is_object()) return corrupt("schema is no object");
  IcebergSchema schema;
  MP_ASSIGN(IcebergType root, parse_nested(value, 0));
  if (root.kind != TypeKind::kStruct) return corrupt("schema is no struct");
  schema.fields = std::move(root.children);
  if (value.contains("schema-id") && value["schema-id"].is_number_integer())
    schema.id = value["schema-id"].get<std::int32_t>();
  if (const auto ids = value.find("identifier-field-ids"); ids != value.end() && ids->is_array()) {
    for (const json& id : *ids) {
      if (id.is_number_integer()) schema.identifier_ids.push_back(id.get<std::int32_t>());
    }
  }
  schema.json = value.dump(-1, ' ', false, json::error_handler_t::replace);
  return schema;
}

void serialise(IcebergSchema& schema) {
  json fields = json::array();
  for (const IcebergField& field : schema.fields) fields.push_back(to_json(field));
  json value = {{"type", "struct"}, {"schema-id", schema.id}, {"fields", std::move(fields)}};
  if (!schema.identifier_ids.empty()) value["identifier-field-ids"] = schema.identifier_ids;
  schema.json = value.dump(-1, ' ', false, json::error_handler_t::replace);
}

IcebergSchema with_ids(const Schema& schema, std::int32_t id, std::int32_t& last_column_id) {
  IcebergSchema out;
  out.id = id;
  out.fields = fresh_fields(schema, last_column_id);
  serialise(out);
  return out;
}

Result<IcebergSchema> evolved(const IcebergSchema& from, const Schema& to, std::int32_t id,
                              std::int32_t& last_column_id) {
  IcebergSchema out;
  out.id = id;
  MP_ASSIGN(out.fields, evolve_fields(from.fields, to, "", last_column_id));
  for (const std::int32_t identifier : from.identifier_ids) {
    bool kept = false;
    for (const IcebergField& field : out.fields) kept = kept || field.id == identifier;
    if (kept) out.identifier_ids.push_back(identifier);
  }
  serialise(out);
  return out;
}

Schema without_ids(const IcebergSchema& schema) {
  Schema out;
  for (const IcebergField& field : schema.fields) out.push_back({field.name, plain_type(field.type), field.required});
  return out;
}

namespace {

json exact_type(const arrow::DataType& type) {
  if (type.id() == arrow::Type::TIME64) return "time";
  if (type.id() == arrow::Type::DECIMAL128) {
    const auto& decimal = static_cast<const arrow::Decimal128Type&>(type);
    return "decimal(" + std::to_string(decimal.precision()) + ", " + std::to_string(decimal.scale()) + ")";
  }
  json children = json::array();
  bool any = false;
  const bool map = type.id() == arrow::Type::MAP;  // whose one child is a struct of two
  for (const auto& field : map ? type.field(0)->type()->fields() : type.fields()) {
    children.push_back(exact_type(*field->type()));
    any = any || !children.back().is_null();
  }
  return any ? children : json();
}

std::shared_ptr<arrow::DataType> without_exact(const std::shared_ptr<arrow::DataType>& type) {
  const auto child = [](const std::shared_ptr<arrow::Field>& field) {
    return field->WithType(without_exact(field->type()));
  };
  switch (type->id()) {
    case arrow::Type::TIME64: return arrow::int64();
    case arrow::Type::DECIMAL128: return arrow::fixed_size_binary(16);
    case arrow::Type::LIST: return arrow::list(child(type->field(0)));
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(*type);
      return std::make_shared<arrow::MapType>(child(map.key_field()), child(map.item_field()));
    }
    case arrow::Type::STRUCT: {
      arrow::FieldVector fields;
      for (const auto& field : type->fields()) fields.push_back(child(field));
      return arrow::struct_(std::move(fields));
    }
    default: return type;
  }
}

Status apply_exact(const json& types, std::vector<IcebergField>& fields, int depth) {
  if (!types.is_array() || types.size() != fields.size() || depth > kDepthMax) {
    return invalid("exact types do not stand beside the columns: ", types.dump());
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (types[i].is_array()) MP_TRY(apply_exact(types[i], fields[i].type.children, depth + 1));
    if (!types[i].is_string()) continue;
    MP_ASSIGN(fields[i].type, parse_primitive(types[i].get<std::string>()));
  }
  return {};
}

}  // namespace

std::string type_name(const IcebergType& type) {
  if (!type.alias.empty() && type.kind != TypeKind::kTimestamp) return type.alias;
  const auto child = [&](std::size_t i) { return type_name(type.children[i].type); };
  switch (type.kind) {
    case TypeKind::kList: return "list<" + child(0) + ">";
    case TypeKind::kMap: return "map<" + child(0) + ", " + child(1) + ">";
    case TypeKind::kStruct: {
      std::string text;
      for (const IcebergField& field : type.children) {
        text += (text.empty() ? "" : ", ") + field.name + ": " + type_name(field.type);
      }
      return "struct<" + text + ">";
    }
    default: return plain_type(type).to_string();
  }
}

std::string exact_types(const arrow::FieldVector& columns) {
  json out = json::array();
  for (const auto& column : columns) out.push_back(exact_type(*column->type()));
  return out.dump();
}

Result<Schema> plain_columns(const arrow::FieldVector& columns) {
  arrow::FieldVector plain;
  for (const auto& column : columns) plain.push_back(column->WithType(without_exact(column->type())));
  return from_arrow(arrow::Schema(std::move(plain)));
}

Status apply_exact_types(std::string_view text, IcebergSchema& schema) {
  MP_TRY(apply_exact(json::parse(text, nullptr, false), schema.fields, 0));
  serialise(schema);
  return {};
}

ArrowSchema arrow_columns(const std::vector<IcebergField>& fields) {
  arrow::FieldVector out;
  for (const IcebergField& field : fields) {
    out.push_back(arrow::field(field.name, read_type(field.type), !field.required));
  }
  return arrow::schema(std::move(out));
}

ArrowSchema arrow_with_ids(const std::vector<IcebergField>& fields) {
  arrow::FieldVector out;
  for (const IcebergField& field : fields) out.push_back(arrow_field(field));
  return arrow::schema(std::move(out));
}

}  // namespace millpond::pond
