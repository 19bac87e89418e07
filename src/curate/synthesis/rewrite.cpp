// Texts that a model wrote anew.

#include "curate/synthesis/replies.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

constexpr std::string_view kPrompt =
    "Rewrite the following text in clear, plain prose, as an encyclopedia would. Keep every fact, add none, and answer "
    "with the new text only.\n\n{text}";

class Rewrite final : public Operator {
 public:
  explicit Rewrite(std::unique_ptr<ReplyMaker> replies) : replies_(std::move(replies)) {}

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
          } else if (reply->cut) {
            out.reject(row, Code::kResourceExhausted, "the answer is longer than tokens_max");
          } else if (reply->text.find_first_not_of(" \t\r\n") == std::string::npos) {
            out.reject(row, Code::kDataCorrupt, "the answer is empty");
          } else {
            Row made = out.emit(row);
            made.set("text", reply->text).set("synthetic", replies_->mark());
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
  MP_ASSIGN(auto replies, ReplyMaker::make(options, "rewrite"));
  return std::make_unique<Rewrite>(std::move(replies));
}

}  // namespace

MILLPOND_OPERATOR(rewrite) = {
    .name = "rewrite",
    .summary = "Has a model write each text anew; the rows are marked as synthetic.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"synthetic", utf8()}, {"prompt_tokens", int64()}, {"completion_tokens", int64()}},
    .rewrites = {{"text", utf8()}},
    .options = reply_options(kPrompt),
    .make = make,
    .costly = true,
};

}  // namespace millpond::curate
