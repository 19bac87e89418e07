#include "millpond/curate/classifier.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "curate/classify/calibration.h"
#include "curate/classify/logistic.h"

namespace millpond::curate {
namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path = fs::temp_directory_path() / ("millpond-classifier-" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

std::uint32_t next(std::uint32_t& state) { return (state = state * 1664525 + 1013904223) >> 8; }

/// Texts about two things, with words that both have; one in 25 has the wrong label.
std::vector<LabelledText> texts(int count) {
  const char* const mills[] = {"wheel", "grain", "flour", "sluice", "miller", "stone"};
  const char* const boats[] = {"sail", "harbour", "anchor", "rudder", "sailor", "mast"};
  const char* const both[] = {"water", "old", "the", "is", "near", "wood"};
  std::vector<LabelledText> out;
  std::uint32_t state = 5;
  for (int i = 0; i < count; ++i) {
    const bool mill = next(state) % 3 != 0;
    std::string text;
    for (int word = 0; word < 8; ++word) {
      text += next(state) % 2 == 0 ? both[next(state) % 6] : (mill ? mills : boats)[next(state) % 6];
      text += ' ';
    }
    const bool wrong = next(state) % 25 == 0;
    out.push_back({text + std::to_string(i), mill != wrong ? "mill" : "boat"});
  }
  return out;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TrainOptions small() {
  TrainOptions options;
  options.buckets = 2000;
  options.dimensions = 10;
  options.held_out = 0.2;
  return options;
}

TEST(Classifier, LearnsCalibratesAndIsTheSameForASeed) {
  Folder folder;
  Context context;
  const std::vector<LabelledText> labelled = texts(600);
  const auto report = train_classifier(labelled, small(), folder.path / "a", context);
  ASSERT_TRUE(report.ok()) << report.status().to_string();
  EXPECT_GT(report->held_out.accuracy, 0.9);
  EXPECT_GT(report->held_out.auc_macro, 0.9);
  EXPECT_LE(report->held_out.log_loss, report->uncalibrated.log_loss + 0.01);
  EXPECT_EQ(report->trained_on + report->calibrated_on + report->held_out.rows, 600);
  ASSERT_TRUE(train_classifier(labelled, small(), folder.path / "b", context).ok());
  for (const char* name : {"model.bin", "model.json", "README.md"}) {
    EXPECT_EQ(bytes_of(folder.path / "a" / name), bytes_of(folder.path / "b" / name)) << name;
    EXPECT_FALSE(bytes_of(folder.path / "a" / name).empty());
  }
  TrainOptions other = small();
  other.seed = 2;
  const auto changed = train_classifier(labelled, other, folder.path / "c", context);
  ASSERT_TRUE(changed.ok());
  EXPECT_NE(changed->hash, report->hash);
  EXPECT_EQ(classifier_hash(folder.path / "a").value_or(""), report->hash);

  const auto classifier = Classifier::open(folder.path / "a", context);
  ASSERT_TRUE(classifier.ok()) << classifier.status().to_string();
  EXPECT_EQ((*classifier)->labels(), (std::vector<std::string>{"boat", "mill"}));
  const std::string_view asked[] = {"the miller and his flour", "a mast, a sail"};
  float scores[4];
  ASSERT_TRUE((*classifier)->classify(asked, scores, context).ok());
  EXPECT_GT(scores[1], 0.7F);
  EXPECT_GT(scores[2], 0.7F);
  EXPECT_NEAR(scores[0] + scores[1], 1, 1e-5);
}

TEST(Classifier, RefusesWhatCannotBeTrained) {
  Folder folder;
  Context context;
  const std::vector<LabelledText> labelled = texts(60);
  const auto code = [&](const std::vector<LabelledText>& rows, const TrainOptions& options, const fs::path& path) {
    return train_classifier(rows, options, path, context).status().code();
  };
  EXPECT_EQ(code({{"a", "x"}, {"b", "x"}}, small(), folder.path / "m"), Code::kInvalidArgument);
  TrainOptions wrong = small();
  wrong.kind = "forest";
  EXPECT_EQ(code(labelled, wrong, folder.path / "m"), Code::kInvalidArgument);
  EXPECT_EQ(code(labelled, small(), folder.path), Code::kConflict);
  Context narrow;
  narrow.set_memory_limit(1000);
  const Status status = train_classifier(labelled, small(), folder.path / "m", narrow).status();
  EXPECT_EQ(status.code(), Code::kResourceExhausted);
  EXPECT_TRUE(fs::is_empty(folder.path)) << "something was left";
  EXPECT_EQ(narrow.memory().used_bytes(), 0);
  EXPECT_EQ(Classifier::open(folder.path, context).status().code(), Code::kNotFound);
  ASSERT_TRUE(train_classifier(labelled, small(), folder.path / "m", context).ok());
  std::ofstream(folder.path / "m/model.json") << R"({"kind": "ngrams", "labels": ["a"], "calibration": {}})";
  EXPECT_EQ(Classifier::open(folder.path / "m", context).status().code(), Code::kDataCorrupt);
}

TEST(Measures, AreTheDefinitions) {
  const std::vector<std::string> labels = {"a", "b"};
  const std::vector<std::int32_t> truth = {0, 0, 1, 1, 1};
  const std::vector<float> scores = {0.9F, 0.1F, 0.4F, 0.6F, 0.4F, 0.6F, 0.2F, 0.8F, 0.7F, 0.3F};
  const Measures measures = measure(labels, truth, scores);
  EXPECT_DOUBLE_EQ(measures.accuracy, 0.6);
  EXPECT_DOUBLE_EQ(measures.labels[0].f1, 0.5);
  EXPECT_DOUBLE_EQ(measures.labels[1].f1, 2.0 / 3);
  EXPECT_NEAR(measures.labels[1].auc, (3 + 1.5) / 6, 1e-12);  // of six pairs; one is a tie
  EXPECT_NEAR(measures.log_loss, -(std::log(.9) + std::log(.4) + std::log(.6) + std::log(.8) + std::log(.3)) / 5, 1e-6);
  EXPECT_NEAR(measures.calibration_error, (0.1 + 0.2 + 0.7 + std::abs(1 - 1.2)) / 5, 1e-6);
}

TEST(Calibration, MakesProbabilitiesTrue) {
  // A model that is far too sure: it says .99 and is right in 3 of 4 rows.
  std::vector<std::int32_t> truth;
  std::vector<float> scores;
  for (int i = 0; i < 400; ++i) {
    const bool first = i % 2 == 0;
    truth.push_back((i / 2) % 4 == 0 ? first : !first);
    const float sure = 0.99F - static_cast<float>(i % 7) * 0.001F;
    scores.push_back(first ? sure : 1 - sure);
    scores.push_back(first ? 1 - sure : sure);
  }
  const std::vector<std::string> labels = {"a", "b"};
  EXPECT_GT(measure(labels, truth, scores).calibration_error, 0.2);
  for (const char* method : {"temperature", "platt", "isotonic"}) {
    const auto fitted = Calibration::fit(method, truth, scores, 2);
    ASSERT_TRUE(fitted.ok());
    const auto calibration = Calibration::from_json(nlohmann::json::parse(fitted->to_json().dump()), 2);
    ASSERT_TRUE(calibration.ok()) << calibration.status().to_string();
    std::vector<float> better = scores;
    for (std::size_t row = 0; row < truth.size(); ++row) calibration->apply({&better[row * 2], 2});
    EXPECT_LT(measure(labels, truth, better).calibration_error, 0.05) << method;
    EXPECT_EQ(measure(labels, truth, better).accuracy, measure(labels, truth, scores).accuracy) << method;
  }
}

// The expected probabilities are scikit-learn's LogisticRegression(C=1 and C=.1, tol=1e-10).
TEST(Logistic, HasTheOptimumOfScikitLearn) {
  const std::vector<std::int32_t> truth = {0, 0, 2, 1, 1, 0, 0, 1, 0, 1, 0, 2, 0, 1, 1,
                                           0, 0, 1, 1, 1, 0, 0, 1, 2, 1, 0, 2, 1, 0, 1};
  std::vector<float> rows;
  for (int i = 0; i < 30; ++i) {
    rows.push_back(static_cast<float>(i % 5 - 2) + 0.25F * static_cast<float>(i % 3));
    rows.push_back(static_cast<float>(i * i % 7 - 3));
  }
  const float asked[3][2] = {{0.5F, -1}, {-2, 2}, {1.5F, 3}};
  const double expected[2][3][3] = {
      {{0.360105, 0.518468, 0.121427}, {0.565299, 0.010491, 0.424211}, {0.037126, 0.17591, 0.786965}},
      {{0.382265, 0.478942, 0.138793}, {0.625516, 0.076727, 0.297757}, {0.139731, 0.392397, 0.467872}}};
  Context context;
  for (int penalty = 0; penalty < 2; ++penalty) {
    const auto model = fit_logistic(rows, 2, truth, 3, penalty == 0 ? 1.0 : 0.1, context);
    ASSERT_TRUE(model.ok());
    for (int row = 0; row < 3; ++row) {
      float out[3];
      model->probabilities(asked[row], out);
      for (int label = 0; label < 3; ++label) EXPECT_NEAR(out[label], expected[penalty][row][label], 2e-5);
    }
  }
}

TEST(Classifier, LearnsFromEmbeddings) {
  Folder folder;
  Context context;
  TrainOptions options = small();
  options.kind = "embedding";
  const auto report = train_classifier(texts(80), options, folder.path / "m", context);
  if (!report.ok() && report.status().code() == Code::kNotFound) GTEST_SKIP() << report.status().to_string();
  ASSERT_TRUE(report.ok()) << report.status().to_string();
  const auto classifier = Classifier::open(folder.path / "m", context);
  ASSERT_TRUE(classifier.ok()) << classifier.status().to_string();
  const std::string_view asked[] = {"the miller grinds grain", "the sailor drops the anchor in the harbour"};
  float scores[4];
  ASSERT_TRUE((*classifier)->classify(asked, scores, context).ok());
  EXPECT_GT(scores[1], 0.5F);
  EXPECT_GT(scores[2], 0.5F);
}

}  // namespace
}  // namespace millpond::curate
