#pragma once
// Answers of a model to many prompts, each asked and paid for once.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/model/chat.h"
#include "millpond/options.h"

namespace millpond::curate {

struct Reply {
  std::string text;
  std::int64_t prompt_tokens = -1, completion_tokens = -1;  ///< as the service counted them; -1 where it did not say
  bool cut = false;                                         ///< by `tokens_max`
};

/// Tokens that were paid for in this run, whatever step asked. Threads: any.
struct TokensSpent {
  std::atomic<std::int64_t> tokens{0};
};

/// What an answer has to be.
struct AnswerForm {
  std::string json_schema;  ///< sent to the service; empty: none
  /// Says what is wrong with an answer. It is then asked again with what was wrong, `attempts_max` times in all.
  std::function<Status(const std::string&)> check = {};
  int attempts_max = 2;
};

/// Asks an OpenAI-compatible service, several prompts at once. With the option `replies` answers are kept in a folder,
/// by a hash of all that decides them, so that a build that was stopped, or that runs again, asks for none twice.
///
/// Threads: one.
class ReplyMaker {
 public:
  /// Reads the options of `reply_options`. `form` names the kind of text that is made. Errors: kInvalidArgument for a
  /// prompt without {text}; those of `open_chat`.
  static Result<std::unique_ptr<ReplyMaker>> make(const Options& options, std::string_view form,
                                                  AnswerForm answer_form = {});

  /// The answers in the order of the texts. An answer that a text alone is to blame for is an error of that text.
  /// Errors: what ends the work: no service, no right to use it, `tokens_budget` is used up, cancelled.
  Status ask(const std::vector<std::string_view>& texts, const std::function<Status(std::size_t, Result<Reply>)>& take,
             Context& context);

  /// What rows that were made this way say of themselves: form, model and hash of the prompt.
  const std::string& mark() const { return mark_; }

 private:
  ReplyMaker() = default;
  std::string prompt_for(std::string_view text) const;
  Result<Reply> answer(const std::string& prompt, Context& context);
  Result<Reply> exchange(const std::string& prompt, Context& context);
  std::string path_of(const std::string& prompt) const;

  std::unique_ptr<model::ChatModel> chat_;
  AnswerForm answer_form_;
  std::string system_, prompt_, folder_, form_, mark_;
  int concurrency_ = 1;
  std::int64_t tokens_budget_ = 0;
};

/// The options of every step that asks a model, with the prompt that is the default.
std::vector<Option> reply_options(std::string_view prompt);

}  // namespace millpond::curate
