// What a text names: dates, amounts, addresses by rules; people, organizations, places by a language model.

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/arrow_status.h"
#include "curate/enrich/entity_rules.h"
#include "curate/enrich/model_answers.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

constexpr std::string_view kPrompt =
    "List what the following text names, each as it stands in the text, with its kind, one of: {kinds}. Nothing that "
    "is not in the text. Answer with JSON only: {\"entities\": [{\"text\": \"...\", \"kind\": \"...\"}]}.\n\n{text}";

/// An entity whose kind is of the options or the model.
struct Named {
  std::string kind, value;
  std::uint32_t begin = 0, end = 0;
};

bool by_rules(std::string_view kind) {
  return std::find(std::begin(kEntityKinds), std::end(kEntityKinds), kind) != std::end(kEntityKinds);
}

Status check_answer(const nlohmann::json& object) {
  const auto list = object.find("entities");
  if (list == object.end() || !list->is_array()) return corrupt("the answer has no list \"entities\"");
  for (const auto& entity : *list) {
    if (!entity.is_object() || !entity.contains("text") || !entity["text"].is_string() || !entity.contains("kind") ||
        !entity["kind"].is_string()) {
      return corrupt("an entity has no \"text\" and \"kind\": ", entity.dump().substr(0, 60));
    }
  }
  return {};
}

bool in_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
}

class Entities final : public Operator {
 public:
  Entities(std::vector<std::string> kinds, std::unique_ptr<ModelAnswers> model)
      : kinds_(std::move(kinds)), model_(std::move(model)) {}

  Status process(const Input& in, Output& out, Context& context) override {
    const Utf8Column text = in.utf8("text");
    std::vector<std::string_view> texts;
    std::vector<std::int64_t> rows;
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (row % 16 == 0) MP_TRY(context.check());
      if (text.null(row)) {
        out.reject(row, Code::kInvalidArgument, "text is null");
      } else if (model_ && text[row].find_first_not_of(" \t\r\n") != std::string_view::npos) {
        texts.push_back(text[row]);
        rows.push_back(row);
      } else {
        MP_TRY(emit(row, text[row], by_rules_in(text[row]), "text", -1, out));
      }
    }
    if (texts.empty()) return {};
    Status failed;
    const auto take = [&](std::size_t at, Result<nlohmann::json> object, std::int64_t tokens) {
      if (!object.ok()) return out.reject(rows[at], object.status().code(), object.status().message());
      std::vector<Named> found = by_rules_in(texts[at]);
      add_answer(texts[at], *object, found);
      Status emitted = emit(rows[at], texts[at], found, model_->mark(), tokens, out);
      if (failed.ok()) failed = std::move(emitted);
    };
    MP_TRY(model_->ask(texts, take, context));
    return failed;
  }

 private:
  bool wanted(std::string_view kind) const { return std::find(kinds_.begin(), kinds_.end(), kind) != kinds_.end(); }

  std::vector<Named> by_rules_in(std::string_view text) const {
    std::vector<Named> found;
    for (Entity& entity : find_entities(text)) {
      if (!wanted(entity.kind)) continue;
      found.push_back({std::string(entity.kind), std::move(entity.value), entity.begin, entity.end});
    }
    return found;
  }

  /// Where the text names what the model says; what it does not name was made up.
  void add_answer(std::string_view text, const nlohmann::json& object, std::vector<Named>& found) const {
    constexpr std::size_t kPlacesMax = 1000;
    const std::size_t before = found.size();
    for (const auto& entity : object["entities"]) {
      const auto named = entity["text"].get<std::string>(), kind = entity["kind"].get<std::string>();
      if (named.empty() || by_rules(kind) || !wanted(kind)) continue;
      std::size_t places = 0;
      for (std::size_t at = 0; (at = text.find(named, at)) != std::string_view::npos && places < kPlacesMax; ++places) {
        const std::size_t end = at + named.size();
        const bool whole = (at == 0 || !in_word(text[at - 1]) || !in_word(named.front())) &&
                           (end == text.size() || !in_word(text[end]) || !in_word(named.back()));
        const auto overlaps = [&](const Named& other) { return other.begin < end && at < other.end; };
        if (whole && std::none_of(found.begin(), found.end(), overlaps)) {
          found.push_back({kind, "", static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end)});
        }
        at = end;
      }
    }
    if (found.size() == before) return;
    std::sort(found.begin(), found.end(), [](const Named& a, const Named& b) { return a.begin < b.begin; });
  }

  Status emit(std::int64_t row, std::string_view text, const std::vector<Named>& found, std::string_view by,
              std::int64_t tokens, Output& out) const {
    Row made = out.emit(row);
    made.set("entities_by", by);
    if (tokens >= 0) made.set("entities_tokens", tokens);
    return from_arrow(append(text, found, out.builder("entities")));
  }

  static arrow::Status append(std::string_view text, const std::vector<Named>& found, arrow::ArrayBuilder* builder) {
    auto* entities = dynamic_cast<arrow::ListBuilder*>(builder);
    auto* entity = dynamic_cast<arrow::StructBuilder*>(entities->value_builder());
    auto* kind = dynamic_cast<arrow::StringBuilder*>(entity->field_builder(0));
    auto* written = dynamic_cast<arrow::StringBuilder*>(entity->field_builder(1));
    auto* value = dynamic_cast<arrow::StringBuilder*>(entity->field_builder(2));
    auto* begin = dynamic_cast<arrow::Int32Builder*>(entity->field_builder(3));
    auto* end = dynamic_cast<arrow::Int32Builder*>(entity->field_builder(4));
    ARROW_RETURN_NOT_OK(entities->Append());
    for (const Named& named : found) {
      ARROW_RETURN_NOT_OK(entity->Append());
      ARROW_RETURN_NOT_OK(kind->Append(named.kind));
      ARROW_RETURN_NOT_OK(written->Append(text.substr(named.begin, named.end - named.begin)));
      ARROW_RETURN_NOT_OK(named.value.empty() ? value->AppendNull() : value->Append(named.value));
      ARROW_RETURN_NOT_OK(begin->Append(static_cast<std::int32_t>(named.begin)));
      ARROW_RETURN_NOT_OK(end->Append(static_cast<std::int32_t>(named.end)));
    }
    return arrow::Status::OK();
  }

  const std::vector<std::string> kinds_;
  const std::unique_ptr<ModelAnswers> model_;
};

/// The options with the kinds that the model is asked for put into the prompt.
Result<std::unique_ptr<ModelAnswers>> ask_for(const std::vector<std::string>& kinds, const Options& options,
                                              const std::vector<Option>& declared) {
  std::string names;
  for (const std::string& kind : kinds) names.append(names.empty() ? "" : ", ").append(kind);
  std::string prompt = options.text("prompt");
  if (const std::size_t slot = prompt.find("{kinds}"); slot != std::string::npos) prompt.replace(slot, 7, names);
  std::map<std::string, OptionValue> given(options.values().begin(), options.values().end());
  given["prompt"] = prompt;
  MP_ASSIGN(const Options asked, Options::resolve(declared, given));
  const nlohmann::json entity = {
      {"type", "object"},
      {"properties", {{"text", {{"type", "string"}}}, {"kind", {{"type", "string"}, {"enum", kinds}}}}},
      {"required", {"text", "kind"}},
      {"additionalProperties", false}};
  const nlohmann::json schema = {{"type", "object"},
                                 {"properties", {{"entities", {{"type", "array"}, {"items", entity}}}}},
                                 {"required", {"entities"}},
                                 {"additionalProperties", false}};
  return ModelAnswers::make(asked, "entities", schema, check_answer);
}

std::vector<Option> entity_options() {
  std::vector<Option> options{
      Option("method", "text", "`text`: by rules; `model`: other kinds by a language model, at `url`, beside these.")
          .one_of({"text", "model"}),
      {"kinds", std::vector<std::string>{},
       "By rules: date, doi, email, ip, money, percent, url, version; of a model: any others. Empty: all these, and "
       "of a model person, organization, place."}};
  for (Option& option : model_answer_options(kPrompt)) options.push_back(std::move(option));
  return options;
}

Result<std::unique_ptr<Operator>> make(const Options& options) {
  const bool asks = options.text("method") == "model";
  std::vector<std::string> kinds = options.list("kinds");
  if (kinds.empty()) {
    kinds.assign(std::begin(kEntityKinds), std::end(kEntityKinds));
    if (asks) kinds.insert(kinds.end(), {"person", "organization", "place"});
  }
  std::vector<std::string> of_model;
  for (const std::string& kind : kinds) {
    if (!by_rules(kind)) of_model.push_back(kind);
  }
  if (!asks && !of_model.empty()) {
    return invalid("no rules for entities of the kind: ", of_model.front())
        .hint(
            "`method: model` asks a language model for it; by rules: date, doi, email, ip, money, percent, url, "
            "version.");
  }
  if (asks && of_model.empty()) {
    return invalid("`kinds` has none to ask a model for").hint("Rules find these; `method: text` is enough.");
  }
  std::unique_ptr<ModelAnswers> model;
  if (asks) { MP_ASSIGN(model, ask_for(of_model, options, entity_options())); }
  return std::make_unique<Entities>(std::move(kinds), std::move(model));
}

}  // namespace

MILLPOND_OPERATOR(entities) = {
    .name = "entities",
    .summary = "Finds what a text names: dates, amounts of money, addresses, versions; more kinds by a language model.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"entities",
              list(structure(
                  {{"kind", utf8()}, {"text", utf8()}, {"value", utf8()}, {"begin", int32()}, {"end", int32()}}))},
             {"entities_by", utf8()},
             {"entities_tokens", int64()}},
    .options = entity_options(),
    .make = make,
    .costly = true,
};

}  // namespace millpond::curate
