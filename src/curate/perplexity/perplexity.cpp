// How surprising a text is to a model of words, and the filter over it.

#include <array>
#include <map>
#include <mutex>

#include "curate/quality/threshold_rules.h"
#include "millpond/curate/word_model.h"
#include "millpond/operator.h"
#include "model/file_hash.h"

namespace millpond::curate {
namespace {

class Perplexity final : public Operator {
 public:
  explicit Perplexity(std::string model) : path_(std::move(model)) {}

  Status process(const Input& in, Output& out, Context& context) override {
    if (model_ == nullptr) { MP_ASSIGN(model_, WordModel::open(path_)); }
    const Utf8Column text = in.utf8("text");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      MP_TRY(context.check());
      if (text.null(row)) {
        out.reject(row, Code::kInvalidArgument, "text is null");
        continue;
      }
      Row emitted = out.emit(row);
      const WordModel::Sum sum = model_->score(text[row]);
      if (sum.words > 0) emitted.set("perplexity", sum.perplexity());
    }
    return {};
  }

 private:
  const std::string path_;
  std::shared_ptr<const WordModel> model_;
};

Result<std::unique_ptr<Operator>> make(const Options& options) {
  if (options.text("model").empty()) {
    return invalid("perplexity needs a model").hint("millpond perplexity makes one of a table.");
  }
  return std::make_unique<Perplexity>(options.text("model"));
}

constexpr std::array<ThresholdRule, 2> kRules = {{
    {"perplexity_low", "perplexity", "perplexity_min", ThresholdRule::Bound::kMin},
    {"perplexity_high", "perplexity", "perplexity_max", ThresholdRule::Bound::kMax},
}};

Result<std::unique_ptr<Operator>> make_filter(const Options& options) { return make_threshold_filter(kRules, options); }

}  // namespace

MILLPOND_OPERATOR(perplexity) = {
    .name = "perplexity",
    .summary = "Says how surprising a text is to a model of words in a row; null for a blank text.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"perplexity", float64()}},
    .options = {{"model", "", "A file that `millpond perplexity` made."}},
    .make = make,
    .fingerprint_of = [](const Options& options) { return model::file_hash(options.text("model")); },
};

MILLPOND_OPERATOR(perplexity_filter) = {
    .name = "perplexity_filter",
    .summary = "Drops texts that are too surprising, or too little. Reads the column of `perplexity`.",
    .version = 1,
    .reads = {{"perplexity", float64()}},
    .adds = {},
    .options = {{"perplexity_min", 0.0, "Drop below it. 0 switches a rule off."},
                {"perplexity_max", 0.0, "Drop above it."}},
    .make = make_filter,
};

}  // namespace millpond::curate
