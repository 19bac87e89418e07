#include <algorithm>

#include "serve/openai/filters.h"
#include "serve/openai/form.h"
#include "serve/openai/routes.h"

namespace millpond::serve::openai {
namespace {

constexpr std::size_t kBatchMax = 2000;

std::string store_id(const Request& request) { return request.parameter("store"); }

/// Who may search the store reads the file there, so whoever puts it in must be allowed to read it.
Status attach(Stores& stores, Store& store, const Json& given, const Principal& principal) {
  MP_TRY(need(principal, Right::kRead, kFilesObject));
  MP_ASSIGN(const std::string file_id, text_in(given, "file_id"));
  MP_ASSIGN(const Json file, stores.files().get(file_id));
  MP_ASSIGN(const std::string content, stores.files().content_path(file_id));
  return store.add_file(file, content, given.value("attributes", Json())).status();
}

/// `files` with attributes of their own, or `file_ids` that share them.
Result<std::vector<Json>> batch_files(const Json& body) {
  std::vector<Json> out;
  for (const Json& each : body.value("files", Json::array())) {
    if (!each.is_object()) return invalid("files has objects with a file_id");
    out.push_back(each);
  }
  for (const Json& id : body.value("file_ids", Json::array())) {
    out.push_back({{"file_id", id}, {"attributes", body.value("attributes", Json())}});
  }
  if (out.size() > kBatchMax) return exhausted("a batch has at most ", kBatchMax, " files: ", out.size());
  return out;
}

Result<Response> make(Stores& stores, const Request& request) {
  MP_TRY(need(request.principal, Right::kWrite, "stores.new"));
  MP_ASSIGN(const Json body, body_of(request));
  MP_ASSIGN(const auto files, batch_files({{"file_ids", body.value("file_ids", Json::array())}}));
  if (!files.empty()) MP_TRY(need(request.principal, Right::kRead, kFilesObject));
  for (const Json& file : files) MP_TRY(stores.files().get(file["file_id"].is_string() ? file["file_id"] : Json("")));
  MP_ASSIGN(const auto store, stores.make(body));
  for (const Json& file : files) MP_TRY(attach(stores, *store, file, request.principal));
  if (!files.empty()) stores.enqueue(store);
  return Response::json(dump(store->object()));
}

Result<Response> add_file(Stores& stores, const Request& request) {
  MP_ASSIGN(const auto store, stores.store(store_id(request), Right::kWrite, request.principal));
  MP_ASSIGN(const Json body, body_of(request));
  MP_TRY(attach(stores, *store, body, request.principal));
  stores.enqueue(store);
  MP_ASSIGN(const Json file, store->file(body["file_id"]));
  return Response::json(dump(file));
}

Result<Response> add_batch(Stores& stores, const Request& request) {
  MP_ASSIGN(const auto store, stores.store(store_id(request), Right::kWrite, request.principal));
  MP_ASSIGN(const Json body, body_of(request));
  MP_ASSIGN(const auto files, batch_files(body));
  if (files.empty()) return invalid("a batch needs file_ids or files");
  std::vector<std::string> ids;
  for (const Json& file : files) {
    MP_TRY(attach(stores, *store, file, request.principal));
    ids.push_back(file["file_id"]);
  }
  const Json batch = store->add_batch(ids);
  stores.enqueue(store);
  return Response::json(dump(batch));
}

Result<Response> files_page(const Request& request, std::vector<Json> files) {
  if (const auto status = request.query_value("filter")) {
    std::erase_if(files, [&](const Json& file) { return file["status"] != *status; });
  }
  MP_ASSIGN(const Json page, page_of(request, std::move(files)));
  return Response::json(dump(page));
}

Result<Response> search(Stores& stores, const Request& request) {
  MP_ASSIGN(const Collection collection, stores.collection(store_id(request), request.principal));
  MP_ASSIGN(const Json body, body_of(request));
  std::vector<std::string> queries;
  const Json given = body.value("query", Json());
  if (given.is_string()) queries.push_back(given);
  for (const Json& each : given.is_array() ? given : Json::array()) {
    if (each.is_string()) queries.push_back(each);
  }
  if (queries.empty() || queries.size() > 16) return invalid("query must be a text, or 1 to 16 texts");
  const Json limit = body.value("max_num_results", Json(10));
  if (!limit.is_number_integer() || limit < 1 || limit > 50)
    return invalid("max_num_results must be 1 to 50: ", dump(limit));
  const Json filter = body.value("filters", Json());
  if (!filter.is_null()) MP_TRY(check_filter(filter));
  const Json ranking = body.value("ranking_options", Json::object());
  const double score_min = ranking.is_object() ? ranking.value("score_threshold", 0.0) : 0.0;
  std::vector<FileHit> hits;
  for (const std::string& query : queries) {
    MP_ASSIGN(FileHits found, stores.search(collection, query, limit.get<int>(), filter, request.principal));
    for (FileHit& hit : found.hits) {
      const auto same =
          std::find_if(hits.begin(), hits.end(), [&](const FileHit& h) { return h.passage.row == hit.passage.row; });
      if (same == hits.end())
        hits.push_back(std::move(hit));
      else
        same->passage.score = std::max(same->passage.score, hit.passage.score);
    }
  }
  std::stable_sort(hits.begin(), hits.end(),
                   [](const FileHit& a, const FileHit& b) { return a.passage.score > b.passage.score; });
  Json data = Json::array();
  for (const FileHit& hit : hits) {
    if (data.size() == limit.get<std::size_t>() || hit.passage.score < score_min) break;
    Json attributes = hit.attributes;  // the form of a result is closed: what is ours stands among the attributes
    attributes.emplace("citation", hit.passage.row);
    if (hit.passage.first_page > 0) attributes.emplace("page", hit.passage.first_page);
    data.push_back({{"file_id", hit.file_id},
                    {"filename", hit.filename},
                    {"score", hit.passage.score},
                    {"attributes", std::move(attributes)},
                    {"content", {{{"type", "text"}, {"text", hit.passage.text}}}}});
  }
  return Response::json(dump({{"object", "vector_store.search_results.page"},
                              {"search_query", queries},
                              {"data", std::move(data)},
                              {"has_more", false},
                              {"next_page", nullptr}}));
}

/// The text of a file as the flow read it.
Result<Response> content(Stores& stores, const Request& request) {
  MP_ASSIGN(const auto store, stores.store(store_id(request), Right::kRead, request.principal));
  const std::string file_id = request.parameter("file");
  MP_TRY(store->file(file_id));
  MP_ASSIGN(const std::string text, store->text_of(file_id));
  return Response::json(dump({{"object", "vector_store.file_content.page"},
                              {"data", {{{"type", "text"}, {"text", text}}}},
                              {"has_more", false},
                              {"next_page", nullptr}}));
}

void add_file_in_store_routes(Router& router, StoresPtr stores) {
  const std::string files = "/vector_stores/{store}/files";
  add_route(router, "POST", files, [stores](const Request& request, Context&) { return add_file(*stores, request); });
  add_route(router, "GET", files, [stores](const Request& request, Context&) -> Result<Response> {
    MP_ASSIGN(const auto store, stores->store(store_id(request), Right::kRead, request.principal));
    return files_page(request, store->files());
  });
  add_route(router, "GET", files + "/{file}", [stores](const Request& request, Context&) -> Result<Response> {
    MP_ASSIGN(const auto store, stores->store(store_id(request), Right::kRead, request.principal));
    MP_ASSIGN(const Json file, store->file(request.parameter("file")));
    return Response::json(dump(file));
  });
  add_route(router, "POST", files + "/{file}", [stores](const Request& request, Context&) -> Result<Response> {
    MP_ASSIGN(const auto store, stores->store(store_id(request), Right::kWrite, request.principal));
    MP_ASSIGN(const Json body, body_of(request));
    MP_TRY(store->set_attributes(request.parameter("file"), body.value("attributes", Json())));
    MP_ASSIGN(const Json file, store->file(request.parameter("file")));
    return Response::json(dump(file));
  });
  add_route(router, "DELETE", files + "/{file}", [stores](const Request& request, Context&) -> Result<Response> {
    MP_ASSIGN(const auto store, stores->store(store_id(request), Right::kWrite, request.principal));
    MP_TRY(store->remove_file(request.parameter("file")));
    stores->enqueue(store);
    return Response::json(
        dump({{"id", request.parameter("file")}, {"object", "vector_store.file.deleted"}, {"deleted", true}}));
  });
  add_route(router, "GET", files + "/{file}/content",
            [stores](const Request& request, Context&) { return content(*stores, request); });
}

void add_batch_routes(Router& router, StoresPtr stores) {
  const std::string batches = "/vector_stores/{store}/file_batches";
  add_route(router, "POST", batches,
            [stores](const Request& request, Context&) { return add_batch(*stores, request); });
  const auto get = [stores](Right right) {
    return [stores, right](const Request& request, Context&) -> Result<Response> {
      MP_ASSIGN(const auto store, stores->store(store_id(request), right, request.principal));
      MP_ASSIGN(const Json batch, store->batch(request.parameter("batch")));
      return Response::json(dump(batch));
    };
  };
  add_route(router, "GET", batches + "/{batch}", get(Right::kRead));
  // What is being built is finished: a build is one commit.
  add_route(router, "POST", batches + "/{batch}/cancel", get(Right::kWrite));
  add_route(router, "GET", batches + "/{batch}/files", [stores](const Request& request, Context&) -> Result<Response> {
    MP_ASSIGN(const auto store, stores->store(store_id(request), Right::kRead, request.principal));
    MP_ASSIGN(auto files, store->files_of_batch(request.parameter("batch")));
    return files_page(request, std::move(files));
  });
}

}  // namespace

void add_store_routes(Router& router, StoresPtr stores) {
  const std::string one = "/vector_stores/{store}";
  add_route(router, "POST", "/vector_stores",
            [stores](const Request& request, Context&) { return make(*stores, request); });
  add_route(router, "GET", "/vector_stores", [stores](const Request& request, Context&) -> Result<Response> {
    MP_ASSIGN(auto all, stores->list(request.principal));
    MP_ASSIGN(const Json page, page_of(request, std::move(all)));
    return Response::json(dump(page));
  });
  add_route(router, "GET", one, [stores](const Request& request, Context&) -> Result<Response> {
    MP_ASSIGN(const Json object, stores->object(store_id(request), request.principal));
    return Response::json(dump(object));
  });
  add_route(router, "POST", one, [stores](const Request& request, Context&) -> Result<Response> {
    MP_ASSIGN(const auto store, stores->store(store_id(request), Right::kWrite, request.principal));
    MP_ASSIGN(const Json body, body_of(request));
    MP_TRY(store->update(body));
    return Response::json(dump(store->object()));
  });
  add_route(router, "DELETE", one, [stores](const Request& request, Context&) -> Result<Response> {
    MP_TRY(stores->store(store_id(request), Right::kWrite, request.principal).status());
    MP_TRY(stores->remove(store_id(request)));
    return Response::json(dump({{"id", store_id(request)}, {"object", "vector_store.deleted"}, {"deleted", true}}));
  });
  add_route(router, "POST", one + "/search",
            [stores](const Request& request, Context&) { return search(*stores, request); });
  add_file_in_store_routes(router, stores);
  add_batch_routes(router, stores);
}

}  // namespace millpond::serve::openai
