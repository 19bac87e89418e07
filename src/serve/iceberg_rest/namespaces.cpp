#include <set>

#include "serve/iceberg_rest/api.h"

namespace millpond::serve::iceberg {
namespace {

using pond::AnswerForm;
using Properties = pond::RestStore::Properties;

Properties properties_of(const Document& map) {
  Properties out;
  for (const auto& [key, value] : map.items()) out[key] = value.get<std::string>();
  return out;
}

Result<Response> list(Api& api, const Request& request) {
  std::string parent;
  if (const auto given = request.query_value("parent"); given && !given->empty()) {
    Request as_path;
    as_path.parameters["namespace"] = std::string(*given);
    MP_ASSIGN(parent, namespace_of(as_path));
    MP_ASSIGN(const bool exists, api.tables->store().has_namespace(parent));
    if (!exists) return not_found("Namespace does not exist: ", parent);
  }
  MP_ASSIGN(const auto all, api.tables->store().namespaces());
  std::vector<std::string> names;
  for (const std::string& key : all) {
    const bool inside = parent.empty() || key.starts_with(parent + ".");
    const std::size_t from = parent.empty() ? 0 : parent.size() + 1;
    if (!inside || key.find('.', from) != std::string::npos || !request.principal.may_see(key)) continue;
    names.push_back(key);
  }
  MP_ASSIGN(const Page page, page_of(request, std::move(names)));
  Document shown = Document::array();
  for (const std::string& key : page.names) shown.push_back(levels_of(key));
  Document out = {{"namespaces", shown}, {"next-page-token", nullptr}};
  if (page.next) out["next-page-token"] = *page.next;
  return Response::json(pond::to_text(out));
}

Result<Response> create(Api& api, const Request& request) {
  MP_ASSIGN(const Document body, body_of(request));
  MP_ASSIGN(const std::string key, key_of(body.at("namespace")));
  MP_TRY(need_namespace(request, Right::kWrite, key));
  const Document properties = body.value("properties", Document::object());
  const std::string answer = pond::to_text({{"namespace", body["namespace"]}, {"properties", properties}});
  MP_TRY(api.tables->store().create_namespace(key, properties_of(properties),
                                              note_of(request, AnswerForm::kBody, 200, answer)));
  return Response::json(answer);
}

Result<Response> load(Api& api, const Request& request) {
  MP_ASSIGN(const std::string key, namespace_of(request));
  MP_TRY(need_namespace(request, Right::kRead, key));
  MP_ASSIGN(const bool exists, api.tables->store().has_namespace(key));
  if (!exists) return not_found("Namespace does not exist: ", key);
  MP_ASSIGN(const Properties properties, api.tables->store().properties(key));
  return Response::json(pond::to_text({{"namespace", levels_of(key)}, {"properties", properties}}));
}

Result<Response> exists(Api& api, const Request& request) {
  MP_TRY(load(api, request));
  return Response::empty();
}

Result<Response> drop(Api& api, const Request& request) {
  MP_ASSIGN(const std::string key, namespace_of(request));
  MP_TRY(need_namespace(request, Right::kWrite, key));
  MP_TRY(api.tables->store().drop_namespace(key, note_of(request, AnswerForm::kBody, 204)));
  return Response::empty();
}

Result<Response> change(Api& api, const Request& request) {
  MP_ASSIGN(const std::string key, namespace_of(request));
  MP_TRY(need_namespace(request, Right::kWrite, key));
  MP_ASSIGN(const Document body, body_of(request));
  const Properties updates = properties_of(body.value("updates", Document::object()));
  std::set<std::string> removals;
  for (const Document& each : body.value("removals", Document::array())) removals.insert(each.get<std::string>());
  for (const auto& [name, value] : updates) {
    if (!removals.contains(name)) continue;
    Response both = error_form(invalid("a property is both set and removed: ", name));
    both.status = 422;
    both.body = pond::to_text(
        {{"error",
          {{"message", "Invalid properties update: cannot simultaneously set and remove keys: [" + name + "]"},
           {"type", "UnprocessableEntityException"},
           {"code", 422}}}});
    return both;
  }
  MP_ASSIGN(const bool there, api.tables->store().has_namespace(key));
  if (!there) return not_found("Namespace does not exist: ", key);
  MP_ASSIGN(const Properties before, api.tables->store().properties(key));
  Document updated = Document::array(), removed = Document::array(), missing = Document::array();
  for (const auto& [name, value] : updates) updated.push_back(name);
  for (const std::string& name : removals) (before.contains(name) ? removed : missing).push_back(name);
  const std::string answer = pond::to_text({{"updated", updated}, {"removed", removed}, {"missing", missing}});
  MP_TRY(api.tables->store().change_properties(key, updates, {removals.begin(), removals.end()},
                                               note_of(request, AnswerForm::kBody, 200, answer)));
  return Response::json(answer);
}

}  // namespace

void add_namespace_routes(Routes& routes) {
  routes.add("GET", "/namespaces", list);
  routes.add("POST", "/namespaces", create);
  routes.add("GET", "/namespaces/{namespace}", load);
  routes.add("HEAD", "/namespaces/{namespace}", exists);
  routes.add("DELETE", "/namespaces/{namespace}", drop);
  routes.add("POST", "/namespaces/{namespace}/properties", change);
}

}  // namespace millpond::serve::iceberg
