#include "millpond/curate/label_issues.h"

#include <algorithm>
#include <map>

#include "curate/classify/logistic.h"
#include "curate/classify/ngram_trainer.h"
#include "millpond/curate/ngram_model.h"
#include "millpond/row_hash.h"

namespace millpond::curate {
namespace {

/// The mean probability of each label among the rows that have it. A label without rows is never confident.
std::vector<double> thresholds_of(std::span<const std::int32_t> given, std::span<const float> probabilities,
                                  std::size_t labels) {
  std::vector<double> sums(labels), rows(labels);
  for (std::size_t row = 0; row < given.size(); ++row) {
    const auto label = static_cast<std::size_t>(given[row]);
    sums[label] += static_cast<double>(probabilities[row * labels + label]);
    rows[label] += 1;
  }
  for (std::size_t label = 0; label < labels; ++label) sums[label] = rows[label] > 0 ? sums[label] / rows[label] : 2;
  return sums;
}

struct Fold {
  std::vector<std::string_view> texts;
  std::vector<std::int32_t> given;
  std::vector<std::size_t> rows, judged;  ///< places of the texts to train on, and of those to judge
};

Status judge_by_ngrams(const Fold& fold, std::span<const LabelledText> texts, const TrainOptions& options,
                       CrossValidated& out, Context& context) {
  MP_ASSIGN(const std::string bytes, train_ngrams(fold.texts, fold.given, out.labels, options, context));
  MP_ASSIGN(auto model, NgramModel::parse(bytes));
  NgramReader reader(std::move(model));
  for (const std::size_t row : fold.judged) {
    reader.probabilities(texts[row].text, &out.probabilities[row * out.labels.size()]);
  }
  return {};
}

Status judge_by_embedding(const Fold& fold, std::span<const float> vectors, std::size_t width,
                          const TrainOptions& options, CrossValidated& out, Context& context) {
  std::vector<float> rows;
  for (const std::size_t row : fold.rows) {
    rows.insert(rows.end(), vectors.begin() + static_cast<std::ptrdiff_t>(row * width),
                vectors.begin() + static_cast<std::ptrdiff_t>((row + 1) * width));
  }
  MP_ASSIGN(const LogisticModel model,
            fit_logistic(rows, width, fold.given, out.labels.size(), options.inverse_penalty, context));
  for (const std::size_t row : fold.judged) {
    model.probabilities(&vectors[row * width], &out.probabilities[row * out.labels.size()]);
  }
  return {};
}

}  // namespace

std::vector<LabelIssue> find_label_issues(std::span<const std::int32_t> given, std::span<const float> probabilities,
                                          std::size_t labels) {
  constexpr double kTolerance = 1e-6;  // a label whose rows are all equally probable reaches its own mean
  const std::vector<double> thresholds = thresholds_of(given, probabilities, labels);
  std::vector<LabelIssue> issues;
  for (std::size_t row = 0; row < given.size(); ++row) {
    const float* const scores = &probabilities[row * labels];
    const auto best = static_cast<std::size_t>(std::max_element(scores, scores + labels) - scores);
    std::size_t confident = 0, only = 0;
    for (std::size_t label = labels; label-- > 0;) {
      if (static_cast<double>(scores[label]) < thresholds[label] - kTolerance) continue;
      ++confident;
      only = label;
    }
    const auto own = static_cast<std::size_t>(given[row]);
    const std::size_t meant = confident > 1 ? best : only;
    if (confident == 0 || meant == own || best == own) continue;
    issues.push_back(
        {static_cast<std::int64_t>(row), given[row], static_cast<std::int32_t>(meant), scores[own], scores[meant]});
  }
  std::stable_sort(issues.begin(), issues.end(),
                   [](const LabelIssue& a, const LabelIssue& b) { return a.given_probability < b.given_probability; });
  return issues;
}

Result<CrossValidated> cross_validate(std::span<const LabelledText> texts, const TrainOptions& options, int folds,
                                      Context& context) {
  if (folds < 2 || folds > 100) return invalid("folds are from 2 to 100: ", folds);
  CrossValidated out;
  std::map<std::string, std::int32_t> numbers;
  for (const LabelledText& each : texts) numbers[each.label];
  for (auto& [label, number] : numbers) {
    number = static_cast<std::int32_t>(out.labels.size());
    out.labels.push_back(label);
  }
  if (out.labels.size() < 2) return invalid("label issues need two labels; there are ", out.labels.size());
  std::vector<int> fold_of;
  for (const LabelledText& each : texts) {
    out.given.push_back(numbers[each.label]);
    const std::string hex = hash_bytes(each.text + "\n" + std::to_string(options.seed)).hex();
    fold_of.push_back(static_cast<int>(std::stoull(hex.substr(0, 12), nullptr, 16) % static_cast<unsigned>(folds)));
  }
  out.probabilities.resize(texts.size() * out.labels.size());
  std::vector<float> vectors;
  std::size_t width = 0;
  if (options.kind == "embedding") {
    MP_ASSIGN(const auto embedder, model::open_embedder(options.embedder, context));
    width = static_cast<std::size_t>(embedder->dimensions());
    std::vector<std::string_view> views;
    for (const LabelledText& each : texts) views.push_back(each.text);
    vectors.resize(texts.size() * width);
    MP_TRY(embedder->embed(views, vectors.data(), context));
  }
  for (int number = 0; number < folds; ++number) {
    Fold fold;
    for (std::size_t row = 0; row < texts.size(); ++row) {
      if (fold_of[row] == number) {
        fold.judged.push_back(row);
        continue;
      }
      fold.rows.push_back(row);
      fold.texts.push_back(texts[row].text);
      fold.given.push_back(out.given[row]);
    }
    if (fold.judged.empty()) continue;
    if (fold.texts.empty()) return invalid("too few texts for so many folds: ", texts.size());
    MP_TRY(options.kind == "embedding" ? judge_by_embedding(fold, vectors, width, options, out, context)
                                       : judge_by_ngrams(fold, texts, options, out, context));
  }
  return out;
}

}  // namespace millpond::curate
