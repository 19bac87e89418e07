// The operator that labels texts with a trained model.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "millpond/curate/classifier.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

class Classify final : public Operator {
 public:
  Classify(std::string model, std::string of) : model_(std::move(model)), of_(std::move(of)) {}

  Status process(const Input& in, Output& out, Context& context) override {
    if (classifier_ == nullptr) MP_TRY(open(context));
    const std::vector<std::string>& labels = classifier_->labels();
    const Utf8Column text = in.utf8("text");
    std::vector<std::int64_t> rows;
    std::vector<std::string_view> texts;
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (text.null(row) || text[row].find_first_not_of(" \t\r\n\v\f") == std::string_view::npos) {
        out.reject(row, Code::kInvalidArgument, "text is empty");
        continue;
      }
      rows.push_back(row);
      texts.push_back(text[row]);
    }
    std::vector<float> scores(texts.size() * labels.size());
    MP_TRY(classifier_->classify(texts, scores.data(), context));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const float* const row = &scores[i * labels.size()];
      const auto best = static_cast<std::size_t>(std::max_element(row, row + labels.size()) - row);
      out.emit(rows[i]).set("label", labels[best]).set("score", row[of_.empty() ? best : place_]);
    }
    return {};
  }

 private:
  Status open(Context& context) {
    MP_ASSIGN(classifier_, Classifier::open(model_, context));
    const std::vector<std::string>& labels = classifier_->labels();
    place_ = static_cast<std::size_t>(std::find(labels.begin(), labels.end(), of_) - labels.begin());
    if (!of_.empty() && place_ == labels.size()) return invalid("the model has no such label: ", of_);
    return {};
  }

  const std::string model_, of_;
  std::unique_ptr<Classifier> classifier_;
  std::size_t place_ = 0;
};

Result<std::unique_ptr<Operator>> make(const Options& options) {
  if (options.text("model").empty()) {
    return invalid("classify needs a model").hint("millpond classify train makes one.");
  }
  return std::make_unique<Classify>(options.text("model"), options.text("of"));
}

}  // namespace

MILLPOND_OPERATOR(classify) = {
    .name = "classify",
    .summary = "Labels a text with a trained model, and says how probable the label is.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"label", utf8()}, {"score", float32()}},
    .options = {{"model", "", "A folder that `millpond classify train` made, or a fastText file (.bin, .ftz)."},
                {"of", "", "The label whose probability `score` is; empty: that of the row's label."}},
    .make = make,
    .costly = true,
    .fingerprint_of = [](const Options& options) { return classifier_hash(options.text("model")); },
};

}  // namespace millpond::curate
