// A few sentences that say what each text says.

#include <memory>
#include <nlohmann/json.hpp>

#include "curate/enrich/model_answers.h"
#include "curate/enrich/summary_finder.h"
#include "millpond/model/embedder.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

constexpr std::string_view kPrompt =
    "Say in at most three sentences, in its language, what the following text says. Add nothing that is not in it. "
    "Answer with JSON only: {\"summary\": \"...\"}.\n\n{text}";

Status check_answer(const nlohmann::json& object) {
  const auto summary = object.find("summary");
  if (summary == object.end() || !summary->is_string() || summary->get<std::string>().empty()) {
    return corrupt("the answer has no text \"summary\"");
  }
  return {};
}

class Summary final : public Operator {
 public:
  Summary(SummaryRules rules, std::string embedder, std::unique_ptr<ModelAnswers> model)
      : finder_(std::move(rules)), embedder_name_(std::move(embedder)), model_(std::move(model)) {}

  Status process(const Input& in, Output& out, Context& context) override {
    const Utf8Column text = in.utf8("text");
    std::vector<std::string_view> texts;
    std::vector<std::int64_t> rows;
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (row % 16 == 0) MP_TRY(context.check());
      if (text.null(row)) {
        out.reject(row, Code::kInvalidArgument, "text is null");
      } else if (text[row].find_first_not_of(" \t\r\n") == std::string_view::npos) {
        out.emit(row).set("summary", "");
      } else if (model_) {
        texts.push_back(text[row]);
        rows.push_back(row);
      } else {
        MP_ASSIGN(const std::string summary, find(text[row], context));
        out.emit(row).set("summary", summary).set("summary_by", embedder_name_.empty() ? "text" : by_);
      }
    }
    if (texts.empty()) return {};
    const auto take = [&](std::size_t at, Result<nlohmann::json> object, std::int64_t tokens) {
      if (!object.ok()) return out.reject(rows[at], object.status().code(), object.status().message());
      Row row = out.emit(rows[at]);
      row.set("summary", (*object)["summary"].get<std::string>()).set("summary_by", model_->mark());
      if (tokens >= 0) row.set("summary_tokens", tokens);
    };
    return model_->ask(std::move(texts), take, context);
  }

 private:
  Result<std::string> find(std::string_view text, Context& context) {
    if (embedder_name_.empty()) return finder_.find(text);
    if (!embedder_) {
      MP_ASSIGN(embedder_, model::open_embedder({.model = embedder_name_}, context));
      by_ = "meaning:" + embedder_name_;
    }
    return finder_.find(
        text, [&](std::span<const std::string_view> sentences, std::vector<float>& out, std::size_t& width) -> Status {
          width = static_cast<std::size_t>(embedder_->dimensions());
          out.resize(sentences.size() * width);
          return embedder_->embed(sentences, out.data(), context);
        });
  }

  SummaryFinder finder_;
  const std::string embedder_name_;
  std::string by_;
  std::shared_ptr<model::Embedder> embedder_;
  const std::unique_ptr<ModelAnswers> model_;
};

Result<std::unique_ptr<Operator>> make(const Options& options) {
  const std::int64_t sentences = options.integer("sentences"), size = options.integer("summary_bytes_max");
  if (sentences < 1 || sentences > 100) return invalid("sentences is from 1 to 100: ", sentences);
  if (size < 1 || size > 1'000'000) return invalid("summary_bytes_max is from 1 to 1000000: ", size);
  SummaryRules rules{.sentences = static_cast<int>(sentences), .bytes_max = static_cast<int>(size)};
  rules.variety = options.number("variety");
  std::unique_ptr<ModelAnswers> model;
  if (options.text("method") == "model") {
    const nlohmann::json schema = {{"type", "object"},
                                   {"properties", {{"summary", {{"type", "string"}}}}},
                                   {"required", {"summary"}},
                                   {"additionalProperties", false}};
    MP_ASSIGN(model, ModelAnswers::make(options, "summary", schema, check_answer));
  }
  const std::string embedder = options.text("method") == "meaning" ? options.text("embedder") : "";
  return std::make_unique<Summary>(std::move(rules), embedder, std::move(model));
}

Result<std::string> fingerprint_of(const Options& options) {
  if (options.text("method") != "meaning") return std::string();
  return model::embedder_fingerprint({.model = options.text("embedder")});
}

std::vector<Option> summary_options() {
  std::vector<Option> options{
      Option("method", "text",
             "`text`: sentences of the text, by its words; `meaning`: by vectors of its sentences; `model`: a language "
             "model is asked, at `url`.")
          .one_of({"text", "meaning", "model"}),
      {"sentences", 3, "Of the text that are taken, at most."},
      {"summary_bytes_max", 1000, "Of a summary of sentences; the first one is taken even if it is longer."},
      {"variety", 0.3, "How much a sentence loses by being like one that is taken, 0 to 1."},
      {"embedder", "minilm-l6", "The model of `meaning`."}};
  for (Option& option : model_answer_options(kPrompt)) options.push_back(std::move(option));
  return options;
}

}  // namespace

MILLPOND_OPERATOR(summary) = {
    .name = "summary",
    .summary = "Says in a few sentences what a text says: its own that tell the most, or a language model's.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"summary", utf8()}, {"summary_by", utf8()}, {"summary_tokens", int64()}},
    .options = summary_options(),
    .make = make,
    .costly = true,
    .fingerprint_of = fingerprint_of,
};

}  // namespace millpond::curate
