#pragma once
// Classifiers of texts that are trained here: n-grams in fastText's format, or logistic regression on embeddings.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/context.h"
#include "millpond/model/embedder.h"
#include "millpond/status.h"

namespace millpond::curate {

struct LabelledText {
  std::string text, label;
};

struct LabelMeasures {
  std::string label;
  std::int64_t rows = 0;  ///< that have the label
  double precision = 0, recall = 0, f1 = 0;
  double auc = 0;  ///< this label against the rest; .5 if one side is empty
};

/// How good predictions are on rows whose labels are known.
struct Measures {
  std::int64_t rows = 0;
  double accuracy = 0, f1_macro = 0, auc_macro = 0, log_loss = 0;
  double calibration_error = 0;  ///< ECE: 15 bins of equal width of the best probability
  std::vector<LabelMeasures> labels;
};

/// `probabilities`: labels.size() for each row; `truth`: positions in `labels`.
Measures measure(std::span<const std::string> labels, std::span<const std::int32_t> truth,
                 std::span<const float> probabilities);

struct TrainOptions {
  std::string kind = "ngrams";       ///< or "embedding"
  int epochs = 10;                   ///< n-grams: passes over the texts
  double rate = 0.5;                 ///< n-grams: the first learning rate; it falls to zero
  int dimensions = 32;               ///< n-grams: of a row
  int word_ngrams = 2;               ///< n-grams: words in a row, at most
  int chars_min = 3, chars_max = 5;  ///< n-grams: pieces of words; 0 and 0: none
  int buckets = 200'000;             ///< n-grams: of the hash
  int count_min = 2;                 ///< n-grams: rarer words have no row of their own
  double inverse_penalty = 1;        ///< embedding: C of scikit-learn; smaller is smoother
  model::EmbedderOptions embedder;
  std::string calibration = "temperature";  ///< or "platt", "isotonic", "none"
  double held_out = 0.1;                    ///< of the texts for the measures, and as many for calibration
  std::uint64_t seed = 1;
  std::string source;  ///< where the texts come from, for the model card
};

struct TrainReport {
  std::int64_t trained_on = 0, calibrated_on = 0;
  Measures held_out, uncalibrated;
  std::string hash;  ///< of the model's files
};

/// A model in a folder: model.json, and model.bin of an n-gram model; or a fastText file of anybody's.
/// Threads: one classifier a thread; they share what they read.
class Classifier {
 public:
  /// `path`: a folder that `train_classifier` made, or a .bin or .ftz file. Errors: kNotFound, kDataCorrupt,
  /// and those of the n-gram model and the embedder.
  static Result<std::unique_ptr<Classifier>> open(const std::string& path, Context& context);
  virtual ~Classifier() = default;
  virtual const std::vector<std::string>& labels() const = 0;
  /// Writes labels().size() calibrated probabilities for each text.
  virtual Status classify(std::span<const std::string_view> texts, float* probabilities, Context& context) = 0;
};

/// Hash of the files that decide a model's results.
Result<std::string> classifier_hash(const std::string& path);

/// Trains, calibrates and measures a model, and writes it with a model card (README.md) to `folder`, which must not
/// exist. Equal texts are on the same side of the split. The same texts, options and seed give the same bytes.
/// Errors: kInvalidArgument (options; fewer than two labels; too few texts), kConflict (the folder exists),
/// kResourceExhausted (the texts' n-grams do not fit the memory budget).
Result<TrainReport> train_classifier(std::span<const LabelledText> texts, const TrainOptions& options,
                                     const std::string& folder, Context& context);

}  // namespace millpond::curate
