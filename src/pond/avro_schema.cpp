#include <nlohmann/json.hpp>

#include "pond/avro.h"

namespace millpond::pond::avro {
namespace {

using nlohmann::json;
constexpr int kDepthMax = 32;
constexpr std::size_t kNodesMax = 4096;

class SchemaParser {
 public:
  Result<Schema> parse(const json& root) {
    MP_ASSIGN(const int node, node_of(root, 0));
    if (node != 0) return corrupt("Avro schema refers to a type that is not defined");
    return std::move(schema_);
  }

 private:
  Result<int> node_of(const json& type, int depth) {
    if (depth > kDepthMax || schema_.nodes.size() > kNodesMax)
      return corrupt("Avro schema is nested too deeply or too large");
    if (type.is_string()) return named(type.get_ref<const std::string&>());
    if (type.is_array()) return union_of(type, depth);
    if (!type.is_object() || !type.contains("type")) return corrupt("Avro schema holds something that is no type");
    const json& kind = type["type"];
    if (!kind.is_string()) return node_of(kind, depth + 1);  // {"type": {"type": ...}}
    const std::string& name = kind.get_ref<const std::string&>();
    if (name == "record") return record_of(type, depth);
    if (name == "array") return with_child(Kind::kArray, type, "items", depth);
    if (name == "map") return with_child(Kind::kMap, type, "values", depth);
    if (name == "fixed") {
      if (!type.contains("size") || !type["size"].is_number_unsigned())
        return corrupt("Avro fixed type without a size");
      const auto size = type["size"].get<std::uint64_t>();
      if (size > (1U << 20)) return corrupt("Avro fixed type of an absurd size: ", size);
      const int node = add(Kind::kFixed);
      schema_.nodes[node].size_bytes = static_cast<int>(size);
      define(type, node);
      return node;
    }
    if (name == "enum") {
      const int node = add(Kind::kEnum);
      define(type, node);
      return node;
    }
    return named(name);
  }

  Result<int> named(const std::string& name) {
    static constexpr std::pair<std::string_view, Kind> kPrimitives[] = {
        {"null", Kind::kNull},   {"boolean", Kind::kBoolean}, {"int", Kind::kInt},     {"long", Kind::kLong},
        {"float", Kind::kFloat}, {"double", Kind::kDouble},   {"bytes", Kind::kBytes}, {"string", Kind::kString}};
    for (const auto& [text, kind] : kPrimitives) {
      if (name == text) return add(kind);
    }
    const auto found = defined_.find(name.substr(name.rfind('.') + 1));
    if (found == defined_.end()) return corrupt("Avro schema names an unknown type: ", name);
    return found->second;
  }

  Result<int> union_of(const json& type, int depth) {
    const int node = add(Kind::kUnion);
    for (const json& branch : type) {
      MP_ASSIGN(const int child, node_of(branch, depth + 1));
      schema_.nodes[node].children.push_back(child);
    }
    if (type.empty()) return corrupt("Avro union without branches");
    return node;
  }

  Result<int> with_child(Kind kind, const json& type, const char* key, int depth) {
    if (!type.contains(key)) return corrupt("Avro type without its \"", key, '"');
    const int node = add(kind);
    MP_ASSIGN(const int child, node_of(type[key], depth + 1));
    schema_.nodes[node].children.push_back(child);
    return node;
  }

  Result<int> record_of(const json& type, int depth) {
    const int node = add(Kind::kRecord);
    define(type, node);
    if (!type.contains("fields") || !type["fields"].is_array()) return corrupt("Avro record without fields");
    for (const json& item : type["fields"]) {
      if (!item.is_object() || !item.contains("name") || !item["name"].is_string() || !item.contains("type")) {
        return corrupt("Avro record field without name or type");
      }
      Schema::Field field;
      field.name = item["name"].get<std::string>();
      if (item.contains("field-id") && item["field-id"].is_number_integer()) field.id = item["field-id"].get<int>();
      MP_ASSIGN(field.node, node_of(item["type"], depth + 1));
      schema_.nodes[node].fields.push_back(std::move(field));
    }
    return node;
  }

  int add(Kind kind) {
    schema_.nodes.push_back({kind});
    return static_cast<int>(schema_.nodes.size()) - 1;
  }
  void define(const json& type, int node) {
    if (type.contains("name") && type["name"].is_string()) {
      const auto& name = type["name"].get_ref<const std::string&>();
      defined_[name.substr(name.rfind('.') + 1)] = node;
    }
  }

  Schema schema_;
  std::map<std::string, int> defined_;
};

}  // namespace

Result<Schema> parse_schema(std::string_view text) {
  // The JSON parser recurses: text nested deeper than any schema must not reach it.
  int depth = 0;
  for (const char c : text) {
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (depth > 4 * kDepthMax) return corrupt("Avro schema is nested too deeply");
  }
  const json root = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded()) return corrupt("Avro schema is not JSON");
  return SchemaParser().parse(root);
}

}  // namespace millpond::pond::avro
