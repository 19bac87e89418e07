// The words and phrases that say what each text is about.

#include <memory>
#include <nlohmann/json.hpp>

#include "curate/enrich/keyword_finder.h"
#include "curate/enrich/model_answers.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

constexpr std::string_view kPrompt =
    "Name the words or short phrases that say best what the following text is about, the most telling one first, at "
    "most 10. Take them from the text, in its language. Answer with JSON only: {\"keywords\": [\"...\"]}.\n\n{text}";

Status check_answer(const nlohmann::json& object) {
  const auto list = object.find("keywords");
  if (list == object.end() || !list->is_array()) return corrupt("the answer has no list \"keywords\"");
  for (const auto& word : *list) {
    if (!word.is_string()) return corrupt("a keyword is no text: ", word.dump().substr(0, 40));
  }
  return {};
}

class Keywords final : public Operator {
 public:
  Keywords(KeywordRules rules, std::unique_ptr<ModelAnswers> model)
      : count_(static_cast<std::size_t>(rules.count)), finder_(std::move(rules)), model_(std::move(model)) {}

  Status process(const Input& in, Output& out, Context& context) override {
    const Utf8Column text = in.utf8("text");
    std::vector<std::string_view> texts;
    std::vector<std::int64_t> rows;
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (row % 16 == 0) MP_TRY(context.check());
      if (text.null(row)) {
        out.reject(row, Code::kInvalidArgument, "text is null");
      } else if (text[row].find_first_not_of(" \t\r\n") == std::string_view::npos) {
        out.emit(row).set("keywords", std::span<const std::string>());
      } else if (model_) {
        texts.push_back(text[row]);
        rows.push_back(row);
      } else {
        find(row, text[row], out);
      }
    }
    if (texts.empty()) return {};
    const auto take = [&](std::size_t at, Result<nlohmann::json> object, std::int64_t tokens) {
      if (!object.ok()) return out.reject(rows[at], object.status().code(), object.status().message());
      auto words = (*object)["keywords"].get<std::vector<std::string>>();
      std::erase_if(words, [](const std::string& word) { return word.empty(); });
      if (words.size() > count_) words.resize(count_);
      Row row = out.emit(rows[at]);
      row.set("keywords", std::span<const std::string>(words)).set("keywords_by", model_->mark());
      if (tokens >= 0) row.set("keywords_tokens", tokens);
    };
    return model_->ask(std::move(texts), take, context);
  }

 private:
  void find(std::int64_t row, std::string_view text, Output& out) {
    std::vector<std::string> words;
    std::vector<float> scores;
    for (Keyword& keyword : finder_.find(text)) {
      words.push_back(std::move(keyword.text));
      scores.push_back(static_cast<float>(keyword.score));
    }
    out.emit(row)
        .set("keywords", std::span<const std::string>(words))
        .set("keyword_scores", std::span<const float>(scores))
        .set("keywords_by", "text");
  }

  const std::size_t count_;
  KeywordFinder finder_;
  const std::unique_ptr<ModelAnswers> model_;
};

Result<std::unique_ptr<Operator>> make(const Options& options) {
  const std::int64_t count = options.integer("count"), words_max = options.integer("words_max");
  if (count < 1 || count > 1000) return invalid("count is from 1 to 1000: ", count);
  if (words_max < 1 || words_max > 6) return invalid("words_max is from 1 to 6: ", words_max);
  KeywordRules rules{.count = static_cast<int>(count), .words_max = static_cast<int>(words_max)};
  rules.likeness = options.number("likeness");
  rules.language = options.text("language");
  if (rules.language != "auto" && stop_words_of(rules.language) == nullptr) {
    std::string known = "auto";
    for (const StopWords& list : stop_word_lists()) known.append(", ").append(list.language);
    return invalid("no list of stop words for the language: ", rules.language).hint("There are: " + known + ".");
  }
  std::unique_ptr<ModelAnswers> model;
  if (options.text("method") == "model") {
    const nlohmann::json schema = {{"type", "object"},
                                   {"properties", {{"keywords", {{"type", "array"}, {"items", {{"type", "string"}}}}}}},
                                   {"required", {"keywords"}},
                                   {"additionalProperties", false}};
    MP_ASSIGN(model, ModelAnswers::make(options, "keywords", schema, check_answer));
  }
  return std::make_unique<Keywords>(std::move(rules), std::move(model));
}

std::vector<Option> keyword_options() {
  std::vector<Option> options{
      Option("method", "text", "`text`: by the text alone; `model`: a language model is asked, at `url`.")
          .one_of({"text", "model"}),
      {"count", 10, "Keywords a text, at most."},
      {"words_max", 3, "Words a keyword, at most."},
      {"language", "auto", "Of the small words that no keyword begins or ends with: de, en, es, fr, it, nl, pt, ru."},
      {"likeness", 0.8, "One that is more like a better one than this is left out; 1: none is."}};
  for (Option& option : model_answer_options(kPrompt)) options.push_back(std::move(option));
  return options;
}

}  // namespace

MILLPOND_OPERATOR(keywords) = {
    .name = "keywords",
    .summary = "Finds the words and phrases that say what a text is about: by the text alone, or by a language model.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"keywords", list(utf8())},
             {"keyword_scores", list(float32())},
             {"keywords_by", utf8()},
             {"keywords_tokens", int64()}},
    .options = keyword_options(),
    .make = make,
    .costly = true,
};

}  // namespace millpond::curate
