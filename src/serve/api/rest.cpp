// Our own REST API, and its description: both from the operations' definitions.

#include <algorithm>
#include <charconv>
#include <cmath>

#include "millpond/serve/apis.h"
#include "serve/api/blobs.h"
#include "serve/api/nearest.h"
#include "serve/api/operations.h"

namespace millpond::serve {
namespace {

/// Query parameters as the schema's types: `limit=3` is a number, `explain` or `explain=true` a boolean.
Result<Json> arguments_of(const Request& request, const Json& schema) {
  Json out = Json::object();
  const Json& properties = schema["properties"];
  for (const auto& [name, text] : request.query) {
    const auto property = properties.find(name);
    const std::string type = property == properties.end() ? "string" : property->value("type", "string");
    if (type == "integer") {
      std::int64_t number = 0;
      const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
      if (read.ec != std::errc() || read.ptr != text.data() + text.size()) {
        return invalid(name, " must be a whole number: ", text.substr(0, 40));
      }
      out[name] = number;
    } else if (type == "number") {
      double number = 0;
      const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
      if (read.ec != std::errc() || read.ptr != text.data() + text.size() || !std::isfinite(number)) {
        return invalid(name, " must be a number: ", text.substr(0, 40));
      }
      out[name] = number;
    } else if (type == "boolean") {
      if (text != "true" && text != "false" && !text.empty())
        return invalid(name, " must be true or false: ", text.substr(0, 40));
      out[name] = text != "false";
    } else {
      out[name] = text;
    }
  }
  return out;
}

constexpr int kPictureWidth = 1000;

Result<int> whole_number(std::string_view text, std::string_view what) {
  int number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return number;
  return invalid(what, " must be a whole number: ", text.substr(0, 40));
}

Result<Response> page_picture(Library& library, const Request& request, Context& context) {
  const auto given = request.query.find("width");
  int width = kPictureWidth;
  if (given != request.query.end()) { MP_ASSIGN(width, whole_number(given->second, "width")); }
  MP_ASSIGN(const int page, whole_number(request.parameter("page"), "the page"));
  MP_ASSIGN(extract::PageImage image,
            draw_page(library, request.parameter("id"), page, width, request.principal, context));
  Response out;
  out.headers = {{"content-type", "image/png"},
                 {"millpond-page", std::to_string(image.width_points) + " " + std::to_string(image.height_points) +
                                       " " + std::to_string(image.pages)},
                 {"cache-control", "private, max-age=3600"}};
  out.body = std::move(image.png);
  return out;
}

Json error_content() {
  return {{"description", "What was wrong, and what to do."},
          {"content", {{"application/json", {{"schema", {{"$ref", "#/components/schemas/Error"}}}}}}}};
}

Json answers(const Json& schema) {
  return {{"200", {{"description", "OK"}, {"content", {{"application/json", {{"schema", schema}}}}}}},
          {"default", error_content()}};
}

Json path_of(const Operation& operation) {
  Json parameters = Json::array();
  const Json required = operation.input.value("required", Json::array());
  for (const auto& [name, schema] : operation.input["properties"].items()) {
    Json plain = schema;
    plain.erase("description");
    parameters.push_back({{"name", name},
                          {"in", "query"},
                          {"description", schema.value("description", "")},
                          {"required", std::find(required.begin(), required.end(), name) != required.end()},
                          {"schema", plain}});
  }
  return {{"get",
           {{"operationId", operation.name},
            {"summary", operation.summary},
            {"parameters", parameters},
            {"responses", answers(operation.output)}}},
          {"post",
           {{"operationId", operation.name + "_by_body"},
            {"summary", operation.summary},
            {"requestBody", {{"required", true}, {"content", {{"application/json", {{"schema", operation.input}}}}}}},
            {"responses", answers(operation.output)}}}};
}

Json description(const std::vector<Operation>& all) {
  Json paths = Json::object();
  for (const Operation& operation : all) paths["/api/" + operation.name] = path_of(operation);
  paths["/api/documents/{id}"] = {
      {"get",
       {{"operationId", "document"},
        {"summary", "A document as Markdown."},
        {"parameters",
         {{{"name", "id"}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}},
          {{"name", "elements"},
           {"in", "query"},
           {"description", "Also the elements, with page and box in points."},
           {"schema", {{"type", "boolean"}, {"default", false}}}}}},
        {"responses", answers({{"type", "object"}})}}}};
  paths["/api/documents/{id}/pictures"] = {
      {"get",
       {{"operationId", "pictures"},
        {"summary", "The pictures of a document, each with the index of its element and its bytes in base64."},
        {"parameters", {{{"name", "id"}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}}}},
        {"responses", answers({{"type", "object"}})}}}};
  paths["/api/documents/{id}/pages/{page}"] = {
      {"get",
       {{"operationId", "page"},
        {"summary", "A page of a document's file as a picture; `millpond-page` says its size in points and the pages."},
        {"parameters",
         {{{"name", "id"}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}},
          {{"name", "page"}, {"in", "path"}, {"required", true}, {"schema", {{"type", "integer"}, {"minimum", 1}}}},
          {{"name", "width"},
           {"in", "query"},
           {"description", "Pixels."},
           {"schema", {{"type", "integer"}, {"default", kPictureWidth}}}}}},
        {"responses",
         {{"200", {{"description", "OK"}, {"content", {{"image/png", {{"schema", {{"type", "string"}}}}}}}}},
          {"default", error_content()}}}}}};
  const Json text = {{"type", "string"}};
  paths["/api/nearest"] = {
      {"post",
       {{"operationId", "nearest"},
        {"summary", "Rows whose vectors are nearest to a given one, or to several."},
        {"requestBody", {{"required", true}, {"content", {{"application/json", {{"schema", nearest_input()}}}}}}},
        {"responses", answers({{"type", "object"}})}}}};
  const Json bytes = {{"application/octet-stream", {{"schema", {{"type", "string"}, {"format", "binary"}}}}}};
  paths["/api/tables/{table}/blobs/{sha256}"] = {
      {"get",
       {{"operationId", "blob"},
        {"summary", "Bytes that a row of the table refers to; with Range, a part of them."},
        {"parameters",
         {{{"name", "table"}, {"in", "path"}, {"required", true}, {"schema", text}},
          {{"name", "sha256"}, {"in", "path"}, {"required", true}, {"schema", text}},
          {{"name", "Range"}, {"in", "header"}, {"required", false}, {"schema", text}}}},
        {"responses",
         {{"200", {{"description", "The bytes."}, {"content", bytes}}},
          {"206", {{"description", "The range that was asked for."}, {"content", bytes}}},
          {"416", {{"description", "The range is outside of the bytes."}}}}}}}};
  return {{"openapi", "3.1.0"},
          {"info", {{"title", "millpond"}, {"version", "0.1.0"}, {"description", "Search and answers from a pond."}}},
          {"paths", paths},
          {"components",
           {{"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}},
            {"schemas",
             {{"Error",
               {{"type", "object"},
                {"required", {"error"}},
                {"properties",
                 {{"error",
                   {{"type", "object"},
                    {"required", {"code", "message"}},
                    {"properties", {{"code", text}, {"message", text}, {"hint", text}}}}}}}}}}}}},
          {"security", {{{"token", Json::array()}}}}};
}

}  // namespace

void add_rest(Router& router, std::shared_ptr<Library> library) {
  const auto all = std::make_shared<const std::vector<Operation>>(operations());
  for (const Operation& operation : *all) {
    const auto add = [&](const char* method, auto read) {
      Route route{method, "/api/" + operation.name,
                  [library, all, &operation, read](const Request& request, Context& context) -> Result<Response> {
                    MP_ASSIGN(Json arguments, read(request, operation.input));
                    MP_ASSIGN(std::string result,
                              run_dumped(operation, *library, std::move(arguments), request.principal, context));
                    return Response::json(std::move(result));
                  }};
      if (operation.name == "search") route.busy = [library] { return library->only_computes(); };
      router.add(std::move(route));
    };
    add("POST",
        [](const Request& request, const Json&) { return parse_json(request.body.empty() ? "{}" : request.body); });
    add("GET", arguments_of);
  }
  router.add("GET", "/api/documents/{id}", [library](const Request& request, Context&) -> Result<Response> {
    MP_ASSIGN(const Json arguments, arguments_of(request, {{"properties", {{"elements", {{"type", "boolean"}}}}}}));
    const bool elements = arguments.value("elements", false);
    MP_ASSIGN(const Json document, read_document(*library, request.parameter("id"), elements, request.principal));
    return Response::json(dump(document));
  });
  router.add("GET", "/api/documents/{id}/pictures", [library](const Request& request, Context&) -> Result<Response> {
    MP_ASSIGN(const Json pictures, read_pictures(*library, request.parameter("id"), request.principal));
    return Response::json(dump(pictures));
  });
  add_blobs(router, library);
  add_nearest(router, library);
  router.add("GET", "/api/documents/{id}/pages/{page}",
             [library](const Request& request, Context& context) { return page_picture(*library, request, context); });
  Route described{
      "GET", "/api/openapi.json",
      [text = dump(description(*all))](const Request&, Context&) -> Result<Response> { return Response::json(text); }};
  described.open = true;
  router.add(std::move(described));
}

}  // namespace millpond::serve
