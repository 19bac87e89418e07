#pragma once
// JSON of strangers in, JSON for clients out.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "millpond/status.h"

namespace millpond::serve {

using Json = nlohmann::ordered_json;

/// Errors: kInvalidArgument for what is no JSON, with the place; kResourceExhausted for arrays and objects nested
/// deeper than `depth_max`.
Result<Json> parse_json(std::string_view text, int depth_max = 64);

/// Bytes that are no UTF-8 become U+FFFD.
std::string dump(const Json& value);

/// Checks a value against the part of JSON Schema that our own definitions use: type, required, properties,
/// additionalProperties, enum, minimum, maximum, maxLength, items, default. Fills in defaults.
/// Errors: kInvalidArgument; `at` names the value.
Status check_schema(const Json& schema, Json& value, const std::string& at);

}  // namespace millpond::serve
