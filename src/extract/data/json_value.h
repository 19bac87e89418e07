#pragma once
// JSON as a tree that keeps the order of keys and the text of numbers.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millpond/status.h"

namespace millpond::extract {

struct JsonValue {
  enum class Kind : unsigned char { kNull, kWord, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  std::string text;               ///< of a string, decoded; of a number or `true`, as it stands
  std::vector<std::string> keys;  ///< of an object; as many as `items`
  std::vector<JsonValue> items;
  std::string_view source;  ///< the value as it stands in the file

  bool scalar() const { return kind != Kind::kArray && kind != Kind::kObject; }
};

/// Takes one value off `rest`, which is valid UTF-8 and part of `whole`.
/// Errors: kInvalidArgument with the byte of `whole`; kResourceExhausted deeper than `depth`.
Result<JsonValue> take_json(std::string_view whole, std::string_view& rest, int depth);

}  // namespace millpond::extract
