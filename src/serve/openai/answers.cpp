#include "serve/openai/answers.h"

#include <arrow/array/array_base.h>
#include <arrow/record_batch.h>

#include <algorithm>

#include "ask/arrow_json.h"
#include "millpond/flow/lookup.h"
#include "millpond/model/embedder.h"
#include "serve/openai/filters.h"
#include "serve/openai/form.h"
#include "serve/openai/routes.h"

namespace millpond::serve::openai {
namespace {

constexpr const char* kNotFoundText = "Not in these documents.";

/// A message's content: a text, or parts with texts.
std::string content_text(const Json& content) {
  if (content.is_string()) return content;
  std::string out;
  for (const Json& part : content.is_array() ? content : Json::array()) {
    const std::string type = part.is_object() ? part.value("type", "") : "";
    if (type != "input_text" && type != "text" && type != "output_text") continue;
    if (part.contains("text") && part["text"].is_string())
      out += (out.empty() ? "" : "\n") + part["text"].get<std::string>();
  }
  return out;
}

std::int64_t code_points(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

/// Where on its pages the passage stands; none for formats without pages.
Result<Json> boxes_of(const Collection& collection, const std::string& row, Context& services) {
  MP_ASSIGN(const pond::Table table, collection.library->pond()->table(collection.table));
  if (!find_field(table.schema(), "boxes")) return Json(Json::array());
  MP_ASSIGN(const auto parts, flow::rows_with_id(table, "_row", row, {}, services));
  MP_ASSIGN(const auto batches, flow::read_all(table, parts, {"boxes"}, services));
  if (batches.empty() || batches[0]->column(0)->IsNull(0)) return Json(Json::array());
  Json boxes = ask::to_json(*batches[0]->column(0), 0);
  std::erase_if(boxes.get_ref<Json::array_t&>(),
                [](const Json& box) { return !box.is_object() || !box["x0"].is_number(); });
  return boxes;
}

Status add_places(const Collection& collection, FileAnswer& out, Context& services) {
  for (const ask::Citation& citation : out.answer.citations) {
    CitedPlace place;
    place.number = citation.number;
    place.hit = out.hits[static_cast<std::size_t>(citation.passage)];
    for (const ask::Quote& quote : citation.quotes) {
      place.quote +=
          (place.quote.empty() ? "" : " ") + place.hit.passage.text.substr(quote.begin, quote.end - quote.begin);
    }
    if (place.hit.passage.first_page > 0) {
      MP_ASSIGN(place.boxes, boxes_of(collection, place.hit.passage.row, services));
    }
    const std::string mark = "[" + std::to_string(citation.number) + "]";
    for (std::size_t at = out.text.find(mark); at != std::string::npos; at = out.text.find(mark, at + mark.size())) {
      place.begin = code_points(std::string_view(out.text).substr(0, at));
      place.end = place.begin + static_cast<std::int64_t>(mark.size());
      out.places.push_back(place);
    }
  }
  std::stable_sort(out.places.begin(), out.places.end(),
                   [](const CitedPlace& a, const CitedPlace& b) { return a.begin < b.begin; });
  return {};
}

}  // namespace

Result<std::string> last_user_text(const Json& input) {
  if (input.is_string()) return input.get<std::string>();
  std::string text;
  for (const Json& item : input.is_array() ? input : Json::array()) {
    if (item.is_object() && item.value("role", "") == "user") text = content_text(item.value("content", Json()));
  }
  if (text.empty()) return invalid("there is no message of a user with a text");
  return text;
}

Status check_answer_model(const Library& library, const Json& body) {
  MP_ASSIGN(const std::string name, text_in(body, "model"));
  if (name == answer_model(library) || name == "millpond") return {};
  return not_found("no such model here: ", name).hint("Answers come from the model " + answer_model(library) + ".");
}

Result<Question> question_of(Stores& stores, const Json& body, const Json& input, const Principal& principal) {
  Question out;
  MP_ASSIGN(out.text, last_user_text(input));
  const Json tools = body.value("tools", Json::array());
  for (const Json& tool : tools.is_array() ? tools : Json::array()) {
    const std::string type = tool.is_object() ? tool.value("type", "") : "";
    if (type != "file_search") return unsupported("only file_search is a tool here, not: ", type);
    for (const Json& id : tool.value("vector_store_ids", Json::array())) {
      if (!id.is_string()) return invalid("vector_store_ids has texts");
      MP_ASSIGN(Collection collection, stores.collection(id, principal));
      out.collections.push_back(std::move(collection));
    }
    out.filter = tool.value("filters", Json());
    if (!out.filter.is_null()) MP_TRY(check_filter(out.filter));
    out.passages = std::clamp(tool.value("max_num_results", 8), 1, 50);
  }
  if (out.collections.empty()) {
    MP_ASSIGN(Collection own, stores.own(principal));
    out.collections.push_back(std::move(own));
  }
  return out;
}

Result<FileAnswer> answer_from(Stores& stores, const Question& question, const Principal& principal, Context& context,
                               const std::function<Status(std::string_view)>& on_text) {
  Library& library = *stores.library();
  Context& services = library.services();
  MP_ASSIGN(const auto answerer, ask::Answerer::make({}));
  FileHits best;
  const Collection* from = nullptr;
  double probability = -1;
  for (const Collection& collection : question.collections) {
    MP_ASSIGN(FileHits found, stores.search(collection, question.text, question.passages, question.filter, principal));
    if (found.hits.empty()) continue;
    const Principal reader = collection.store ? Principal::everything(principal.name) : principal;
    MP_ASSIGN(const auto retriever, collection.library->retriever(collection.table, "", reader));
    MP_ASSIGN(const auto embedder, retriever->embedder(services));
    if (embedder) answerer->use_embedder(embedder);
    const double evidence =
        answerer->evidence(question.text, found.retrieval.passages, found.retrieval.found).probability;
    if (evidence <= probability) continue;
    probability = evidence;
    best = std::move(found);
    from = &collection;
  }
  FileAnswer out;
  if (from != nullptr) {
    const auto& passages = best.retrieval.passages;
    if (library.options().chat) {
      MP_ASSIGN(const auto chat, model::open_chat(*library.options().chat));
      MP_ASSIGN(out.answer, answerer->write(question.text, passages, best.retrieval.found, *chat, context, on_text));
    } else {
      MP_ASSIGN(out.answer, answerer->quote(question.text, passages, best.retrieval.found, context));
    }
    out.hits = std::move(best.hits);
  }
  const bool found = out.answer.kind != ask::Answer::Kind::kNotFound;
  out.text = found ? out.answer.text : kNotFoundText;
  if (found) MP_TRY(add_places(*from, out, services));
  if (on_text && out.answer.kind != ask::Answer::Kind::kWritten) MP_TRY(on_text(out.text));
  return out;
}

Json place_members(const CitedPlace& place) {
  Json out = {{"quote", place.quote}, {"citation", place.hit.passage.row}, {"uri", place.hit.passage.uri}};
  if (place.hit.passage.first_page > 0) out.update({{"page", place.hit.passage.first_page}, {"boxes", place.boxes}});
  return out;
}

}  // namespace millpond::serve::openai
