#include "pond/foreign/foreign_catalog.h"

#include <algorithm>

#include "pond/foreign/table_changes.h"
#include "pond/object/aws_signature.h"

namespace millpond::pond {
namespace {

constexpr char kLevelSeparator = '\x1f';  // between levels of a namespace in an address, as the spec says
constexpr int kPagesMax = 10'000;

Status unexpected(const RestAnswer& answer, std::string_view action) {
  const Code code = answer.status == 400   ? Code::kInvalidArgument
                    : answer.status == 404 ? Code::kNotFound
                    : answer.status == 409 ? Code::kConflict
                                           : Code::kUnavailable;
  return error(code, "the catalog cannot ", action, ": ", answer.message());
}

Document levels_of(const std::string& name_space) {
  Document levels = Document::array();
  for (std::size_t begin = 0;;) {
    const std::size_t dot = name_space.find('.', begin);
    levels.push_back(name_space.substr(begin, dot - begin));
    if (dot == std::string::npos) return levels;
    begin = dot + 1;
  }
}

}  // namespace

ForeignCatalog::ForeignCatalog(std::unique_ptr<RestClient> client, const CatalogOptions& options)
    : client_(std::move(client)), namespace_(options.name_space.empty() ? "main" : options.name_space) {
  std::string joined = namespace_;
  std::replace(joined.begin(), joined.end(), '.', kLevelSeparator);
  namespace_path_ = "namespaces/" + percent_encoded(joined, false);
}

Result<std::unique_ptr<ForeignCatalog>> ForeignCatalog::open(const CatalogOptions& options) {
  MP_ASSIGN(auto client, RestClient::open(options));
  return std::unique_ptr<ForeignCatalog>(new ForeignCatalog(std::move(client), options));
}

std::string ForeignCatalog::path_of_table(std::string_view table) const {
  return namespace_path_ + "/tables/" + percent_encoded(table, false);
}

Result<std::vector<std::string>> ForeignCatalog::tables() {
  std::vector<std::string> names;
  std::map<std::string, std::string> query;
  for (int page = 0; page < kPagesMax; ++page) {
    MP_ASSIGN(const RestAnswer answer, client_->call("GET", namespace_path_ + "/tables", nullptr, query));
    if (answer.status == 404) return names;  // nobody made the namespace yet
    if (answer.status != 200 || !answer.body.is_object()) return unexpected(answer, "list tables");
    try {
      for (const Document& each : answer.body.at("identifiers")) names.push_back(each.at("name").get<std::string>());
      const auto next = answer.body.find("next-page-token");
      if (next == answer.body.end() || !next->is_string() || next->get<std::string>().empty()) break;
      query["pageToken"] = next->get<std::string>();
    } catch (const Document::exception&) { return corrupt("the catalog lists tables in a form of its own"); }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::optional<std::string>> ForeignCatalog::location(std::string_view table) {
  MP_ASSIGN(const RestAnswer answer, client_->call("GET", path_of_table(table), nullptr, {{"snapshots", "refs"}}));
  if (answer.status == 404) return std::optional<std::string>();
  if (answer.status != 200 || !answer.body.is_object()) return unexpected(answer, "load the table");
  const auto location = answer.body.find("metadata-location");
  if (location == answer.body.end() || !location->is_string()) {
    return unsupported("the catalog does not say where the metadata is of table ", table);
  }
  return std::optional<std::string>(location->get<std::string>());
}

Result<bool> ForeignCatalog::remove(std::string_view table, const std::string&) {
  MP_ASSIGN(const RestAnswer answer,
            client_->call("DELETE", path_of_table(table), nullptr, {{"purgeRequested", "true"}}));
  if (answer.status == 404 && !answer.unclear) return not_found("no such table: ", table);
  if (answer.status / 100 != 2 && answer.status != 404) return unexpected(answer, "drop the table");
  return true;
}

Status ForeignCatalog::create(std::string_view table, const TableMetadata& metadata) {
  Document body = {{"name", table},
                   {"schema", Document::parse(metadata.schema().json, nullptr, false)},
                   {"properties", metadata.properties}};
  body["properties"][kFormatVersionKey] = std::to_string(metadata.format_version);
  for (const Document& spec : Document::parse(metadata.partition_specs_json, nullptr, false)) {
    if (spec.value("spec-id", 0) == metadata.default_spec_id) body["partition-spec"] = spec;
  }
  for (const bool made : {false, true}) {
    MP_ASSIGN(const RestAnswer answer, client_->call("POST", namespace_path_ + "/tables", &body));
    if (answer.status == 200) return {};
    if (answer.status == 409 && answer.unclear) return {};  // ours, or one that will do as well
    if (answer.status == 409) return error(Code::kAlreadyExists, "table exists already: ", table);
    if (answer.status != 404 || made) return unexpected(answer, "create the table");
    const Document wanted = {{"namespace", levels_of(namespace_)}, {"properties", Document::object()}};
    MP_ASSIGN(const RestAnswer space, client_->call("POST", "namespaces", &wanted));
    if (space.status != 200 && space.status != 409) return unexpected(space, "create the namespace");
  }
  return internal("unreachable");
}

Result<bool> ForeignCatalog::has_snapshot(std::string_view table, std::int64_t id) {
  MP_ASSIGN(const RestAnswer answer, client_->call("GET", path_of_table(table), nullptr, {{"snapshots", "all"}}));
  if (answer.status == 404) return false;
  if (answer.status != 200) return unexpected(answer, "load the table");
  try {
    for (const Document& snapshot : answer.body.at("metadata").at("snapshots")) {
      if (snapshot.at("snapshot-id").get<std::int64_t>() == id) return true;
    }
  } catch (const Document::exception&) { return corrupt("the catalog describes the table in a form of its own"); }
  return false;
}

Result<bool> ForeignCatalog::commit(std::string_view table, const TableMetadata& base, const TableMetadata& next) {
  TableChanges changes = changes_between(base, next);
  if (changes.updates.empty()) return true;
  std::optional<std::int64_t> ours;
  for (const Document& update : changes.updates) {
    if (update["action"] == "add-snapshot") ours = update["snapshot"].value("snapshot-id", std::int64_t{0});
  }
  const Document body = {{"identifier", {{"namespace", levels_of(namespace_)}, {"name", table}}},
                         {"requirements", std::move(changes.requirements)},
                         {"updates", std::move(changes.updates)}};
  Result<RestAnswer> answer = client_->call("POST", path_of_table(table), &body);
  const auto unknown = [&](const std::string& why) {
    return internal("the catalog failed while it committed, so the outcome is unknown: ", why)
        .hint("Look at the table again before you repeat the change.");
  };
  if (!answer.ok()) {
    return answer.status().code() == Code::kUnavailable ? unknown(answer.status().message()) : answer.status();
  }
  if (answer->status == 200) return true;
  if (answer->status != 409) return unexpected(*answer, "commit");
  if (!ours) return false;
  // Sent again after a lost answer, by us or by curl, it conflicts with itself if the first one was carried out.
  Result<bool> landed = has_snapshot(table, *ours);
  if (!landed.ok()) return unknown(landed.status().message());
  return landed;
}

Status ForeignCatalog::add(std::string_view, const std::string&) {
  return unsupported("the catalog writes metadata itself");
}
Result<bool> ForeignCatalog::swap(std::string_view, const std::string&, const std::string&) {
  return unsupported("the catalog writes metadata itself");
}
Result<bool> ForeignCatalog::swap_all(const std::vector<CatalogSwap>&) {
  return unsupported("the catalog writes metadata itself");
}
Result<bool> ForeignCatalog::move_root(const std::string& from, const std::string&) {
  return unsupported("the tables of another catalog are not relocated: ", from);
}

}  // namespace millpond::pond
