#pragma once
// What a language model says of texts, a JSON object each.

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "curate/synthesis/replies.h"
#include "millpond/options.h"

namespace millpond::curate {

/// Asks for objects of a JSON schema, which is sent along; an answer that is none is asked for once more, then an error
/// of its text. Threads: one.
class ModelAnswers {
 public:
  /// Looks at an object; says what is wrong with it.
  using Check = std::function<Status(const nlohmann::json&)>;
  /// Takes the object and the tokens that were paid for it, -1 if the service does not count.
  using Take = std::function<void(std::size_t text, Result<nlohmann::json> object, std::int64_t tokens)>;

  /// Reads the options of `model_answer_options`. Errors: as `ReplyMaker::make`.
  static Result<std::unique_ptr<ModelAnswers>> make(const Options& options, std::string_view step,
                                                    const nlohmann::json& schema, Check check);
  /// Calls `take` in the order of the texts. Errors: as `ReplyMaker::ask`.
  Status ask(std::vector<std::string_view> texts, const Take& take, Context& context);
  /// Step, model and hash of the prompt: what rows that came from it say of themselves.
  const std::string& mark() const { return replies_->mark(); }

 private:
  ModelAnswers() = default;
  std::unique_ptr<ReplyMaker> replies_;
  Check check_;
  std::size_t bytes_max_ = 0;
};

/// Options of a step that may ask a model, with the prompt that is the default.
std::vector<Option> model_answer_options(std::string_view prompt);

}  // namespace millpond::curate
