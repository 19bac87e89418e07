#include <set>

#include "pond/file_io.h"
#include "pond/rest_updates.h"
#include "serve/iceberg_rest/api.h"

namespace millpond::serve::iceberg {
namespace {

using pond::AnswerForm;
using pond::LoadedEntry;

/// Without the snapshots that no branch or tag names.
std::string with_refs_only(const Document& metadata) {
  std::set<std::int64_t> named;
  if (metadata.contains("refs")) {
    for (const auto& [name, ref] : metadata["refs"].items()) named.insert(ref.at("snapshot-id").get<std::int64_t>());
  }
  named.insert(metadata.value("current-snapshot-id", std::int64_t{-1}));
  Document out = Document::object();
  for (const auto& [key, value] : metadata.items()) {
    if (key != "snapshots") {
      out[key] = value;
      continue;
    }
    out[key] = Document::array();
    for (const Document& snapshot : value) {
      if (named.contains(snapshot.at("snapshot-id").get<std::int64_t>())) out[key].push_back(snapshot);
    }
  }
  return pond::to_text(out);
}

bool etag_listed(std::string_view list, const std::string& etag) {
  return list == "*" || list.find(etag) != std::string_view::npos ||
         list.find(etag.substr(2)) != std::string_view::npos;  // weak and strong compare alike here
}

Result<Response> list(Api& api, const Request& request) {
  MP_ASSIGN(const std::string key, namespace_of(request));
  MP_TRY(need_namespace(request, Right::kRead, key));
  MP_ASSIGN(const bool exists, api.tables->store().has_namespace(key));
  if (!exists) return not_found("Namespace does not exist: ", key);
  MP_ASSIGN(auto all, api.tables->store().list(key, EntryKind::kTable));
  std::erase_if(all, [&](const std::string& name) { return !need(request, Right::kRead, {key, name}).ok(); });
  MP_ASSIGN(const Page page, page_of(request, std::move(all)));
  Document shown = Document::array();
  for (const std::string& name : page.names) shown.push_back({{"namespace", levels_of(key)}, {"name", name}});
  Document out = {{"identifiers", shown}, {"next-page-token", nullptr}};
  if (page.next) out["next-page-token"] = *page.next;
  return Response::json(pond::to_text(out));
}

Result<Response> create(Api& api, const Request& request) {
  MP_ASSIGN(const Document body, body_of(request));
  EntryName name;
  MP_ASSIGN(name.name_space, namespace_of(request));
  MP_ASSIGN(name, identifier_of({{"namespace", levels_of(name.name_space)}, {"name", body.at("name")}}));
  MP_TRY(need(request, Right::kWrite, name));
  std::string location;
  if (body.contains("location") && !body["location"].is_null()) location = body["location"].get<std::string>();
  while (location.size() > 1 && location.ends_with('/')) location.pop_back();
  if (location.empty()) location = api.tables->default_location(name);
  MP_TRY(api.tables->check_location(location));
  MP_ASSIGN(Document metadata, pond::new_table(body, location, pond::now_ms()));
  if (!body.value("stage-create", false)) {
    MP_ASSIGN(const LoadedEntry made, api.tables->create(name, EntryKind::kTable, std::move(metadata),
                                                         note_of(request, AnswerForm::kTableWithConfig)));
    return answer_of(AnswerForm::kTableWithConfig, made);
  }
  // Staged: nothing is written; the client sends it all with its first commit.
  MP_ASSIGN(const bool has_namespace, api.tables->store().has_namespace(name.name_space));
  if (!has_namespace) return not_found("Namespace does not exist: ", name.name_space);
  MP_ASSIGN(const auto there, api.tables->store().find(name));
  if (there) {
    const bool view = there->kind == EntryKind::kView;
    return error(Code::kAlreadyExists, view ? "View with same name" : "Table", " already exists: ", name.name_space,
                 ".", name.name);
  }
  return Response::json("{\"metadata\":" + pond::to_text(metadata) + ",\"config\":{}}");
}

Result<Response> load(Api& api, const Request& request) {
  MP_ASSIGN(const EntryName name, entry_of(request, "table"));
  MP_TRY(need(request, Right::kRead, name));
  const std::string_view mode = request.query_value("snapshots").value_or("all");
  if (mode != "all" && mode != "refs") return invalid("snapshots is all or refs, not ", mode);
  api.turns.wait(name.name_space + "." + name.name, request.peer);
  MP_ASSIGN(const LoadedEntry entry, api.tables->load(name, EntryKind::kTable));
  const std::string etag = etag_of(entry.metadata_location, mode);
  if (const auto known = request.header("if-none-match"); !known.empty() && etag_listed(known, etag)) {
    return Response::empty(304).with("etag", etag);
  }
  if (mode == "all") return answer_of(AnswerForm::kTableWithConfig, entry);
  return Response::json("{\"metadata-location\":" + pond::to_text(entry.metadata_location) +
                        ",\"metadata\":" + with_refs_only(*entry.document) + ",\"config\":{}}")
      .with("etag", etag);
}

Result<Response> exists(Api& api, const Request& request) {
  MP_ASSIGN(const EntryName name, entry_of(request, "table"));
  MP_TRY(need(request, Right::kRead, name));
  MP_ASSIGN(const auto entry, api.tables->store().find(name));
  if (!entry || entry->kind != EntryKind::kTable) {
    return not_found("Table does not exist: ", name.name_space, ".", name.name);
  }
  return Response::empty();
}

void count_commit(Api& api, const Status& status) {
  const std::string_view result = status.ok()                           ? "ok"
                                  : status.code() == Code::kConflict    ? "conflict"
                                  : status.code() == Code::kUnavailable ? "unavailable"
                                                                        : "error";
  api.metrics->count("millpond_iceberg_commits_total", "result", result);
}

pond::Change change_of(const EntryName& name, const Document& body) {
  return {name,
          EntryKind::kTable,
          body.value("requirements", Document::array()),
          body.value("updates", Document::array()),
          {}};
}

Result<Response> commit(Api& api, const Request& request) {
  MP_ASSIGN(const EntryName name, entry_of(request, "table"));
  MP_TRY(need(request, Right::kWrite, name));
  MP_ASSIGN(const Document body, body_of(request));
  pond::Change change = change_of(name, body);
  change.notes = note_of(request, AnswerForm::kTable);
  auto done = api.tables->commit(std::move(change));
  count_commit(api, done.status());
  const std::string table = name.name_space + "." + name.name;
  if (done.ok()) api.turns.committed(table, request.peer);
  if (done.status().code() == Code::kConflict) api.turns.was_late(table, request.peer);
  if (!done.ok()) return std::move(done).status();
  return answer_of(AnswerForm::kTable, *done);
}

Result<Response> commit_transaction(Api& api, const Request& request) {
  MP_ASSIGN(const Document body, body_of(request));
  std::vector<pond::Change> changes;
  for (const Document& each : body.at("table-changes")) {
    MP_ASSIGN(const EntryName name, identifier_of(each.at("identifier")));
    MP_TRY(need(request, Right::kWrite, name));
    changes.push_back(change_of(name, each));
  }
  Status done = api.tables->commit_all(std::move(changes), note_of(request, AnswerForm::kBody, 204));
  count_commit(api, done);
  MP_TRY(std::move(done));
  return Response::empty();
}

Result<Response> drop(Api& api, const Request& request) {
  MP_ASSIGN(const EntryName name, entry_of(request, "table"));
  MP_TRY(need(request, Right::kWrite, name));
  const bool purge = request.query_value("purgeRequested").value_or("false") == "true";
  MP_TRY(api.tables->drop(name, EntryKind::kTable, purge, note_of(request, AnswerForm::kBody, 204)));
  return Response::empty();
}

Result<Response> rename(Api& api, const Request& request) {
  MP_ASSIGN(const Document body, body_of(request));
  MP_ASSIGN(const EntryName from, identifier_of(body.at("source")));
  MP_ASSIGN(const EntryName to, identifier_of(body.at("destination")));
  MP_TRY(need(request, Right::kWrite, from));
  MP_TRY(need(request, Right::kWrite, to));
  // A build would make it anew, in the folder that the renamed one still lies in.
  MP_ASSIGN(const LoadedEntry source, api.tables->load(from, EntryKind::kTable));
  const pond::RestStore& store = api.tables->store();
  if (store.to_path(source.document->value("location", "")) == store.root() + "/tables/" + from.name) {
    return unsupported("a table that builds make keeps its name: ", from.name).hint("Rename it in pond.yaml.");
  }
  MP_TRY(api.tables->store().rename(from, to, EntryKind::kTable, note_of(request, AnswerForm::kBody, 204)));
  return Response::empty();
}

Result<Response> adopt(Api& api, const Request& request) {
  MP_ASSIGN(const Document body, body_of(request));
  EntryName name;
  MP_ASSIGN(name.name_space, namespace_of(request));
  MP_ASSIGN(name, identifier_of({{"namespace", levels_of(name.name_space)}, {"name", body.at("name")}}));
  MP_TRY(need(request, Right::kAdmin, name));
  MP_ASSIGN(const LoadedEntry made,
            api.tables->adopt(name, body.at("metadata-location").get<std::string>(), body.value("overwrite", false),
                              note_of(request, AnswerForm::kTableWithConfig)));
  return answer_of(AnswerForm::kTableWithConfig, made);
}

/// Reports of scans and commits are counted; their details are the client's.
Result<Response> report(Api& api, const Request& request) {
  MP_ASSIGN(const EntryName name, entry_of(request, "table"));
  MP_TRY(need(request, Right::kRead, name));
  MP_ASSIGN(const Document body, body_of(request));
  const std::string type = body.at("report-type").get<std::string>();
  if (type != "scan-report" && type != "commit-report") return invalid("not a report: ", type);
  api.metrics->count("millpond_iceberg_reports_total", "type", type);
  return Response::empty();
}

}  // namespace

void add_table_routes(Routes& routes) {
  routes.add("GET", "/namespaces/{namespace}/tables", list);
  routes.add("POST", "/namespaces/{namespace}/tables", create);
  routes.add("GET", "/namespaces/{namespace}/tables/{table}", load);
  routes.add("HEAD", "/namespaces/{namespace}/tables/{table}", exists);
  routes.add("POST", "/namespaces/{namespace}/tables/{table}", commit);
  routes.add("DELETE", "/namespaces/{namespace}/tables/{table}", drop);
  routes.add("POST", "/namespaces/{namespace}/tables/{table}/metrics", report);
  routes.add("POST", "/namespaces/{namespace}/register", adopt);
  routes.add("POST", "/tables/rename", rename);
  routes.add("POST", "/transactions/commit", commit_transaction);
}

}  // namespace millpond::serve::iceberg
