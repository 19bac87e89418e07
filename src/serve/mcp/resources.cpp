// Documents and citations as resources, and a prompt that brings passages along.

#include <charconv>

#include "ask/json.h"
#include "serve/mcp/protocol.h"

namespace millpond::serve::mcp {
namespace {

constexpr std::string_view kDocuments = "millpond://documents/", kCitations = "millpond://citations/";
constexpr int kPage = 100, kTtlMs = 10'000;

std::string text_of(const Json& params, const char* key) {
  const auto found = params.find(key);
  return found != params.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void add_cache_hint(Json& result, bool modern) {
  if (modern) result.update({{"ttlMs", kTtlMs}, {"cacheScope", "private"}});
}

RpcError rpc_error(const Status& status) {
  const bool internal = status.code() == Code::kInternal || status.code() == Code::kIoError;
  return {internal ? kInternalError : kInvalidParams, status.message(), nullptr, 200};
}

}  // namespace

Protocol::Outcome Protocol::list_resources(const Call& call) {
  std::int64_t offset = 0;
  const std::string cursor = text_of(call.params, "cursor");
  const auto read = std::from_chars(cursor.data(), cursor.data() + cursor.size(), offset);
  if (!cursor.empty() && (read.ec != std::errc() || read.ptr != cursor.data() + cursor.size() || offset < 0)) {
    return RpcError{kInvalidParams, "not a cursor of this server: " + cursor.substr(0, 80), nullptr, 200};
  }
  auto listed = list_documents(*library_, offset, kPage, call.principal);
  if (!listed.ok() && listed.status().code() != Code::kNotFound) return rpc_error(listed.status());
  Json resources = Json::array();
  Json result = Json::object();
  for (const Json& document : listed.ok() ? (*listed)["documents"] : Json::array()) {
    const std::string uri = document.value("uri", ""), title = document.value("title", "");
    Json resource = {{"uri", std::string(kDocuments) + document["id"].get<std::string>()},
                     {"name", uri.substr(uri.rfind('/') + 1)},
                     {"mimeType", "text/markdown"}};
    if (resource["name"].get_ref<const std::string&>().empty()) resource["name"] = document["id"];
    if (!title.empty()) resource["title"] = title;
    if (!uri.empty()) resource["description"] = "From " + uri;
    resources.push_back(std::move(resource));
  }
  result["resources"] = std::move(resources);
  if (listed.ok() && listed->contains("next_offset")) result["nextCursor"] = (*listed)["next_offset"].dump();
  add_cache_hint(result, call.modern);
  return result;
}

Protocol::Outcome Protocol::list_templates(const Call& call) const {
  Json result = {{"resourceTemplates",
                  {{{"uriTemplate", std::string(kDocuments) + "{id}"},
                    {"name", "document"},
                    {"title", "A document as Markdown"},
                    {"mimeType", "text/markdown"}},
                   {{"uriTemplate", std::string(kCitations) + "{citation}"},
                    {"name", "citation"},
                    {"title", "A citation in its place, and the way to its source"},
                    {"mimeType", "application/json"}}}}};
  add_cache_hint(result, call.modern);
  return result;
}

Protocol::Outcome Protocol::read_resource(const Call& call) {
  const std::string uri = text_of(call.params, "uri");
  if (uri.empty()) return RpcError{kInvalidParams, "uri is missing", nullptr, 200};
  Status status = not_found("there is no resource: ", uri.substr(0, 200));
  Json content = {{"uri", uri}};
  if (uri.starts_with(kDocuments)) {
    auto document = read_document(*library_, uri.substr(kDocuments.size()), false, call.principal);
    status = document.status();
    if (document.ok()) content.update({{"mimeType", "text/markdown"}, {"text", (*document)["text"]}});
  } else if (uri.starts_with(kCitations)) {
    auto shown = show_citation(*library_, uri.substr(kCitations.size()), call.principal);
    status = shown.status();
    if (shown.ok()) content.update({{"mimeType", "application/json"}, {"text", dump(*shown)}});
  }
  if (!status.ok()) {
    RpcError error = rpc_error(status);
    if (status.code() == Code::kNotFound && !call.modern) error.code = kNotFoundLegacy;
    error.data = {{"uri", uri}};
    return error;
  }
  Json result = {{"contents", {content}}};
  add_cache_hint(result, call.modern);
  return result;
}

Protocol::Outcome Protocol::list_prompts(const Call& call) const {
  Json result = {{"prompts",
                  {{{"name", "cited_answer"},
                    {"title", "Answer with citations"},
                    {"description", "A question together with the passages to answer it from."},
                    {"arguments", {{{"name", "question"}, {"description", "What to answer."}, {"required", true}}}}}}}};
  add_cache_hint(result, call.modern);
  return result;
}

Protocol::Outcome Protocol::get_prompt(const Call& call) {
  const std::string name = text_of(call.params, "name");
  if (name != "cited_answer")
    return RpcError{kInvalidParams, "there is no prompt: " + name.substr(0, 100), nullptr, 200};
  const std::string question = text_of(call.params.value("arguments", Json::object()), "question");
  if (question.empty()) return RpcError{kInvalidParams, "the prompt needs the argument question", nullptr, 200};
  const Operation& search = operations_.front();
  auto found = run(search, *library_, {{"query", question}, {"limit", 8}}, call.principal, call.context);
  if (!found.ok()) return rpc_error(found.status());
  const std::string text =
      "Answer the question from the passages below, and only from them. After each sentence name in "
      "square brackets the citation that supports it. If they do not answer it, say so.\n\nQuestion: " +
      question + "\n\nPassages:\n\n" + search.text(*found);
  return Json{{"description", "A question with passages"},
              {"messages", {{{"role", "user"}, {"content", {{"type", "text"}, {"text", text}}}}}}};
}

}  // namespace millpond::serve::mcp
