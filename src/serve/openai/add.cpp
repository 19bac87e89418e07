#include "millpond/serve/apis.h"
#include "serve/openai/form.h"
#include "serve/openai/routes.h"

namespace millpond::serve::openai {
namespace {

Status add_all(Router& router, std::shared_ptr<Library> library) {
  MP_ASSIGN(const StoresPtr stores, Stores::open(std::move(library)));
  add_model_routes(router, stores);
  add_file_routes(router, stores);
  add_store_routes(router, stores);
  add_response_routes(router, stores);
  add_chat_routes(router, stores);
  for (const char* method : {"GET", "POST", "DELETE"}) {
    add_route(router, method, "/{rest...}", [](const Request& request, Context&) -> Result<Response> {
      return not_found("not offered here: ", request.method, " ", request.path)
          .hint("There are models, embeddings, files, vector_stores, responses and chat/completions.");
    });
  }
  return {};
}

}  // namespace
}  // namespace millpond::serve::openai

namespace millpond::serve {

Status add_openai(Router& router, std::shared_ptr<Library> library) {
  return openai::add_all(router, std::move(library));
}

}  // namespace millpond::serve
