#include "serve/iceberg_rest/api.h"

#include <algorithm>
#include <charconv>

#include "serve/iceberg_rest/plan.h"

namespace millpond::serve::iceberg {
namespace {

struct ErrorForm {
  int status;
  const char* type;
};

ErrorForm form_of(const Status& status) {
  const std::string& message = status.message();
  const auto is = [&](std::string_view start) { return message.starts_with(start); };
  switch (status.code()) {
    case Code::kNotFound:
      if (is("Namespace")) return {404, "NoSuchNamespaceException"};
      if (is("View")) return {404, "NoSuchViewException"};
      if (is("Table")) return {404, "NoSuchTableException"};
      return {404, "NotFoundException"};
    case Code::kAlreadyExists: return {409, "AlreadyExistsException"};
    case Code::kConflict:
      if (is("Namespace is not empty")) return {409, "NamespaceNotEmptyException"};
      return {409, "CommitFailedException"};
    case Code::kInvalidArgument:
      if (is("malformed") || is("not JSON")) return {400, "BadRequestException"};
      return {400, "IllegalArgumentException"};
    case Code::kUnauthenticated: return {401, "NotAuthorizedException"};
    case Code::kPermissionDenied: return {403, "ForbiddenException"};
    case Code::kUnsupported: return {406, "UnsupportedOperationException"};
    case Code::kUnavailable:
    case Code::kIoError:
    case Code::kResourceExhausted: return {503, "ServiceUnavailableException"};
    case Code::kInternal:
      if (message.find("outcome is unknown") != std::string::npos) return {500, "CommitStateUnknownException"};
      return {500, "InternalServerError"};
    default: return {500, "InternalServerError"};
  }
}

}  // namespace

Response error_form(const Status& status) {
  const ErrorForm form = form_of(status);
  const Document whole = {{"error", {{"message", status.message()}, {"type", form.type}, {"code", form.status}}}};
  Response out = Response::json(pond::to_text(whole), form.status);
  if (form.status == 401) out.headers.emplace_back("www-authenticate", "Bearer");
  return out;
}

Result<Document> body_of(const Request& request) {
  MP_ASSIGN(Document document, pond::parse_document(request.body));
  if (!document.is_object()) return invalid("the body must be a JSON object");
  return document;
}

Result<std::string> key_of(const Document& levels) {
  if (!levels.is_array() || levels.empty()) return invalid("a namespace needs at least one level");
  pond::Namespace out;
  for (const Document& level : levels) {
    if (!level.is_string()) return invalid("a level of a namespace is a text");
    out.push_back(level.get<std::string>());
    const std::string& text = out.back();
    if (text.empty() || text.size() > 250) return invalid("a level of a namespace has 1 to 250 bytes");
    if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; })) {
      return invalid("a control character in a namespace");
    }
  }
  if (out.size() > 20) return invalid("a namespace has at most 20 levels");
  return pond::namespace_key(out);
}

Result<std::string> namespace_of(const Request& request) {
  const std::string& text = request.parameter("namespace");
  Document levels = Document::array();
  for (std::size_t from = 0;;) {
    const std::size_t end = text.find('\x1f', from);
    levels.push_back(text.substr(from, end - from));
    if (end == std::string::npos) break;
    from = end + 1;
  }
  return key_of(levels);
}

Document levels_of(const std::string& key) { return Document(pond::namespace_levels(key)); }

namespace {
Status check_name(const std::string& name) {
  if (name.empty() || name.size() > 250) return invalid("a name has 1 to 250 bytes");
  if (std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; })) {
    return invalid("a control character in a name");
  }
  return {};
}
}  // namespace

Result<EntryName> entry_of(const Request& request, std::string_view parameter) {
  EntryName name;
  MP_ASSIGN(name.name_space, namespace_of(request));
  name.name = request.parameter(parameter);
  MP_TRY(check_name(name.name));
  return name;
}

Result<EntryName> identifier_of(const Document& identifier) {
  if (!identifier.is_object() || !identifier.contains("namespace") || !identifier.contains("name")) {
    return invalid("an identifier has a namespace and a name");
  }
  EntryName name;
  MP_ASSIGN(name.name_space, key_of(identifier["namespace"]));
  if (!identifier["name"].is_string()) return invalid("a name is a text");
  name.name = identifier["name"].get<std::string>();
  MP_TRY(check_name(name.name));
  return name;
}

Status need(const Request& request, Right right, const EntryName& name) {
  const std::string object = name.name_space + "." + name.name;
  if (request.principal.may(right, object)) return {};
  return error(Code::kPermissionDenied, "the token does not give the right to ", right_name(right), " ", object);
}

Status need_namespace(const Request& request, Right right, const std::string& key) {
  if (request.principal.may(right, key) || request.principal.may(right, key + ".*")) return {};
  if (right == Right::kRead && request.principal.may_see(key)) return {};
  return error(Code::kPermissionDenied, "the token does not give the right to ", right_name(right), " namespace ", key);
}

Result<Page> page_of(const Request& request, std::vector<std::string> names) {
  Page page;
  const auto token = request.query_value("pageToken");
  const auto size_text = request.query_value("pageSize");
  std::size_t size = names.size();
  if (size_text) {
    std::size_t given = 0;
    const auto parsed = std::from_chars(size_text->data(), size_text->data() + size_text->size(), given);
    if (parsed.ec != std::errc() || given < 1) return invalid("pageSize must be a positive number: ", *size_text);
    if (token) size = given;  // without a token the client does not know of pages
  }
  // A token is the last name of the page before, so pages stay right while names come and go.
  auto from = names.begin();
  if (token && !token->empty()) from = std::upper_bound(names.begin(), names.end(), std::string(*token));
  const std::size_t left = static_cast<std::size_t>(names.end() - from);
  page.names.assign(from, from + static_cast<std::ptrdiff_t>(std::min(size, left)));
  if (left > size) page.next = page.names.back();
  return page;
}

void Routes::add(const char* method, const std::string& pattern, Method handler, bool open) {
  const std::string_view shown = pattern;
  endpoints.push_back(std::string(method) + " /v1/{prefix}" + std::string(shown));
  const bool changes = std::string_view(method) == "POST" || std::string_view(method) == "DELETE";
  Route route;
  route.method = method;
  route.pattern = "/iceberg/v1" + pattern;
  route.open = open;
  route.plus_is_space = true;
  route.on_error = error_form;
  route.handler = [api = api_, handler, changes](const Request& request, Context&) -> Result<Response> {
    const auto work = [&]() -> Result<Response> {
      try {
        return handler(*api, request);
      } catch (const Document::exception& problem) { return invalid("malformed request: ", problem.what()); }
    };
    return changes ? api->keys.once(*api->tables, request, work) : work();
  };
  router_.add(std::move(route));
}

}  // namespace millpond::serve::iceberg

namespace millpond::serve {

Status add_iceberg_rest(Router& router, const IcebergRestOptions& options, std::shared_ptr<TokenStore> tokens,
                        std::shared_ptr<Metrics> metrics) {
  using namespace iceberg;
  MP_ASSIGN(auto store, pond::RestStore::open(options.pond_path));
  auto api = std::make_shared<Api>();
  api->tables = std::make_unique<pond::RestTables>(std::move(store), options.locations);
  api->tokens = std::move(tokens);
  api->metrics = std::move(metrics);
  Routes routes(router, api);
  add_namespace_routes(routes);
  add_table_routes(routes);
  add_view_routes(routes);
  add_plan_routes(routes);
  const Document config = {{"defaults", Document::object()},
                           {"overrides", Document::object()},
                           {"endpoints", routes.endpoints},
                           {"idempotency-key-lifetime", "PT30M"}};
  Route route{
      "GET", "/iceberg/v1/config",
      [text = pond::to_text(config)](const Request&, Context&) -> Result<Response> { return Response::json(text); }};
  route.on_error = error_form;
  router.add(std::move(route));
  add_oauth_routes(routes);
  return {};
}

}  // namespace millpond::serve
