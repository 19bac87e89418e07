#include <cstring>
#include <map>

#include "millpond/model/embedder.h"
#include "millpond/model/tokenizer.h"
#include "millpond/model/vector_step.h"
#include "serve/openai/form.h"
#include "serve/openai/routes.h"

namespace millpond::serve::openai {
namespace {

constexpr std::size_t kInputsMax = 2048;
constexpr std::size_t kInputBytesMax = 1 << 20;

/// The embedders that the flow's steps name.
Result<std::map<std::string, model::EmbedderOptions>> embedders_of(Library& library) {
  MP_ASSIGN(const auto plan, library.plan());
  std::map<std::string, model::EmbedderOptions> out;
  for (const flow::PlannedTable& table : plan->tables) {
    for (const Step& step : table.chain.steps()) {
      if (auto options = model::embedder_of(step)) out.emplace(options->model, *options);
    }
  }
  return out;
}

Json model_object(const std::string& id) {
  return {{"id", id}, {"object", "model"}, {"created", 0}, {"owned_by", "millpond"}};
}

Status no_model(const std::string& name) {
  return not_found("no such model here: ", name).hint("GET /v1/models lists them.");
}

Result<Json> models(Library& library) {
  MP_ASSIGN(const auto embedders, embedders_of(library));
  Json data = Json::array();
  for (const auto& [name, options] : embedders) data.push_back(model_object(name));
  data.push_back(model_object(answer_model(library)));
  return data;
}

Result<std::vector<std::string>> inputs_of(const Json& body) {
  const Json input = body.value("input", Json());
  std::vector<std::string> texts;
  if (input.is_string()) texts.push_back(input);
  if (input.is_array()) {
    for (const Json& each : input) {
      if (!each.is_string()) {
        return unsupported("input must be texts: token ids of another tokenizer cannot be read here")
            .hint("In langchain-openai set check_embedding_ctx_length=False.");
      }
      texts.push_back(each);
    }
  }
  if (texts.empty()) return invalid("input must be a text or a list of texts");
  if (texts.size() > kInputsMax) return exhausted("at most ", kInputsMax, " texts a request: ", texts.size());
  for (const std::string& text : texts) {
    if (text.empty()) return invalid("a text of the input is empty");
    if (text.size() > kInputBytesMax) return exhausted("a text of the input has more than 1 MB");
  }
  return texts;
}

std::string base64(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) { return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U; };
    const unsigned bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    out += kDigits[bits >> 18];
    out += kDigits[bits >> 12 & 63];
    out += i + 1 < bytes.size() ? kDigits[bits >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? kDigits[bits & 63] : '=';
  }
  return out;
}

Result<Response> embed(Library& library, const Request& request) {
  MP_ASSIGN(const Json body, body_of(request));
  MP_ASSIGN(const std::string name, text_in(body, "model"));
  MP_ASSIGN(const auto embedders, embedders_of(library));
  const auto found = embedders.find(name);
  if (found == embedders.end()) return no_model(name);
  MP_ASSIGN(const auto texts, inputs_of(body));
  MP_ASSIGN(const std::string format, text_in(body, "encoding_format"));
  if (!format.empty() && format != "float" && format != "base64") {
    return invalid("encoding_format must be float or base64: ", format);
  }
  MP_ASSIGN(const auto embedder, model::open_embedder(found->second, library.services()));
  const auto dimensions = static_cast<std::size_t>(embedder->dimensions());
  if (body.contains("dimensions") && body["dimensions"] != dimensions) {
    return unsupported("the model's vectors cannot be shortened: dimensions is ", dimensions);
  }
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<float> vectors(dimensions * texts.size());
  MP_TRY(embedder->embed(views, vectors.data(), library.services()));
  std::int64_t tokens = 0;
  if (found->second.url.empty()) {
    MP_ASSIGN(const auto tokenizer, library.services().service<model::Tokenizers>()->get(name));
    for (const std::string& text : texts) tokens += tokenizer->count(text) + 2;
  }
  Json data = Json::array();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const float* vector = vectors.data() + i * dimensions;
    Json each = {{"object", "embedding"}, {"index", i}};
    if (format == "base64") {
      each["embedding"] = base64({reinterpret_cast<const char*>(vector), dimensions * sizeof(float)});
    } else {
      each["embedding"] = std::vector<float>(vector, vector + dimensions);
    }
    data.push_back(std::move(each));
  }
  return Response::json(dump({{"object", "list"},
                              {"data", std::move(data)},
                              {"model", name},
                              {"usage", {{"prompt_tokens", tokens}, {"total_tokens", tokens}}}}));
}

}  // namespace

std::string answer_model(const Library& library) {
  return library.options().chat ? library.options().chat->model : "millpond";
}

void add_model_routes(Router& router, StoresPtr stores) {
  add_route(router, "GET", "/models", [stores](const Request&, Context&) -> Result<Response> {
    MP_ASSIGN(Json data, models(*stores->library()));
    return Response::json(dump({{"object", "list"}, {"data", std::move(data)}}));
  });
  add_route(router, "GET", "/models/{model}", [stores](const Request& request, Context&) -> Result<Response> {
    MP_ASSIGN(const Json data, models(*stores->library()));
    for (const Json& model : data) {
      if (model["id"] == request.parameter("model")) return Response::json(dump(model));
    }
    return no_model(request.parameter("model"));
  });
  add_route(router, "POST", "/embeddings",
            [stores](const Request& request, Context&) { return embed(*stores->library(), request); });
}

}  // namespace millpond::serve::openai
