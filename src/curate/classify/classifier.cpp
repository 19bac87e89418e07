#include "millpond/curate/classifier.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "curate/classify/calibration.h"
#include "curate/classify/logistic.h"
#include "curate/classify/open_models.h"
#include "model/file_hash.h"

namespace millpond::curate {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class NgramClassifier final : public Classifier {
 public:
  NgramClassifier(std::shared_ptr<const NgramModel> model, Calibration calibration)
      : reader_(std::move(model)), calibration_(std::move(calibration)) {}
  const std::vector<std::string>& labels() const override { return reader_.model().labels(); }
  Status classify(std::span<const std::string_view> texts, float* probabilities, Context& context) override {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (i % 64 == 0) MP_TRY(context.check());
      float* const row = probabilities + i * labels().size();
      reader_.probabilities(texts[i], row);
      calibration_.apply({row, labels().size()});
    }
    return {};
  }

 private:
  NgramReader reader_;
  const Calibration calibration_;
};

class EmbeddingClassifier final : public Classifier {
 public:
  EmbeddingClassifier(std::shared_ptr<model::Embedder> embedder, std::vector<std::string> labels, LogisticModel model,
                      Calibration calibration)
      : embedder_(std::move(embedder)),
        labels_(std::move(labels)),
        model_(std::move(model)),
        calibration_(std::move(calibration)) {}
  const std::vector<std::string>& labels() const override { return labels_; }
  Status classify(std::span<const std::string_view> texts, float* probabilities, Context& context) override {
    std::vector<float> vectors(texts.size() * model_.width);
    MP_TRY(embedder_->embed(texts, vectors.data(), context));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      float* const row = probabilities + i * labels_.size();
      model_.probabilities(&vectors[i * model_.width], row);
      calibration_.apply({row, labels_.size()});
    }
    return {};
  }

 private:
  const std::shared_ptr<model::Embedder> embedder_;
  const std::vector<std::string> labels_;
  const LogisticModel model_;
  const Calibration calibration_;
};

Result<json> read_json(const std::string& path) {
  std::ifstream file(path);
  if (!file) return not_found("no classifier here: ", path).hint("millpond classify train makes one.");
  json parsed = json::parse(file, nullptr, false);
  if (parsed.is_discarded() || !parsed.is_object()) return corrupt("not JSON: ", path);
  return parsed;
}

Result<std::unique_ptr<Classifier>> open_embedding(const json& settings, Calibration calibration, Context& context) {
  model::EmbedderOptions options;
  options.model = settings.at("embedder").at("model").get<std::string>();
  options.precision = settings.at("embedder").at("precision").get<std::string>();
  options.url = settings.at("embedder").value("url", "");
  options.key_env = settings.at("embedder").value("key_env", "");
  MP_ASSIGN(auto embedder, model::open_embedder(options, context));
  auto labels = settings.at("labels").get<std::vector<std::string>>();
  LogisticModel model{static_cast<std::size_t>(embedder->dimensions()), labels.size(),
                      settings.at("weights").get<std::vector<double>>()};
  if (model.weights.size() != model.labels * (model.width + 1)) {
    return corrupt("the model's weights are for another embedder: ", model.weights.size());
  }
  return std::unique_ptr<Classifier>(std::make_unique<EmbeddingClassifier>(std::move(embedder), std::move(labels),
                                                                           std::move(model), std::move(calibration)));
}

}  // namespace

Result<std::unique_ptr<Classifier>> Classifier::open(const std::string& path, Context& context) {
  std::error_code error;
  const auto models = context.service<OpenModels>();
  if (!fs::is_directory(path, error)) {
    MP_ASSIGN(const std::string file, ngram_model_file(path));
    MP_ASSIGN(auto model, models->ngram_model(file));
    return std::unique_ptr<Classifier>(std::make_unique<NgramClassifier>(std::move(model), Calibration()));
  }
  MP_ASSIGN(const json settings, read_json(path + "/model.json"));
  try {
    const std::size_t labels = settings.at("labels").size();
    if (labels < 1) return corrupt("a classifier without labels: ", path);
    MP_ASSIGN(Calibration calibration, Calibration::from_json(settings.at("calibration"), labels));
    const auto kind = settings.at("kind").get<std::string>();
    if (kind == "embedding") return open_embedding(settings, std::move(calibration), context);
    if (kind != "ngrams") return unsupported("a classifier of a kind of later versions: ", kind);
    MP_ASSIGN(auto model, models->ngram_model(path + "/model.bin"));
    if (model->labels().size() != labels) return corrupt("model.bin is for other labels than model.json: ", path);
    return std::unique_ptr<Classifier>(std::make_unique<NgramClassifier>(std::move(model), std::move(calibration)));
  } catch (const json::exception& problem) { return corrupt(path, "/model.json: ", problem.what()); }
}

Result<std::string> classifier_hash(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    MP_ASSIGN(const std::string file, ngram_model_file(path));
    return model::file_hash(file);
  }
  MP_ASSIGN(const json settings, read_json(path + "/model.json"));
  const std::string kind = settings.contains("kind") && settings["kind"].is_string() ? settings["kind"] : "";
  if (kind != "ngrams" && kind != "embedding") return corrupt("not a classifier's model.json, in ", path);
  // What decides results, and not what the model was measured with.
  json decides;
  for (const char* name : {"kind", "labels", "calibration", "weights", "embedder"}) {
    if (settings.contains(name)) decides[name] = settings[name];
  }
  std::string text = decides.dump();
  if (kind == "ngrams") {
    MP_ASSIGN(const std::string weights, model::file_hash(path + "/model.bin"));
    text += weights;
  } else {
    model::EmbedderOptions options;
    options.model = settings.value("/embedder/model"_json_pointer, "");
    options.precision = settings.value("/embedder/precision"_json_pointer, "auto");
    options.url = settings.value("/embedder/url"_json_pointer, "");
    MP_ASSIGN(const std::string embedder, model::embedder_fingerprint(options));
    text += embedder;
  }
  return model::text_hash(text);
}

}  // namespace millpond::curate
