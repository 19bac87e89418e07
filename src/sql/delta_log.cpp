#include "sql/delta_log.h"

#include <cctype>
#include <nlohmann/json.hpp>
#include <set>

namespace millpond::sql {
namespace {

using nlohmann::json;
constexpr std::size_t kLineBytesMax = 64 << 20;

std::string percent_decoded(std::string_view text) {
  std::string out;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool code = text[i] == '%' && i + 2 < text.size() &&
                      std::isxdigit(static_cast<unsigned char>(text[i + 1])) != 0 &&
                      std::isxdigit(static_cast<unsigned char>(text[i + 2])) != 0;
    out += code ? static_cast<char>(digit(text[i + 1]) << 4 | digit(text[i + 2])) : text[i];
    if (code) i += 2;
  }
  return out;
}

std::string text_at(const json& node, const char* key) {
  const auto found = node.find(key);
  return found != node.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Status check_protocol(const json& protocol) {
  // Of version 3 on, features are listed by name; below 2 there are none that change what is read.
  static const std::set<std::string> known = {"timestampNtz", "v2Checkpoint", "vacuumProtocolCheck"};
  const auto version = protocol.value("minReaderVersion", json(1));
  if (!version.is_number_integer()) return corrupt("the protocol has no version");
  if (version.get<std::int64_t>() == 2) return unsupported("the Delta table maps columns to other names");
  const json features = protocol.value("readerFeatures", json::array());
  for (const json& feature : features.is_array() ? features : json::array()) {
    const std::string name = feature.is_string() ? feature.get<std::string>() : "?";
    if (!known.count(name)) {
      return unsupported("the Delta table uses a feature that is not read: ", name)
          .hint("Rewrite the table without it, or export it from its own engine.");
    }
  }
  return {};
}

}  // namespace

Status DeltaLog::take_line(std::string_view line) {
  const json action = json::parse(line, nullptr, false);
  if (!action.is_object()) return corrupt("no JSON object: ", line.substr(0, 60));
  if (const auto protocol = action.find("protocol"); protocol != action.end() && protocol->is_object()) {
    MP_TRY(check_protocol(*protocol));
  }
  if (const auto meta = action.find("metaData"); meta != action.end() && meta->is_object()) {
    schema_json_ = text_at(*meta, "schemaString");
    partition_columns_.clear();
    for (const json& name : meta->value("partitionColumns", json::array())) {
      if (name.is_string()) partition_columns_.push_back(name.get<std::string>());
    }
  }
  if (const auto add = action.find("add"); add != action.end() && add->is_object()) {
    if (const auto vector = add->find("deletionVector"); vector != add->end() && !vector->is_null())
      return unsupported("the Delta table has deletion vectors")
          .hint("Run its PURGE (REORG TABLE ... APPLY (PURGE)) first.");
    DeltaFile file;
    const std::string path = text_at(*add, "path");
    if (path.empty()) return corrupt("an added file has no path");
    file.path = percent_decoded(path);
    const json values = add->value("partitionValues", json::object());
    for (const auto& [name, value] : values.items()) {
      file.partition[name] = value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
    }
    files_[path] = std::move(file);
  }
  if (const auto removed = action.find("remove"); removed != action.end() && removed->is_object()) {
    files_.erase(text_at(*removed, "path"));
  }
  return {};
}

Status DeltaLog::take(std::string_view commit, std::string_view file) {
  std::int64_t number = 0;
  for (std::size_t at = 0; at < commit.size(); ++number) {
    const std::size_t end = std::min(commit.find('\n', at), commit.size());
    const std::string_view line = commit.substr(at, end - at);
    at = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (line.size() > kLineBytesMax) return exhausted(file, ": a line has more bytes than ", kLineBytesMax);
    if (Status status = take_line(line); !status.ok())
      return std::move(status).at(std::string(file) + ":" + std::to_string(number + 1));
  }
  return {};
}

std::string duckdb_type_of_delta(std::string_view type) {
  static const std::map<std::string, std::string, std::less<>> types = {{"string", "VARCHAR"},
                                                                        {"long", "BIGINT"},
                                                                        {"integer", "INTEGER"},
                                                                        {"short", "INTEGER"},
                                                                        {"byte", "INTEGER"},
                                                                        {"float", "FLOAT"},
                                                                        {"double", "DOUBLE"},
                                                                        {"boolean", "BOOLEAN"},
                                                                        {"date", "DATE"},
                                                                        {"binary", "BLOB"},
                                                                        {"timestamp", "TIMESTAMP WITH TIME ZONE"},
                                                                        {"timestamp_ntz", "TIMESTAMP"}};
  const auto found = types.find(type);
  return found == types.end() ? std::string() : found->second;
}

}  // namespace millpond::sql
