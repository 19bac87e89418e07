// Questions that a text answers, and the answers, written by a model.

#include <nlohmann/json.hpp>

#include "curate/synthesis/replies.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

constexpr std::string_view kPrompt =
    "Write up to 3 questions that the following text answers, each with its answer, which uses nothing but the text. "
    "Answer with JSON only: [{\"question\": \"...\", \"answer\": \"...\"}].\n\n{text}";

struct Pair {
  std::string question, answer;
};

/// The pairs in an answer that may have words, or a fence, around the JSON. None: it is no such list.
std::vector<Pair> pairs_of(const std::string& text) {
  const std::size_t begin = text.find('['), end = text.rfind(']');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return {};
  const auto list = nlohmann::json::parse(text.substr(begin, end - begin + 1), nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) return {};
  std::vector<Pair> pairs;
  for (const auto& item : list) {
    if (!item.is_object()) continue;
    const auto question = item.find("question"), answer = item.find("answer");
    if (question == item.end() || answer == item.end() || !question->is_string() || !answer->is_string()) continue;
    Pair pair{question->get<std::string>(), answer->get<std::string>()};
    if (!pair.question.empty() && !pair.answer.empty()) pairs.push_back(std::move(pair));
  }
  return pairs;
}

class QuestionAnswers final : public Operator {
 public:
  explicit QuestionAnswers(std::unique_ptr<ReplyMaker> replies) : replies_(std::move(replies)) {}

  Status process(const Input& in, Output& out, Context& context) override {
    const Utf8Column column = in.utf8("text");
    std::vector<std::string_view> texts;
    for (std::int64_t row = 0; row < in.rows(); ++row) texts.push_back(column[row]);
    return replies_->ask(
        texts,
        [&](std::size_t at, Result<Reply> reply) -> Status {
          const auto row = static_cast<std::int64_t>(at);
          if (!reply.ok()) {
            out.reject(row, reply.status().code(), reply.status().message());
            return {};
          }
          const std::vector<Pair> pairs = pairs_of(reply->text);
          if (pairs.empty()) {
            constexpr std::size_t kShown = 100;
            out.reject(row, Code::kDataCorrupt,
                       reply->cut ? "the answer is longer than tokens_max"
                                  : "the answer is no list of questions and answers: " + reply->text.substr(0, kShown));
            return {};
          }
          for (std::size_t i = 0; i < pairs.size(); ++i) {
            Row made = out.emit(row);
            made.set("question", pairs[i].question).set("answer", pairs[i].answer).set("synthetic", replies_->mark());
            if (i > 0) continue;  // paid for once
            if (reply->prompt_tokens >= 0) made.set("prompt_tokens", reply->prompt_tokens);
            if (reply->completion_tokens >= 0) made.set("completion_tokens", reply->completion_tokens);
          }
          return {};
        },
        context);
  }

 private:
  const std::unique_ptr<ReplyMaker> replies_;
};

Result<std::unique_ptr<Operator>> make(const Options& options) {
  MP_ASSIGN(auto replies, ReplyMaker::make(options, "question_answers"));
  return std::make_unique<QuestionAnswers>(std::move(replies));
}

}  // namespace

MILLPOND_OPERATOR(question_answers) = {
    .name = "question_answers",
    .summary =
        "Has a model write questions that each text answers, with the answers; the rows are marked as synthetic.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"question", utf8()},
             {"answer", utf8()},
             {"synthetic", utf8()},
             {"prompt_tokens", int64()},
             {"completion_tokens", int64()}},
    .options = reply_options(kPrompt),
    .make = make,
    .costly = true,
};

}  // namespace millpond::curate
