#include "pond/file_io.h"
#include "serve/openai/form.h"
#include "serve/openai/multipart.h"
#include "serve/openai/routes.h"

namespace millpond::serve::openai {
namespace {

Result<Response> upload(Stores& stores, const Request& request) {
  MP_TRY(need(request.principal, Right::kWrite, kFilesObject));
  MP_ASSIGN(const auto parts, parse_form(request.header("content-type"), request.body));
  const FormPart* file = nullptr;
  std::string purpose;
  for (const FormPart& part : parts) {
    if (part.name == "file") file = &part;
    if (part.name == "purpose") purpose = part.content;
    if (part.name.starts_with("expires_after")) return unsupported("files do not expire here: expires_after");
  }
  if (!file) return invalid("the form needs a part named file");
  MP_ASSIGN(const Json made, stores.files().add(file->filename, purpose, file->content));
  return Response::json(dump(made));
}

Result<Response> list(Stores& stores, const Request& request) {
  MP_TRY(need(request.principal, Right::kRead, kFilesObject));
  MP_ASSIGN(auto files, stores.files().list());
  if (const auto purpose = request.query_value("purpose")) {
    std::erase_if(files, [&](const Json& file) { return file["purpose"] != *purpose; });
  }
  MP_ASSIGN(const Json page, page_of(request, std::move(files)));
  return Response::json(dump(page));
}

}  // namespace

void add_file_routes(Router& router, StoresPtr stores) {
  add_route(router, "POST", "/files", [stores](const Request& request, Context&) { return upload(*stores, request); });
  add_route(router, "GET", "/files", [stores](const Request& request, Context&) { return list(*stores, request); });
  add_route(router, "GET", "/files/{file}", [stores](const Request& request, Context&) -> Result<Response> {
    MP_TRY(need(request.principal, Right::kRead, kFilesObject));
    MP_ASSIGN(const Json file, stores->files().get(request.parameter("file")));
    return Response::json(dump(file));
  });
  add_route(router, "GET", "/files/{file}/content", [stores](const Request& request, Context&) -> Result<Response> {
    MP_TRY(need(request.principal, Right::kRead, kFilesObject));
    MP_ASSIGN(const std::string path, stores->files().content_path(request.parameter("file")));
    Response out;
    MP_ASSIGN(out.body, pond::read_file(path));
    out.headers.emplace_back("content-type", "application/octet-stream");
    out.headers.emplace_back("x-content-type-options", "nosniff");
    return out;
  });
  add_route(router, "DELETE", "/files/{file}", [stores](const Request& request, Context&) -> Result<Response> {
    MP_TRY(need(request.principal, Right::kWrite, kFilesObject));
    const std::string id = request.parameter("file");
    MP_TRY(stores->files().remove(id));
    return Response::json(dump({{"id", id}, {"object", "file"}, {"deleted", true}}));
  });
}

}  // namespace millpond::serve::openai
