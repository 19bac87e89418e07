// millpond eval retrieval --learn: weights of the fusion from judged questions.

#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/passages.h"
#include "cli/retrieval_measure.h"
#include "cli/shell.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::array<double, 5> kVector = {0.3, 0.4, 0.5, 0.6, 0.7};
constexpr std::array<double, 5> kFeedback = {0, 0.15, 0.3, 0.45, 0.6};
constexpr std::size_t kFolds = 5;

struct Tried {
  index::FusionOptions fusion;
  std::vector<double> ndcg;  // of each question
};

double mean_outside(const std::vector<double>& values, std::size_t fold) {
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i % kFolds == fold) continue;
    sum += values[i];
    ++count;
  }
  return count > 0 ? sum / static_cast<double>(count) : 0;
}

/// The setting that is best on the questions outside of a fold; the default wins a draw. kFolds: on all.
const Tried& best_outside(const std::vector<Tried>& tried, std::size_t fold) {
  const Tried* best = &tried[0];
  for (const Tried& each : tried)
    if (mean_outside(each.ndcg, fold) > mean_outside(best->ndcg, fold) + 1e-12) best = &each;
  return *best;
}

std::string shown(const index::FusionOptions& fusion) {
  char text[64];
  std::snprintf(text, sizeof text, "{vector: %g, feedback: %g}", fusion.vector, fusion.feedback);
  return text;
}

ordered_json to_json(const ask::Estimate& estimate) {
  return {{"mean", estimate.mean}, {"low", estimate.low}, {"high", estimate.high}};
}

}  // namespace

Status learn_ranking(const Arguments& arguments, const ask::JudgedSet& judged, Shell& shell) {
  MP_ASSIGN(const auto retriever, open_retriever(arguments.options, shell));
  MP_ASSIGN(MeasureSettings settings, read_settings(arguments.options, *retriever, judged, shell));
  if (judged.questions.size() < 4 * kFolds) {
    return invalid("too few questions to learn from: ", judged.questions.size())
        .hint("At least " + std::to_string(4 * kFolds) + ": a part of them has to check what the others choose.");
  }
  settings.depth = settings.k;  // recall plays no part, so fewer passages are looked at
  std::vector<Tried> tried = {{index::FusionOptions(), {}}};
  for (const double vector : kVector) {
    for (const double feedback : kFeedback) {
      const index::FusionOptions& usual = tried[0].fusion;
      if (vector != usual.vector || feedback != usual.feedback) tried.push_back({{vector, feedback}, {}});
    }
  }
  for (Tried& each : tried) {
    settings.fusion = each.fusion;
    MP_ASSIGN(Measured measured, measure(*retriever, judged, index::Legs::kHybrid, settings, shell));
    each.ndcg = std::move(measured.values[0]);
  }
  std::vector<double> gained;
  for (std::size_t i = 0; i < judged.questions.size(); ++i)
    gained.push_back(best_outside(tried, i % kFolds).ndcg[i] - tried[0].ndcg[i]);
  const ask::Estimate usual = ask::bootstrap(tried[0].ndcg), gain = ask::bootstrap(gained);
  const Tried& chosen = best_outside(tried, kFolds);
  const bool pays = gain.low > 0;
  char line[160];
  std::snprintf(line, sizeof line, "nDCG@%d with the usual weights %s: %.4f (%.3f..%.3f)", settings.k,
                shown(tried[0].fusion).c_str(), usual.mean, usual.low, usual.high);
  shell.line(line);
  std::snprintf(line, sizeof line, "Learned weights, on questions that did not choose them: %+.4f (%+.4f..%+.4f)",
                gain.mean, gain.low, gain.high);
  shell.line(line);
  if (pays) {
    shell.line("They pay. Under the index in pond.yaml:");
    shell.line("  ranking: " + shown(chosen.fusion));
  } else {
    shell.line("That is not more than chance among " + std::to_string(judged.questions.size()) +
               " questions: keep the usual weights. On all questions the best are " + shown(chosen.fusion) + ".");
  }
  shell.result({{"questions", judged.questions.size()},
                {"usual", to_json(usual)},
                {"gain", to_json(gain)},
                {"pays", pays},
                {"ranking", {{"vector", chosen.fusion.vector}, {"feedback", chosen.fusion.feedback}}}});
  return {};
}

}  // namespace millpond::cli
