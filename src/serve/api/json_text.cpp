#include "serve/api/json_text.h"

#include <algorithm>

namespace millpond::serve {
namespace {

bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  return type == "null" && value.is_null();
}

Status check_number(const Json& schema, const Json& value, const std::string& at) {
  const double number = value.get<double>();
  if (schema.contains("minimum") && number < schema["minimum"].get<double>()) {
    return invalid(at, " must be at least ", schema["minimum"].dump(), ": ", value.dump());
  }
  if (schema.contains("maximum") && number > schema["maximum"].get<double>()) {
    return invalid(at, " must be at most ", schema["maximum"].dump(), ": ", value.dump());
  }
  return {};
}

Status check_object(const Json& schema, Json& value, const std::string& at) {
  static const Json kNone = Json::object();
  const auto declared = schema.find("properties");  // looked at in place: a schema is large
  const Json& properties = declared == schema.end() ? kNone : *declared;
  if (const auto required = schema.find("required"); required != schema.end()) {
    for (const Json& name : *required) {
      if (!value.contains(name.get<std::string>())) return invalid(at, " needs ", name.get<std::string>());
    }
  }
  for (auto& [name, member] : value.items()) {
    const auto found = properties.find(name);
    if (found != properties.end()) {
      MP_TRY(check_schema(*found, member, at + "." + name));
    } else if (schema.value("additionalProperties", Json(true)) == Json(false)) {
      std::string known;
      for (const auto& [each, unused] : properties.items()) known += (known.empty() ? "" : ", ") + each;
      return invalid(at, " has no member: ", name).hint("There are: " + known + ".");
    }
  }
  for (const auto& [name, property] : properties.items()) {
    if (property.contains("default") && !value.contains(name)) value[name] = property["default"];
  }
  return {};
}

}  // namespace

Result<Json> parse_json(std::string_view text, int depth_max) {
  bool too_deep = false;
  const auto within = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > depth_max;
    return !too_deep;
  };
  Json value;
  try {
    value = Json::parse(text.begin(), text.end(), within);
  } catch (const nlohmann::json::exception& problem) {
    std::string why = problem.what();
    const std::size_t bracket = why.find("] ");
    return invalid("not JSON: ", bracket == std::string::npos ? why : why.substr(bracket + 2, 200));
  }
  if (too_deep) return exhausted("JSON is nested deeper than ", depth_max);
  return value;
}

std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

Status check_schema(const Json& schema, Json& value, const std::string& at) {
  if (const auto type = schema.find("type"); type != schema.end() && !has_type(value, type->get<std::string>())) {
    return invalid(at, " must be of type ", type->get<std::string>(), ", not: ", dump(value).substr(0, 80));
  }
  if (const auto choices = schema.find("enum"); choices != schema.end()) {
    if (std::find(choices->begin(), choices->end(), value) == choices->end()) {
      return invalid(at, " must be one of ", choices->dump(), ": ", dump(value).substr(0, 80));
    }
  }
  if (value.is_number()) return check_number(schema, value, at);
  if (value.is_string() && schema.contains("maxLength") &&
      value.get_ref<const std::string&>().size() > schema["maxLength"].get<std::size_t>()) {
    return exhausted(at, " is longer than ", schema["maxLength"].dump(), " bytes");
  }
  if (value.is_object()) return check_object(schema, value, at);
  if (value.is_array() && schema.contains("items")) {
    for (Json& each : value) MP_TRY(check_schema(schema["items"], each, at + "[]"));
  }
  return {};
}

}  // namespace millpond::serve
