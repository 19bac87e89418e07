#include "millpond/flow/pond_spec.h"

#include <yaml-cpp/yaml.h>

#include <map>

#include "pond/file_io.h"

namespace millpond::flow {
namespace {

constexpr std::int64_t kFlowBytesMax = 16 << 20;

Status at(const YAML::Node& node, std::string_view file, Status status) {
  return std::move(status).at(std::string(file) + ":" + std::to_string(node.Mark().line + 1));
}

}  // namespace

Result<PondSpec> parse_pond_spec(std::string_view yaml, std::string_view file) {
  PondSpec spec;
  try {
    const YAML::Node root = YAML::Load(std::string(yaml));
    if (!root || !root.IsMap() || !root["pond"]) return spec;
    const YAML::Node node = root["pond"];
    if (!node.IsMap()) {
      return at(node, file,
                invalid("pond: takes keys and values").hint("Such as `pond: {location: s3://lake/notes}`."));
    }
    pond::CatalogOptions catalog;
    const std::map<std::string, std::string*> keys = {{"location", &spec.location},
                                                      {"catalog", &catalog.uri},
                                                      {"warehouse", &catalog.warehouse},
                                                      {"namespace", &catalog.name_space},
                                                      {"token_env", &catalog.token_env},
                                                      {"client_id_env", &catalog.client_id_env},
                                                      {"client_secret_env", &catalog.client_secret_env},
                                                      {"oauth_uri", &catalog.oauth_uri},
                                                      {"scope", &catalog.scope}};
    for (const auto& member : node) {
      const std::string key = member.first.as<std::string>("");
      const auto known = keys.find(key);
      if (known == keys.end()) {
        Status wrong = invalid("pond: has no such key: ", key);
        if (key == "token" || key == "client_secret" || key == "password") {
          return at(
              member.first, file,
              std::move(wrong).hint("A secret stays out of this file: " + key + "_env names an environment variable."));
        }
        return at(member.first, file, std::move(wrong));
      }
      if (!member.second.IsScalar()) return at(member.second, file, invalid("pond: ", key, " takes a text"));
      *known->second = member.second.as<std::string>("");
    }
    if (!catalog.uri.empty() && !spec.location.empty()) {
      return at(node, file, invalid("pond: takes a location or a catalog, not both"));
    }
    if (catalog.client_id_env.empty() != catalog.client_secret_env.empty()) {
      return at(node, file, invalid("pond: client_id_env and client_secret_env go together"));
    }
    if (catalog.uri.empty() && spec.location.empty())
      return at(node, file, invalid("pond: needs a location or a catalog"));
    if (!catalog.uri.empty()) spec.catalog = std::move(catalog);
    return spec;
  } catch (const YAML::Exception& failure) {
    return invalid(file, ":", failure.mark.line + 1, ": ", failure.msg).hint("See docs/flows.md for the form.");
  }
}

Result<PondSpec> load_pond_spec(const std::string& path) {
  const Result<std::string> text = pond::read_file(path, kFlowBytesMax);
  if (!text.ok()) return text.status().code() == Code::kNotFound ? Result<PondSpec>(PondSpec()) : text.status();
  return parse_pond_spec(*text, path);
}

}  // namespace millpond::flow
