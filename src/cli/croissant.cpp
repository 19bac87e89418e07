#include "cli/croissant.h"

#include <nlohmann/json.hpp>

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;

std::string data_type(const Type& type) {
  switch (type.kind) {
    case Type::Kind::kUtf8: return "sc:Text";
    case Type::Kind::kBool: return "sc:Boolean";
    case Type::Kind::kInt32:
    case Type::Kind::kInt64: return "sc:Integer";
    case Type::Kind::kFloat32:
    case Type::Kind::kFloat64: return "sc:Float";
    default: return {};
  }
}

/// What the short names below stand for.
ordered_json context() {
  const auto json_of = [](const char* id) { return ordered_json{{"@id", id}, {"@type", "@json"}}; };
  const auto typed = [](const char* id) { return ordered_json{{"@id", id}, {"@type", "@vocab"}}; };
  return {{"@language", "en"},
          {"@vocab", "https://schema.org/"},
          {"citeAs", "cr:citeAs"},
          {"column", "cr:column"},
          {"conformsTo", "dct:conformsTo"},
          {"cr", "http://mlcommons.org/croissant/"},
          {"rai", "http://mlcommons.org/croissant/RAI/"},
          {"data", json_of("cr:data")},
          {"dataType", typed("cr:dataType")},
          {"dct", "http://purl.org/dc/terms/"},
          {"equivalentProperty", "cr:equivalentProperty"},
          {"examples", json_of("cr:examples")},
          {"extract", "cr:extract"},
          {"field", "cr:field"},
          {"fileProperty", "cr:fileProperty"},
          {"fileObject", "cr:fileObject"},
          {"fileSet", "cr:fileSet"},
          {"format", "cr:format"},
          {"includes", "cr:includes"},
          {"isLiveDataset", "cr:isLiveDataset"},
          {"jsonPath", "cr:jsonPath"},
          {"key", "cr:key"},
          {"md5", "cr:md5"},
          {"parentField", "cr:parentField"},
          {"path", "cr:path"},
          {"recordSet", "cr:recordSet"},
          {"references", "cr:references"},
          {"regex", "cr:regex"},
          {"repeated", "cr:repeated"},
          {"replace", "cr:replace"},
          {"samplingRate", "cr:samplingRate"},
          {"sc", "https://schema.org/"},
          {"separator", "cr:separator"},
          {"source", "cr:source"},
          {"subField", "cr:subField"},
          {"transform", "cr:transform"}};
}

}  // namespace

bool in_croissant(const Type& type) { return !data_type(type).empty(); }

ordered_json croissant(const CroissantFile& file) {
  ordered_json fields = ordered_json::array();
  for (const Field& column : file.columns) {
    const std::string type = data_type(column.type);
    if (type.empty()) continue;
    fields.push_back({{"@type", "cr:Field"},
                      {"@id", "rows/" + column.name},
                      {"name", column.name},
                      {"dataType", type},
                      {"source", {{"fileObject", {{"@id", "data"}}}, {"extract", {{"column", column.name}}}}}});
  }
  ordered_json json = {
      {"@context", context()}, {"@type", "sc:Dataset"},           {"conformsTo", "http://mlcommons.org/croissant/1.0"},
      {"name", file.title},    {"description", file.description}, {"datePublished", file.date},
      {"version", "1.0.0"}};
  if (!file.license.empty()) json["license"] = file.license;
  if (!file.url.empty()) json["url"] = file.url;
  json["distribution"] = {{{"@type", "cr:FileObject"},
                           {"@id", "data"},
                           {"name", "data"},
                           {"contentUrl", file.name},
                           {"encodingFormat", "application/x-parquet"},
                           {"sha256", file.sha256}}};
  json["recordSet"] = {{{"@type", "cr:RecordSet"}, {"@id", "rows"}, {"name", "rows"}, {"field", fields}}};
  return json;
}

}  // namespace millpond::cli
