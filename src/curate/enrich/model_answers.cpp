#include "curate/enrich/model_answers.h"

#include <nlohmann/json.hpp>

namespace millpond::curate {
namespace {

using nlohmann::json;

/// The object in an answer that may have words, or a fence, around it.
Result<json> object_of(const std::string& text, const ModelAnswers::Check& check) {
  const std::size_t begin = text.find('{'), end = text.rfind('}');
  json object;
  if (begin != std::string::npos && end != std::string::npos && begin < end) {
    object = json::parse(text.substr(begin, end - begin + 1), nullptr, /*allow_exceptions=*/false);
  }
  constexpr std::size_t kShown = 80;
  if (!object.is_object()) {
    std::size_t shown = std::min(text.size(), kShown);
    while (shown > 0 && shown < text.size() && (text[shown] & 0xC0) == 0x80) --shown;
    return corrupt("the answer is no JSON object: ", text.substr(0, shown));
  }
  MP_TRY(check(object));
  return object;
}

std::string_view beginning_of(std::string_view text, std::size_t bytes_max) {
  if (bytes_max == 0 || text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

Result<std::unique_ptr<ModelAnswers>> ModelAnswers::make(const Options& options, std::string_view step,
                                                         const json& schema, Check check) {
  std::unique_ptr<ModelAnswers> made(new ModelAnswers);
  if (options.integer("bytes_max") < 0) return invalid("bytes_max: ", options.integer("bytes_max"));
  made->bytes_max_ = static_cast<std::size_t>(options.integer("bytes_max"));
  made->check_ = check;
  AnswerForm form{.json_schema = options.flag("json_schema") ? schema.dump() : ""};
  form.check = [check = std::move(check)](const std::string& text) -> Status {
    return object_of(text, check).status();
  };
  MP_ASSIGN(made->replies_, ReplyMaker::make(options, step, std::move(form)));
  return made;
}

Status ModelAnswers::ask(std::vector<std::string_view> texts, const Take& take, Context& context) {
  for (std::string_view& text : texts) text = beginning_of(text, bytes_max_);
  return replies_->ask(
      texts,
      [&](std::size_t at, Result<Reply> reply) -> Status {
        if (!reply.ok()) {
          take(at, std::move(reply).status(), -1);
          return {};
        }
        std::int64_t tokens = -1;
        if (reply->prompt_tokens >= 0 || reply->completion_tokens >= 0) {
          tokens =
              std::max<std::int64_t>(0, reply->prompt_tokens) + std::max<std::int64_t>(0, reply->completion_tokens);
        }
        if (reply->cut) {
          take(at, exhausted("the answer is longer than tokens_max"), tokens);
        } else {
          take(at, object_of(reply->text, check_), tokens);
        }
        return {};
      },
      context);
}

std::vector<Option> model_answer_options(std::string_view prompt) {
  std::vector<Option> options = reply_options(prompt);
  options.push_back({"bytes_max", 16000, "Of a text that the model is shown; 0: all of it."});
  options.push_back({"json_schema", true, "Send the schema of the answer; some services refuse that."});
  return options;
}

}  // namespace millpond::curate
