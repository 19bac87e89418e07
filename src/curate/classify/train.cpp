// From labelled texts to a model in a folder.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <system_error>

#include "curate/classify/calibration.h"
#include "curate/classify/logistic.h"
#include "curate/classify/model_card.h"
#include "curate/classify/ngram_trainer.h"
#include "millpond/curate/classifier.h"
#include "millpond/row_hash.h"

namespace millpond::curate {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct Part {
  std::vector<std::string_view> texts;
  std::vector<std::int32_t> truth;
};

struct Split {
  std::vector<std::string> labels;  ///< sorted
  Part train, calibrate, held_out;
};

/// A number in [0, 1) of a text and a seed: equal texts have the same, so none is on both sides.
double place_of(std::string_view text, std::uint64_t seed) {
  const std::string hex = hash_bytes(std::string(text) + "\n" + std::to_string(seed)).hex();
  return static_cast<double>(std::stoull(hex.substr(0, 12), nullptr, 16)) / static_cast<double>(std::uint64_t{1} << 48);
}

Result<Split> split(std::span<const LabelledText> texts, const TrainOptions& options) {
  std::map<std::string, std::int32_t> numbers;
  for (const LabelledText& each : texts) numbers[each.label];
  Split out;
  for (auto& [label, number] : numbers) {
    number = static_cast<std::int32_t>(out.labels.size());
    out.labels.push_back(label);
  }
  if (out.labels.size() < 2) return invalid("a classifier needs two labels; there are ", out.labels.size());
  for (const LabelledText& each : texts) {
    const double place = place_of(each.text, options.seed);
    const bool calibrates = place >= options.held_out && place < 2 * options.held_out && options.calibration != "none";
    Part& part = place < options.held_out ? out.held_out : calibrates ? out.calibrate : out.train;
    part.texts.push_back(each.text);
    part.truth.push_back(numbers[each.label]);
  }
  for (std::size_t label = 0; label < out.labels.size(); ++label) {
    if (std::find(out.train.truth.begin(), out.train.truth.end(), static_cast<std::int32_t>(label)) ==
        out.train.truth.end()) {
      return invalid("too few texts to train on with the label ", out.labels[label]);
    }
  }
  if (options.held_out > 0 && out.held_out.texts.empty()) {
    return invalid("too few texts to hold some out: ", texts.size());
  }
  return out;
}

Status check(const TrainOptions& options) {
  if (options.kind != "ngrams" && options.kind != "embedding") {
    return invalid("no such kind of classifier: ", options.kind).hint("There are ngrams and embedding.");
  }
  if (options.calibration != "temperature" && options.calibration != "platt" && options.calibration != "isotonic" &&
      options.calibration != "none") {
    return invalid("no such calibration: ", options.calibration)
        .hint("There are temperature, platt, isotonic and none.");
  }
  if (options.held_out < 0 || options.held_out > 0.4) return invalid("held_out is from 0 to 0.4: ", options.held_out);
  if (options.epochs < 1 || options.epochs > 10'000) return invalid("epochs: ", options.epochs);
  if (options.dimensions < 1 || options.dimensions > 4096) return invalid("dimensions: ", options.dimensions);
  if (options.word_ngrams < 1 || options.word_ngrams > 10) return invalid("word_ngrams: ", options.word_ngrams);
  if (options.chars_min < 0 || options.chars_max < options.chars_min || options.chars_max > 20) {
    return invalid("chars_min and chars_max: ", options.chars_min, " ", options.chars_max);
  }
  if (options.buckets < 1 || options.buckets > 100'000'000) return invalid("buckets: ", options.buckets);
  if (options.count_min < 1) return invalid("count_min: ", options.count_min);
  if (!(options.rate > 0) || !(options.inverse_penalty > 0)) return invalid("a rate must be positive");
  return {};
}

Status write_file(const fs::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  return file ? Status() : io_error("cannot write ", path.string());
}

Result<std::vector<float>> probabilities_of(const std::string& folder, const Part& part, std::size_t labels,
                                            Context& context) {
  constexpr std::size_t kAtOnce = 1024;
  std::vector<float> out(part.texts.size() * labels);
  Context fresh;  // its models are those of the folder as it is now
  fresh.set_threads(context.threads());
  MP_ASSIGN(const auto classifier, Classifier::open(folder, fresh));
  for (std::size_t at = 0; at < part.texts.size(); at += kAtOnce) {
    const std::size_t count = std::min(kAtOnce, part.texts.size() - at);
    MP_TRY(classifier->classify(std::span(part.texts).subspan(at, count), &out[at * labels], context));
  }
  return out;
}

/// model.json without a calibration, and model.bin.
Result<ordered_json> train_kind(const Split& parts, const TrainOptions& options, const fs::path& folder,
                                Context& context) {
  ordered_json settings = {{"format", "millpond classifier"}, {"version", 1}, {"kind", options.kind}};
  settings["labels"] = parts.labels;
  settings["calibration"] = {{"method", "none"}};
  if (options.kind == "ngrams") {
    MP_ASSIGN(const std::string bytes,
              train_ngrams(parts.train.texts, parts.train.truth, parts.labels, options, context));
    MP_TRY(write_file(folder / "model.bin", bytes));
    settings["training"] = {{"epochs", options.epochs},         {"rate", options.rate},
                            {"dimensions", options.dimensions}, {"word_ngrams", options.word_ngrams},
                            {"chars_min", options.chars_min},   {"chars_max", options.chars_max},
                            {"buckets", options.buckets},       {"count_min", options.count_min}};
  } else {
    MP_ASSIGN(const auto embedder, model::open_embedder(options.embedder, context));
    const auto width = static_cast<std::size_t>(embedder->dimensions());
    std::vector<float> vectors(parts.train.texts.size() * width);
    context.progress().begin("embedding", static_cast<std::int64_t>(parts.train.texts.size()));
    constexpr std::size_t kAtOnce = 512;
    for (std::size_t at = 0; at < parts.train.texts.size(); at += kAtOnce) {
      const std::size_t count = std::min(kAtOnce, parts.train.texts.size() - at);
      MP_TRY(embedder->embed(std::span(parts.train.texts).subspan(at, count), &vectors[at * width], context));
      context.progress().advance(static_cast<std::int64_t>(count), 0);
    }
    context.progress().end();
    MP_ASSIGN(const LogisticModel model,
              fit_logistic(vectors, width, parts.train.truth, parts.labels.size(), options.inverse_penalty, context));
    settings["embedder"] = {{"model", options.embedder.model}, {"precision", options.embedder.precision}};
    if (!options.embedder.url.empty()) {
      settings["embedder"]["url"] = options.embedder.url;
      settings["embedder"]["key_env"] = options.embedder.key_env;
    }
    settings["training"] = {{"inverse_penalty", options.inverse_penalty}};
    settings["weights"] = model.weights;
  }
  settings["training"]["seed"] = options.seed;
  settings["training"]["held_out"] = options.held_out;
  return settings;
}

Result<TrainReport> train_into(const Split& parts, const TrainOptions& options, const fs::path& folder,
                               Context& context) {
  TrainReport report;
  report.trained_on = static_cast<std::int64_t>(parts.train.texts.size());
  report.calibrated_on = static_cast<std::int64_t>(parts.calibrate.texts.size());
  const std::size_t labels = parts.labels.size();
  MP_ASSIGN(ordered_json settings, train_kind(parts, options, folder, context));
  MP_TRY(write_file(folder / "model.json", settings.dump(1)));
  MP_ASSIGN(const std::vector<float> fitted_on, probabilities_of(folder.string(), parts.calibrate, labels, context));
  MP_ASSIGN(const Calibration calibration,
            Calibration::fit(options.calibration, parts.calibrate.truth, fitted_on, labels));
  MP_ASSIGN(std::vector<float> held_out, probabilities_of(folder.string(), parts.held_out, labels, context));
  report.uncalibrated = measure(parts.labels, parts.held_out.truth, held_out);
  for (std::size_t row = 0; row < parts.held_out.texts.size(); ++row) {
    calibration.apply({&held_out[row * labels], labels});
  }
  report.held_out = measure(parts.labels, parts.held_out.truth, held_out);
  settings["calibration"] = calibration.to_json();
  settings["held_out"] = {{"rows", report.held_out.rows},
                          {"accuracy", report.held_out.accuracy},
                          {"f1_macro", report.held_out.f1_macro},
                          {"auc_macro", report.held_out.auc_macro},
                          {"calibration_error", report.held_out.calibration_error}};
  MP_TRY(write_file(folder / "model.json", settings.dump(1)));
  MP_ASSIGN(report.hash, classifier_hash(folder.string()));
  MP_TRY(write_file(folder / "README.md", model_card(parts.labels, options, report)));
  return report;
}

}  // namespace

Result<TrainReport> train_classifier(std::span<const LabelledText> texts, const TrainOptions& options,
                                     const std::string& folder, Context& context) {
  MP_TRY(check(options));
  std::error_code error;
  if (fs::exists(folder, error)) {
    return conflict("the model's folder exists: ", folder).hint("Name another one, or remove it.");
  }
  MP_ASSIGN(const Split parts, split(texts, options));
  const fs::path making = folder + ".making";
  fs::remove_all(making, error);
  if (!fs::create_directories(making, error)) return io_error("cannot make ", making.string(), ": ", error.message());
  Result<TrainReport> report = train_into(parts, options, making, context);
  if (report.ok()) {
    fs::rename(making, folder, error);
    if (error) report = io_error("cannot make ", folder, ": ", error.message());
  }
  if (!report.ok()) fs::remove_all(making, error);
  return report;
}

}  // namespace millpond::curate
