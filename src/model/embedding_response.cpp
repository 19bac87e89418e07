#include "model/embedding_response.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>

namespace millpond::model {
namespace {

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

bool decode_base64(std::string_view text, std::string& bytes) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = base64_value(c);
    if (value < 0) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<char>(bits >> count & 0xFF));
    }
  }
  return true;
}

Result<std::vector<float>> vector_of(const nlohmann::json& value) {
  std::vector<float> vector;
  if (value.is_string()) {
    std::string bytes;
    if (!decode_base64(value.get_ref<const std::string&>(), bytes) || bytes.size() % 4 != 0) {
      return corrupt("embedding is not base64 of float32");
    }
    vector.resize(bytes.size() / 4);
    std::memcpy(vector.data(), bytes.data(), bytes.size());
  } else if (value.is_array()) {
    vector.reserve(value.size());
    for (const nlohmann::json& number : value) {
      if (!number.is_number()) return corrupt("embedding has an element that is not a number");
      vector.push_back(number.get<float>());
    }
  } else {
    return corrupt("embedding is neither a list nor base64");
  }
  double squares = 0;
  for (const float x : vector) squares += static_cast<double>(x) * x;
  if (!std::isfinite(squares) || squares == 0) return corrupt("embedding is zero or not finite");
  const auto scale = static_cast<float>(1.0 / std::sqrt(squares));
  for (float& x : vector) x *= scale;
  return vector;
}

}  // namespace

Result<EmbeddingResponse> parse_embedding_response(std::string_view body, std::size_t texts) {
  const auto answer = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object()) return corrupt("answer is not a JSON object");
  const auto data = answer.find("data");
  if (data == answer.end() || !data->is_array()) return corrupt("answer has no list `data`");
  if (data->size() != texts) return corrupt("asked for ", texts, " vectors, got ", data->size());
  EmbeddingResponse response;
  std::vector<bool> seen(texts);
  std::size_t position = 0;
  for (const nlohmann::json& item : *data) {
    std::size_t index = position++;
    if (!item.is_object()) return corrupt("item of `data` is not an object");
    if (const auto given = item.find("index"); given != item.end() && given->is_number_unsigned()) {
      index = given->get<std::size_t>();
    }
    if (index >= texts || seen[index]) return corrupt("index is out of range or comes twice: ", index);
    seen[index] = true;
    const auto value = item.find("embedding");
    if (value == item.end()) return corrupt("item of `data` has no embedding");
    MP_ASSIGN(const std::vector<float> vector, vector_of(*value));
    if (response.dimensions == 0) {
      if (vector.size() > static_cast<std::size_t>(kDimensionsMax)) return corrupt("embedding has too many dimensions");
      response.dimensions = static_cast<int>(vector.size());
      response.values.resize(texts * vector.size());
    }
    if (vector.size() != static_cast<std::size_t>(response.dimensions)) return corrupt("embeddings differ in size");
    std::memcpy(response.values.data() + index * vector.size(), vector.data(), vector.size() * sizeof(float));
  }
  return response;
}

}  // namespace millpond::model
