// Which language a text is in, and the filter over it.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "curate/classify/open_models.h"
#include "millpond/curate/ngram_model.h"
#include "millpond/operator.h"
#include "model/file_hash.h"

namespace millpond::curate {
namespace {

class Language final : public Operator {
 public:
  explicit Language(std::string model) : model_(std::move(model)) {}

  Status process(const Input& in, Output& out, Context& context) override {
    if (reader_ == nullptr) {
      MP_ASSIGN(const std::string file, ngram_model_file(model_));
      MP_ASSIGN(auto model, context.service<OpenModels>()->ngram_model(file));
      reader_ = std::make_unique<NgramReader>(std::move(model));
    }
    const Utf8Column text = in.utf8("text");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      MP_TRY(context.check());
      if (text.null(row)) {
        out.reject(row, Code::kInvalidArgument, "text is null");
        continue;
      }
      Row emitted = out.emit(row);
      if (text[row].find_first_not_of(" \t\r\n\v\f") == std::string_view::npos) continue;
      reader_->classify(text[row], 1, best_);
      if (best_.empty()) continue;
      emitted.set("language", reader_->model().labels()[static_cast<std::size_t>(best_[0].label)]);
      emitted.set("language_score", std::min(best_[0].probability, 1.0F));
    }
    return {};
  }

 private:
  const std::string model_;
  std::unique_ptr<NgramReader> reader_;
  std::vector<LabelScore> best_;
};

class LanguageFilter final : public Operator {
 public:
  LanguageFilter(std::vector<std::string> languages, double score_min)
      : languages_(std::move(languages)), score_min_(static_cast<float>(score_min)) {}

  Status process(const Input& in, Output& out, Context&) override {
    const Utf8Column language = in.utf8("language");
    const auto score = in.float32("language_score");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      const bool wanted = std::find(languages_.begin(), languages_.end(), language[row]) != languages_.end();
      if (language.null(row)) {
        out.drop(row, "language_unknown");
      } else if (!languages_.empty() && !wanted) {
        out.drop(row, "language");
      } else if (!(score[row] >= score_min_)) {
        out.drop(row, "language_score");
      } else {
        out.emit(row);
      }
    }
    return {};
  }

 private:
  const std::vector<std::string> languages_;
  const float score_min_;
};

Result<std::unique_ptr<Operator>> make_language(const Options& options) {
  return std::make_unique<Language>(options.text("model"));
}

Result<std::string> language_fingerprint(const Options& options) {
  MP_ASSIGN(const std::string file, ngram_model_file(options.text("model")));
  return model::file_hash(file);
}

Result<std::unique_ptr<Operator>> make_filter(const Options& options) {
  const double score_min = options.number("score_min");
  if (score_min < 0 || score_min > 1) return invalid("score_min is a probability: ", score_min);
  return std::make_unique<LanguageFilter>(options.list("languages"), score_min);
}

}  // namespace

MILLPOND_OPERATOR(language) = {
    .name = "language",
    .summary = "Says in which language a text is, and with what probability; both null for a blank text.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"language", utf8()}, {"language_score", float32()}},
    .options = {{"model", "lid.176", "A fastText model by its name, or the path of a .ftz or .bin file."}},
    .make = make_language,
    .fingerprint_of = language_fingerprint,
};

MILLPOND_OPERATOR(language_filter) = {
    .name = "language_filter",
    .summary = "Keeps rows in certain languages. Reads the columns of `language`.",
    .version = 1,
    .reads = {{"language", utf8()}, {"language_score", float32()}},
    .adds = {},
    .options = {{"languages", std::vector<std::string>{}, "Codes as the model has them, such as en; empty: any."},
                {"score_min", 0.65, "Drop below this probability. FineWeb's default."}},
    .make = make_filter,
};

}  // namespace millpond::curate
