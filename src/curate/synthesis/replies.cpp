#include "curate/synthesis/replies.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/exchange.h"
#include "millpond/model/answer_schema.h"
#include "millpond/row_hash.h"

namespace millpond::curate {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSlot = "{text}";

/// Whether the text, not the service, is why there is no answer.
bool blames_text(Code code) { return code == Code::kInvalidArgument || code == Code::kDataCorrupt; }

Result<Reply> load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return not_found("no answer is kept: ", path);
  const auto json = nlohmann::json::parse(std::string(std::istreambuf_iterator<char>(file), {}), nullptr, false);
  if (!json.is_object() || !json.contains("text") || !json["text"].is_string()) {
    return corrupt("not an answer that was kept: ", path);
  }
  Reply reply{.text = json["text"].get<std::string>()};
  reply.prompt_tokens = json.value("prompt_tokens", std::int64_t{-1});
  reply.completion_tokens = json.value("completion_tokens", std::int64_t{-1});
  reply.cut = json.value("cut", false);
  return reply;
}

/// Whole or not at all: it may be killed in between, and several may write the same.
Status store(const std::string& path, const Reply& reply) {
  std::error_code failure;
  fs::create_directories(fs::path(path).parent_path(), failure);
  const nlohmann::ordered_json json = {{"text", reply.text},
                                       {"prompt_tokens", reply.prompt_tokens},
                                       {"completion_tokens", reply.completion_tokens},
                                       {"cut", reply.cut}};
  const std::string part = path + "." + std::to_string(::getpid()) + "." +
                           std::to_string(reinterpret_cast<std::uintptr_t>(&reply)) + ".part";
  std::ofstream file(part, std::ios::binary);
  file << json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  file.close();
  if (!file) return io_error("cannot keep an answer: ", part);
  fs::rename(part, path, failure);
  if (failure) return io_error("cannot keep an answer: ", path, ": ", failure.message());
  return {};
}

}  // namespace

Result<std::unique_ptr<ReplyMaker>> ReplyMaker::make(const Options& options, std::string_view form,
                                                     AnswerForm answer_form) {
  std::unique_ptr<ReplyMaker> maker(new ReplyMaker);
  maker->answer_form_ = std::move(answer_form);
  maker->system_ = options.text("system");
  maker->prompt_ = options.text("prompt");
  maker->folder_ = options.text("replies");
  maker->tokens_budget_ = options.integer("tokens_budget");
  if (maker->prompt_.find(kSlot) == std::string::npos) {
    return invalid("`prompt` has no place for the text: ", maker->prompt_).hint("Write {text} where it belongs.");
  }
  const std::int64_t at_once = options.integer("concurrent"), tokens_max = options.integer("tokens_max");
  if (at_once < 1 || at_once > 256) return invalid("concurrent must be from 1 to 256: ", at_once);
  if (tokens_max < 1 || tokens_max > 1'000'000) return invalid("tokens_max must be from 1 to 1000000: ", tokens_max);
  maker->concurrency_ = static_cast<int>(at_once);
  if (options.text("url").empty() || options.text("model").empty()) {
    return invalid("a model is asked, but `url` or `model` is not given")
        .hint("url: http://localhost:8080/v1, or that of another service that speaks OpenAI's API.");
  }
  model::ChatOptions chat{
      .url = options.text("url"), .model = options.text("model"), .key_env = options.text("key_env")};
  chat.temperature = options.number("temperature");
  chat.tokens_max = static_cast<int>(tokens_max);
  MP_ASSIGN(maker->chat_, model::open_chat(chat, {std::string(form), maker->answer_form_.json_schema}));
  nlohmann::ordered_json decides = {{"model", chat.model},
                                    {"temperature", chat.temperature},
                                    {"tokens_max", chat.tokens_max},
                                    {"system", maker->system_}};
  if (const std::string& schema = maker->answer_form_.json_schema; !schema.empty()) decides["json_schema"] = schema;
  maker->form_ = decides.dump();
  maker->mark_ = std::string(form) + ':' + chat.model + ':' + hash_bytes(maker->system_ + '\n' + maker->prompt_).hex();
  return maker;
}

std::string ReplyMaker::prompt_for(std::string_view text) const {
  std::string prompt;
  std::size_t from = 0;
  for (std::size_t at; (at = prompt_.find(kSlot, from)) != std::string::npos; from = at + kSlot.size()) {
    prompt.append(prompt_, from, at - from).append(text);
  }
  return prompt.append(prompt_, from);
}

std::string ReplyMaker::path_of(const std::string& prompt) const {
  const std::string name = hash_bytes(form_ + '\n' + prompt).hex();
  return folder_ + '/' + name.substr(0, 2) + '/' + name + ".json";
}

Result<Reply> ReplyMaker::answer(const std::string& prompt, Context& context) {
  const std::string path = folder_.empty() ? "" : path_of(prompt);
  if (!path.empty()) {
    if (auto kept = load(path); kept.ok()) return kept;
  }
  const auto spent = context.service<TokensSpent>();
  if (tokens_budget_ > 0 && spent->tokens >= tokens_budget_) {
    return exhausted("the budget of tokens is used up: ", tokens_budget_)
        .hint(folder_.empty() ? "Raise `tokens_budget`; with `replies: FOLDER` what was paid for is not asked again."
                              : "Raise `tokens_budget`; what was paid for is not asked again.");
  }
  MP_ASSIGN(Reply reply, exchange(prompt, context));
  if (!path.empty()) MP_TRY(store(path, reply));
  return reply;
}

Result<Reply> ReplyMaker::exchange(const std::string& prompt, Context& context) {
  const auto spent = context.service<TokensSpent>();
  std::vector<model::ChatMessage> messages;
  if (!system_.empty()) messages.push_back({"system", system_});
  messages.push_back({"user", prompt});
  Reply reply;
  for (int attempt = 1;; ++attempt) {
    MP_ASSIGN(const model::ChatReply answered, chat_->complete(messages, context));
    reply.text = answered.text;
    reply.cut = answered.finish_reason == "length";
    // What earlier attempts cost was paid, too.
    const auto add = [](std::int64_t& sum, std::int64_t count) {
      if (count >= 0) sum = std::max<std::int64_t>(sum, 0) + count;
    };
    add(reply.prompt_tokens, answered.usage.prompt_tokens);
    add(reply.completion_tokens, answered.usage.completion_tokens);
    constexpr std::int64_t kBytesPerToken = 4;  // a guess, where the service does not count
    const auto count = [](std::int64_t tokens, std::size_t bytes) {
      return tokens >= 0 ? tokens : static_cast<std::int64_t>(bytes) / kBytesPerToken;
    };
    spent->tokens += count(answered.usage.prompt_tokens, prompt.size());
    spent->tokens += count(answered.usage.completion_tokens, reply.text.size());
    if (reply.cut || !answer_form_.check || attempt >= answer_form_.attempts_max) return reply;
    const Status wrong = answer_form_.check(reply.text);
    if (wrong.ok()) return reply;
    messages.push_back({"assistant", reply.text});
    messages.push_back(
        {"user", "That answer cannot be used: " + wrong.message() + " Answer again, with the JSON only."});
  }
}

Status ReplyMaker::ask(const std::vector<std::string_view>& texts,
                       const std::function<Status(std::size_t, Result<Reply>)>& take, Context& context) {
  struct Made {
    std::size_t at;
    Result<Reply> reply;
  };
  std::size_t next = 0;
  OrderedExchange<std::size_t, Made> exchange(concurrency_, 2 * concurrency_);
  return exchange.run(
      [&]() -> Result<std::optional<std::size_t>> {
        MP_TRY(context.check());
        return next < texts.size() ? std::optional<std::size_t>(next++) : std::nullopt;
      },
      [&](int, std::size_t&& at) -> Result<Made> {
        auto reply = answer(prompt_for(texts[at]), context);
        if (!reply.ok() && !blames_text(reply.status().code())) return std::move(reply).status();
        return Made{at, std::move(reply)};
      },
      [&](Made&& made) { return take(made.at, std::move(made.reply)); });
}

std::vector<Option> reply_options(std::string_view prompt) {
  return {{"url", "", "Of the service, such as http://localhost:8080/v1."},
          {"model", "", "As the service names it."},
          {"key_env", "", "The environment variable with the key."},
          {"prompt", std::string(prompt).c_str(), "What to ask; {text} stands for the text."},
          {"system", "", "What to say before; empty: nothing."},
          {"temperature", 0.0, "Of the model."},
          {"tokens_max", 1024, "Of an answer; one that is cut is rejected."},
          {"concurrent", 4, "Requests under way at once, for each thread."},
          {"tokens_budget", 0, "Stop the build when so many tokens were paid for; 0: no limit."},
          {"replies", "", "A folder that keeps the answers, so that none is asked for twice; best an absolute path."}};
}

}  // namespace millpond::curate
