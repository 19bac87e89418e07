// Toxic and explicit texts: a signal each, and the filters over them.

#include <array>
#include <string>

#include "curate/quality/threshold_rules.h"
#include "curate/safety/passage_scores.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

class TextSafety final : public Operator {
 public:
  explicit TextSafety(Concern concern)
      : scores_(concern),
        worst_(concern == Concern::kToxicity ? "toxicity" : "nsfw"),
        share_(concern == Concern::kToxicity ? "toxicity_share" : "nsfw_share") {}

  Status process(const Input& in, Output& out, Context& context) override {
    const Utf8Column text = in.utf8("text");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      MP_TRY(context.check());
      if (text.null(row)) {
        out.reject(row, Code::kInvalidArgument, "text is null");
        continue;
      }
      Row emitted = out.emit(row);
      if (const auto score = scores_.score(text[row])) emitted.set(worst_, score->worst).set(share_, score->share);
    }
    return {};
  }

 private:
  PassageScores scores_;
  const std::string_view worst_, share_;
};

constexpr std::array<ThresholdRule, 2> kToxicityRules = {{
    {"toxic_share", "toxicity_share", "toxicity_share_max", ThresholdRule::Bound::kMax},
    {"toxic_passage", "toxicity", "toxicity_max", ThresholdRule::Bound::kMax},
}};
constexpr std::array<ThresholdRule, 2> kNsfwRules = {{
    {"nsfw_share", "nsfw_share", "nsfw_share_max", ThresholdRule::Bound::kMax},
    {"nsfw_passage", "nsfw", "nsfw_max", ThresholdRule::Bound::kMax},
}};

}  // namespace

MILLPOND_OPERATOR(toxicity) = {
    .name = "toxicity",
    .summary =
        "Says how probable it is that the worst passage of an English text insults, hates or threatens, and what "
        "share of the words is in such passages; null for a text without words.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"toxicity", float64()}, {"toxicity_share", float64()}},
    .options = {},
    .make = [](const Options&) -> Result<std::unique_ptr<Operator>> {
      return std::make_unique<TextSafety>(Concern::kToxicity);
    },
};

MILLPOND_OPERATOR(toxicity_filter) = {
    .name = "toxicity_filter",
    .summary = "Drops toxic texts. Reads the columns of `toxicity`.",
    .version = 1,
    .reads = {{"toxicity", float64()}, {"toxicity_share", float64()}},
    .adds = {},
    .options = {{"toxicity_share_max", 0.1,
                 "Drop a text with more of its words than this in toxic passages. 0 switches a rule off."},
                {"toxicity_max", 0.0, "Drop a text whose worst passage is above it. 0.5 is strict."}},
    .make = [](const Options& options) -> Result<std::unique_ptr<Operator>> {
      return make_threshold_filter(kToxicityRules, options);
    },
};

MILLPOND_OPERATOR(nsfw_text) = {
    .name = "nsfw_text",
    .summary =
        "Says how sexually explicit the words of the worst passage of an English text are, and what share of the "
        "words is in explicit passages; null for a text without words.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"nsfw", float64()}, {"nsfw_share", float64()}},
    .options = {},
    .make = [](const Options&) -> Result<std::unique_ptr<Operator>> {
      return std::make_unique<TextSafety>(Concern::kNsfw);
    },
};

MILLPOND_OPERATOR(nsfw_text_filter) = {
    .name = "nsfw_text_filter",
    .summary = "Drops sexually explicit texts. Reads the columns of `nsfw_text`.",
    .version = 1,
    .reads = {{"nsfw", float64()}, {"nsfw_share", float64()}},
    .adds = {},
    .options = {{"nsfw_share_max", 0.1,
                 "Drop a text with more of its words than this in explicit passages. 0 switches a rule off."},
                {"nsfw_max", 0.0, "Drop a text whose worst passage is above it. 0.5 is strict."}},
    .make = [](const Options& options) -> Result<std::unique_ptr<Operator>> {
      return make_threshold_filter(kNsfwRules, options);
    },
};

}  // namespace millpond::curate
