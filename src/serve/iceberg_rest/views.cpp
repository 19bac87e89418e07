#include "pond/file_io.h"
#include "pond/rest_view.h"
#include "serve/iceberg_rest/api.h"

namespace millpond::serve::iceberg {
namespace {

using pond::AnswerForm;
using pond::LoadedEntry;

Result<Response> list(Api& api, const Request& request) {
  MP_ASSIGN(const std::string key, namespace_of(request));
  MP_TRY(need_namespace(request, Right::kRead, key));
  MP_ASSIGN(const bool exists, api.tables->store().has_namespace(key));
  if (!exists) return not_found("Namespace does not exist: ", key);
  MP_ASSIGN(auto all, api.tables->store().list(key, EntryKind::kView));
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
  MP_ASSIGN(Document metadata, pond::new_view(body, location, pond::now_ms()));
  MP_ASSIGN(const LoadedEntry made,
            api.tables->create(name, EntryKind::kView, std::move(metadata), note_of(request, AnswerForm::kView)));
  return answer_of(AnswerForm::kView, made);
}

Result<Response> load(Api& api, const Request& request) {
  MP_ASSIGN(const EntryName name, entry_of(request, "view"));
  MP_TRY(need(request, Right::kRead, name));
  MP_ASSIGN(const LoadedEntry entry, api.tables->load(name, EntryKind::kView));
  return answer_of(AnswerForm::kView, entry);
}

Result<Response> exists(Api& api, const Request& request) {
  MP_ASSIGN(const EntryName name, entry_of(request, "view"));
  MP_TRY(need(request, Right::kRead, name));
  MP_ASSIGN(const auto entry, api.tables->store().find(name));
  if (!entry || entry->kind != EntryKind::kView) {
    return not_found("View does not exist: ", name.name_space, ".", name.name);
  }
  return Response::empty();
}

Result<Response> replace(Api& api, const Request& request) {
  MP_ASSIGN(const EntryName name, entry_of(request, "view"));
  MP_TRY(need(request, Right::kWrite, name));
  MP_ASSIGN(const Document body, body_of(request));
  MP_ASSIGN(const LoadedEntry done,
            api.tables->commit({name, EntryKind::kView, body.value("requirements", Document::array()),
                                body.value("updates", Document::array()), note_of(request, AnswerForm::kView)}));
  return answer_of(AnswerForm::kView, done);
}

Result<Response> drop(Api& api, const Request& request) {
  MP_ASSIGN(const EntryName name, entry_of(request, "view"));
  MP_TRY(need(request, Right::kWrite, name));
  MP_TRY(api.tables->drop(name, EntryKind::kView, false, note_of(request, AnswerForm::kBody, 204)));
  return Response::empty();
}

Result<Response> rename(Api& api, const Request& request) {
  MP_ASSIGN(const Document body, body_of(request));
  MP_ASSIGN(const EntryName from, identifier_of(body.at("source")));
  MP_ASSIGN(const EntryName to, identifier_of(body.at("destination")));
  MP_TRY(need(request, Right::kWrite, from));
  MP_TRY(need(request, Right::kWrite, to));
  MP_TRY(api.tables->store().rename(from, to, EntryKind::kView, note_of(request, AnswerForm::kBody, 204)));
  return Response::empty();
}

}  // namespace

void add_view_routes(Routes& routes) {
  routes.add("GET", "/namespaces/{namespace}/views", list);
  routes.add("POST", "/namespaces/{namespace}/views", create);
  routes.add("GET", "/namespaces/{namespace}/views/{view}", load);
  routes.add("HEAD", "/namespaces/{namespace}/views/{view}", exists);
  routes.add("POST", "/namespaces/{namespace}/views/{view}", replace);
  routes.add("DELETE", "/namespaces/{namespace}/views/{view}", drop);
  routes.add("POST", "/views/rename", rename);
}

}  // namespace millpond::serve::iceberg
