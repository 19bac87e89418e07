// millpond classify: trains classifiers of texts on a table, and measures them.

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/classify_actions.h"
#include "cli/curation_commands.h"
#include "cli/labelled_rows.h"
#include "cli/shell.h"
#include "millpond/curate/classifier.h"
#include "millpond/curate/label_issues.h"

namespace millpond::cli {
namespace {

using curate::Measures;
using nlohmann::ordered_json;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

ordered_json to_json(const Measures& measures) {
  ordered_json labels = ordered_json::array();
  for (const curate::LabelMeasures& each : measures.labels) {
    labels.push_back({{"label", each.label},
                      {"rows", each.rows},
                      {"precision", each.precision},
                      {"recall", each.recall},
                      {"f1", each.f1},
                      {"auc", each.auc}});
  }
  return {{"rows", measures.rows},         {"accuracy", measures.accuracy},
          {"f1_macro", measures.f1_macro}, {"auc_macro", measures.auc_macro},
          {"log_loss", measures.log_loss}, {"calibration_error", measures.calibration_error},
          {"labels", std::move(labels)}};
}

void show(const Measures& measures, Shell& shell) {
  std::vector<std::vector<std::string>> rows;
  for (const curate::LabelMeasures& each : measures.labels) {
    rows.push_back({each.label, human_count(each.rows), number(each.precision), number(each.recall), number(each.f1),
                    number(each.auc)});
  }
  rows.push_back({"all", human_count(measures.rows), "", "accuracy " + number(measures.accuracy),
                  number(measures.f1_macro), number(measures.auc_macro)});
  shell.table({"label", "texts", "precision", "recall", "F1", "AUC"}, rows);
}

Result<std::string> must_have(const Options& options, std::string_view name, std::string_view what) {
  const std::string& value = options.text(name);
  if (value.empty()) return invalid("classify needs --", name).hint(std::string(what));
  return value;
}

curate::TrainOptions train_options(const Options& options) {
  curate::TrainOptions how;
  how.kind = options.text("kind");
  how.epochs = static_cast<int>(options.integer("epochs"));
  how.rate = options.number("rate");
  how.dimensions = static_cast<int>(options.integer("dimensions"));
  how.word_ngrams = static_cast<int>(options.integer("word_ngrams"));
  how.chars_min = static_cast<int>(options.integer("chars_min"));
  how.chars_max = static_cast<int>(options.integer("chars_max"));
  how.buckets = static_cast<int>(options.integer("buckets"));
  how.count_min = static_cast<int>(options.integer("count_min"));
  how.inverse_penalty = options.number("inverse_penalty");
  how.embedder.model = options.text("embedder");
  how.calibration = options.text("calibration");
  how.held_out = options.number("held_out");
  how.seed = static_cast<std::uint64_t>(options.integer("seed"));
  return how;
}

Status write_predictions(const std::string& path, const LabelledRows& rows, const std::vector<std::string>& labels,
                         const std::vector<float>& probabilities) {
  if (path.empty()) return {};
  std::ofstream file(path);
  const std::size_t width = labels.size();
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    const float* const row = &probabilities[i * width];
    const auto best = static_cast<std::size_t>(std::max_element(row, row + width) - row);
    file << ordered_json{{"id", rows.ids[i]},
                         {"label", rows.rows[i].label},
                         {"predicted", labels[best]},
                         {"probabilities", std::vector<float>(row, row + width)}}
                .dump(-1, ' ', false, ordered_json::error_handler_t::replace)
         << '\n';
  }
  file.close();
  return file ? Status() : io_error("cannot write ", path);
}

Status train(const Options& options, Shell& shell) {
  MP_ASSIGN(const std::string table, must_have(options, "table", "The table with the labelled texts."));
  MP_ASSIGN(const std::string model, must_have(options, "model", "The folder to make."));
  MP_ASSIGN(const LabelledRows rows,
            labelled_rows(table, options.text("text"), options.text("label"), options.integer("rows_max"), shell));
  curate::TrainOptions how = train_options(options);
  how.source = rows.source + ", columns " + options.text("text") + " and " + options.text("label");
  MP_ASSIGN(const curate::TrainReport report, curate::train_classifier(rows.rows, how, model, shell.context()));
  shell.line(model + ": trained on " + human_count(report.trained_on) + " texts, calibrated on " +
             human_count(report.calibrated_on) + ", measured on " + human_count(report.held_out.rows) + " others.");
  if (rows.without > 0) shell.note(human_count(rows.without) + " rows have no text or no label.");
  show(report.held_out, shell);
  shell.line("calibration error " + number(report.uncalibrated.calibration_error) + " → " +
             number(report.held_out.calibration_error) + " (" + how.calibration + ")");
  shell.result({{"model", model},
                {"hash", report.hash},
                {"trained_on", report.trained_on},
                {"calibrated_on", report.calibrated_on},
                {"without_text_or_label", rows.without},
                {"held_out", to_json(report.held_out)},
                {"uncalibrated", to_json(report.uncalibrated)}});
  return {};
}

Status eval(const Options& options, Shell& shell) {
  MP_ASSIGN(const std::string table, must_have(options, "table", "The table with the labelled texts."));
  MP_ASSIGN(const std::string model, must_have(options, "model", "A model's folder, or a fastText file."));
  MP_ASSIGN(const LabelledRows rows,
            labelled_rows(table, options.text("text"), options.text("label"), options.integer("rows_max"), shell));
  MP_ASSIGN(const auto scored, score_rows(rows, model, shell));
  const Measures measures = curate::measure(scored.labels, scored.truth, scored.probabilities);
  MP_TRY(write_predictions(options.text("predictions"), rows, scored.labels, scored.probabilities));
  show(measures, shell);
  shell.line("log loss " + number(measures.log_loss) + ", calibration error " + number(measures.calibration_error));
  ordered_json json = to_json(measures);
  json["model"] = model;
  shell.result(json);
  return {};
}

Status issues(const Options& options, Shell& shell) {
  MP_ASSIGN(const std::string table, must_have(options, "table", "The table with the labelled texts."));
  MP_ASSIGN(const LabelledRows rows,
            labelled_rows(table, options.text("text"), options.text("label"), options.integer("rows_max"), shell));
  const auto folds = static_cast<int>(options.integer("folds"));
  MP_ASSIGN(const curate::CrossValidated judged,
            curate::cross_validate(rows.rows, train_options(options), folds, shell.context()));
  const auto found = curate::find_label_issues(judged.given, judged.probabilities, judged.labels.size());
  const auto label = [&](std::int32_t number) { return judged.labels[static_cast<std::size_t>(number)]; };
  ordered_json list = ordered_json::array();
  std::vector<std::vector<std::string>> shown;
  constexpr std::size_t kShown = 20, kTextBytes = 60;
  for (const curate::LabelIssue& issue : found) {
    const auto row = static_cast<std::size_t>(issue.row);
    list.push_back({{"id", rows.ids[row]},
                    {"label", label(issue.given)},
                    {"suggested", label(issue.suggested)},
                    {"probability", issue.given_probability},
                    {"suggested_probability", issue.suggested_probability}});
    if (shown.size() >= kShown) continue;
    std::string text = rows.rows[row].text.substr(0, kTextBytes);
    while (!text.empty() && text.size() == kTextBytes && (text.back() & 0x80) != 0) text.pop_back();
    std::replace(text.begin(), text.end(), '\n', ' ');
    shown.push_back({rows.ids[row], label(issue.given), number(issue.given_probability), label(issue.suggested),
                     number(issue.suggested_probability), text});
  }
  MP_TRY(write_predictions(options.text("predictions"), rows, judged.labels, judged.probabilities));
  shell.line(human_count(static_cast<std::int64_t>(found.size())) + " of " +
             human_count(static_cast<std::int64_t>(rows.rows.size())) + " labels are probably wrong.");
  if (!shown.empty()) shell.table({"id", "label", "probability", "more likely", "probability", "text"}, shown);
  if (found.size() > kShown) shell.line("--json has all of them.");
  shell.result({{"rows", rows.rows.size()}, {"issues", std::move(list)}});
  return {};
}

Status run_classify(const Arguments& arguments, Shell& shell) {
  const std::string& action = arguments.word("action");
  if (action == "train") return train(arguments.options, shell);
  if (action == "eval") return eval(arguments.options, shell);
  if (action == "issues") return issues(arguments.options, shell);
  if (action == "vectors") return classify_vectors(arguments.options, shell);
  return invalid("no such action: ", action).hint("There are train, eval, issues and vectors.");
}

}  // namespace

Result<ScoredRows> score_rows(const LabelledRows& rows, const std::string& model, Shell& shell) {
  Context& context = shell.context();
  MP_ASSIGN(const auto classifier, curate::Classifier::open(model, context));
  ScoredRows out;
  out.labels = classifier->labels();
  const std::size_t width = out.labels.size();
  out.probabilities.resize(rows.rows.size() * width);
  context.progress().begin("classifying", static_cast<std::int64_t>(rows.rows.size()));
  constexpr std::size_t kAtOnce = 512;
  for (std::size_t at = 0; at < rows.rows.size(); at += kAtOnce) {
    std::vector<std::string_view> texts;
    for (std::size_t i = at; i < std::min(at + kAtOnce, rows.rows.size()); ++i) {
      const auto found = std::find(out.labels.begin(), out.labels.end(), rows.rows[i].label);
      if (found == out.labels.end()) return invalid("the model has no such label: ", rows.rows[i].label);
      out.truth.push_back(static_cast<std::int32_t>(found - out.labels.begin()));
      texts.push_back(rows.rows[i].text);
    }
    MP_TRY(classifier->classify(texts, &out.probabilities[at * width], context));
    context.progress().advance(static_cast<std::int64_t>(texts.size()), 0);
  }
  context.progress().end();
  return out;
}

const CommandDef kClassify = {
    .name = "classify",
    .summary = "Train a classifier of texts on a table, measure one, or find labels and rows that are wrong.",
    .details =
        "train: --table with a text and a label in each row → a folder --model with a model card. eval: measures "
        "--model on --table. The step `classify` labels rows with it. vectors: outliers, near-duplicates and "
        "the order of rows, by the column --vectors.",
    .arguments = {{"action", "train, eval, issues or vectors."}},
    .options =
        {
            {"table", "", "The table with the texts."},
            {"model", "", "The model's folder; for eval also a fastText file."},
            {"text", "text", "The column with the text."},
            {"label", "label", "The column with the label; attributes.topic is an entry of a map."},
            {"rows_max", 0, "Take the first rows; 0: all."},
            Option("kind", "ngrams", "Words and pieces of words, or embeddings with logistic regression.")
                .one_of({"ngrams", "embedding"}),
            {"embedder", "minilm-l6", "The embedding model, by name or folder."},
            {"epochs", 10, "n-grams: passes over the texts."},
            {"rate", 0.5, "n-grams: the first learning rate."},
            {"dimensions", 32, "n-grams: of a row."},
            {"word_ngrams", 2, "n-grams: words in a row, at most."},
            {"chars_min", 3, "n-grams: the shortest pieces of words; 0 with chars_max 0: none."},
            {"chars_max", 5, "n-grams: the longest."},
            {"buckets", 200'000, "n-grams: rows that n-grams share."},
            {"count_min", 2, "n-grams: rarer words have no row of their own."},
            {"inverse_penalty", 1.0, "embedding: C; smaller is smoother."},
            Option("calibration", "temperature", "How probabilities are made right.")
                .one_of({"temperature", "platt", "isotonic", "none"}),
            {"held_out", 0.1, "Part of the texts for the measures, and as many for calibration."},
            {"seed", 1, "Of the split and of training."},
            {"folds", 5, "issues: models, each trained without one part of the texts."},
            {"predictions", "", "Write each row's probabilities to this file of JSON lines; vectors: its scores."},
            {"vectors", "embedding", "vectors: the column with them."},
            {"neighbours", 10, "vectors: how many of the nearest rows are looked at."},
            {"vectors_max", 1'000'000, "vectors: the most rows; they are held in memory."},
            {"exact_max", 50'000, "vectors: up to so many rows each is compared with each; more go through an index."},
            {"recall", 0.98, "vectors: the part of the nearest rows that the index finds, on average."},
        },
    .run = run_classify,
};

}  // namespace millpond::cli
