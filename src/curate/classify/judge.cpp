// Labels that a language model gives by a rubric: what small classifiers are trained on.

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "curate/synthesis/replies.h"
#include "millpond/operator.h"
#include "millpond/row_hash.h"

namespace millpond::curate {
namespace {

constexpr std::string_view kPrompt =
    "Here is an extract of a web page. How much would it help somebody who learns at school? Count one point for each "
    "of "
    "these that is true:\n"
    "- it has some facts about a subject that is taught, even beside advertisements or gossip;\n"
    "- it explains something of such a subject, if without order;\n"
    "- a pupil could learn from it as it stands: it is coherent and mostly to the point;\n"
    "- it reads like a chapter of a schoolbook or a lesson, with little that does not belong there;\n"
    "- it teaches outstandingly well, step by step, with nothing beside the subject.\n"
    "Give your reason in at most 50 words. Then end with a line \"Score: N\", N being the points, 0 to 5.\n\n"
    "The extract:\n{text}";

bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || (c & 0x80) != 0 || c == '_'; }

/// The label that stands last in the answer, as a word of its own, without regard to the case of ASCII letters.
std::optional<std::size_t> last_label(std::string_view answer, const std::vector<std::string>& labels) {
  const auto equal = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  std::optional<std::size_t> found;
  std::size_t found_end = 0, found_size = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::string& label = labels[i];
    for (auto at = answer.begin();; ++at) {
      at = std::search(at, answer.end(), label.begin(), label.end(), equal);
      if (at == answer.end()) break;
      const auto end = at + static_cast<std::ptrdiff_t>(label.size());
      const bool whole = (at == answer.begin() || !in_word(at[-1])) && (end == answer.end() || !in_word(*end));
      const auto end_at = static_cast<std::size_t>(end - answer.begin());
      // Of two that end together ("good" and "very good") the longer one is meant.
      if (!whole || end_at < found_end || (end_at == found_end && label.size() <= found_size)) continue;
      found = i, found_end = end_at, found_size = label.size();
    }
  }
  return found;
}

class Judge final : public Operator {
 public:
  Judge(std::unique_ptr<ReplyMaker> replies, const Options& options)
      : replies_(std::move(replies)),
        labels_(options.list("labels")),
        after_(options.text("after")),
        part_(options.number("part")),
        bytes_max_(static_cast<std::size_t>(options.integer("bytes_max"))) {}

  Status process(const Input& in, Output& out, Context& context) override {
    const Utf8Column column = in.utf8("text");
    std::vector<std::string_view> texts;
    std::vector<std::int64_t> rows;
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (column.null(row) || column[row].find_first_not_of(" \t\r\n") == std::string_view::npos) {
        out.reject(row, Code::kInvalidArgument, "text is empty");
      } else if (!in_sample(column[row])) {
        out.drop(row, "not_in_sample");
      } else {
        texts.push_back(beginning_of(column[row]));
        rows.push_back(row);
      }
    }
    return replies_->ask(
        texts,
        [&](std::size_t at, Result<Reply> reply) -> Status {
          take(rows[at], std::move(reply), out);
          return {};
        },
        context);
  }

 private:
  /// By the text alone, so that the same texts are asked about in each build.
  bool in_sample(std::string_view text) const {
    if (part_ >= 1) return true;
    const auto place = std::stoull(hash_bytes(text).hex().substr(0, 12), nullptr, 16);
    return static_cast<double>(place) < part_ * static_cast<double>(std::uint64_t{1} << 48);
  }

  std::string_view beginning_of(std::string_view text) const {
    if (bytes_max_ == 0 || text.size() <= bytes_max_) return text;
    std::size_t end = bytes_max_;
    while (end > 0 && (text[end] & 0xC0) == 0x80) --end;
    return text.substr(0, end);
  }

  void take(std::int64_t row, Result<Reply> reply, Output& out) const {
    if (!reply.ok()) return out.reject(row, reply.status().code(), reply.status().message());
    if (reply->cut) return out.reject(row, Code::kResourceExhausted, "the answer is longer than tokens_max");
    std::string_view answer = reply->text;
    if (!after_.empty()) {
      const std::size_t mark = answer.rfind(after_);
      if (mark == std::string_view::npos) return refuse(row, "the answer has no \"" + after_ + "\": ", answer, out);
      answer.remove_prefix(mark + after_.size());
    }
    const auto label = last_label(answer, labels_);
    if (!label) return refuse(row, "the answer names no label: ", answer, out);
    Row made = out.emit(row);
    made.set("label", labels_[*label]).set("answer", reply->text).set("judged_by", replies_->mark());
    if (reply->prompt_tokens >= 0) made.set("prompt_tokens", reply->prompt_tokens);
    if (reply->completion_tokens >= 0) made.set("completion_tokens", reply->completion_tokens);
  }

  static void refuse(std::int64_t row, std::string why, std::string_view answer, Output& out) {
    constexpr std::size_t kShown = 80;
    std::size_t end = std::min(answer.size(), kShown);
    while (end > 0 && end < answer.size() && (answer[end] & 0xC0) == 0x80) --end;
    out.reject(row, Code::kDataCorrupt, why.append(answer.substr(0, end)));
  }

  const std::unique_ptr<ReplyMaker> replies_;
  const std::vector<std::string> labels_;
  const std::string after_;
  const double part_;
  const std::size_t bytes_max_;
};

Result<std::unique_ptr<Operator>> make(const Options& options) {
  const std::vector<std::string>& labels = options.list("labels");
  if (labels.size() < 2 || std::count(labels.begin(), labels.end(), "") > 0) {
    return invalid("judge needs two labels or more: ", labels.size());
  }
  if (!(options.number("part") > 0) || options.number("part") > 1) {
    return invalid("part is above 0 and at most 1: ", options.number("part"));
  }
  if (options.integer("bytes_max") < 0) return invalid("bytes_max: ", options.integer("bytes_max"));
  MP_ASSIGN(auto replies, ReplyMaker::make(options, "judge"));
  return std::make_unique<Judge>(std::move(replies), options);
}

std::vector<Option> judge_options() {
  std::vector<Option> options = reply_options(kPrompt);
  options.push_back({"labels", std::vector<std::string>{"0", "1", "2", "3", "4", "5"}, "What the model may answer."});
  options.push_back({"after", "Score:", "The label stands behind the last of these; empty: the last label counts."});
  options.push_back({"part", 1.0, "Ask about this part of the texts, chosen by their hash; the others are dropped."});
  options.push_back({"bytes_max", 4000, "Of a text that the model is shown; 0: all of it."});
  return options;
}

}  // namespace

MILLPOND_OPERATOR(judge) = {
    .name = "judge",
    .summary = "Has a language model label each text by a rubric: labels to train a classifier on.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"label", utf8()},
             {"answer", utf8()},
             {"judged_by", utf8()},
             {"prompt_tokens", int64()},
             {"completion_tokens", int64()}},
    .options = judge_options(),
    .make = make,
    .costly = true,
};

}  // namespace millpond::curate
