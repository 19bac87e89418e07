#pragma once
// Text classifiers over words and pieces of words, in fastText's file format.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::curate {

/// What a model's file may ask for. A file within the defaults cannot make a process run out of memory.
struct NgramModelLimits {
  std::int64_t decoded_bytes_max = std::int64_t{2} << 30;  ///< of a quantised file's rows once they are floats
  std::int64_t buckets_max = std::int64_t{1} << 28;        ///< of the hash of n-grams
};

/// A label with its probability.
struct LabelScore {
  int label = 0;  ///< position in `labels()`
  float probability = 0;
};

/// A supervised fastText model: `.bin`, or quantised `.ftz`.
///
/// Source:  fastText 0.9.2, file versions 11 and 12; softmax, hierarchical softmax, one-vs-all, negative sampling.
/// Threads: immutable after `open`.
class NgramModel {
 public:
  /// Maps the file: a model of plain floats is read from the page cache, a quantised one is decoded.
  /// Errors: kNotFound, kIoError, kDataCorrupt (what does not fit the file), kUnsupported (word vectors without
  /// labels, other versions), kResourceExhausted (beyond the limits).
  static Result<std::shared_ptr<const NgramModel>> open(const std::string& path, const NgramModelLimits& limits = {});
  /// The same over bytes that the caller keeps alive.
  static Result<std::shared_ptr<const NgramModel>> parse(std::string_view bytes, const NgramModelLimits& limits = {});
  ~NgramModel();
  NgramModel(const NgramModel&) = delete;
  NgramModel& operator=(const NgramModel&) = delete;

  const std::vector<std::string>& labels() const;  ///< without the prefix `__label__`
  int dimensions() const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit NgramModel(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Reads texts with a model; remembers the words that it met last.
///
/// A text is one line to it, as in fastText's Python module: words stand between white space, a line break included.
/// Exact:   the labels are fastText's and probabilities agree to about 1e-6; they do not depend on the texts before.
/// Threads: one reader a thread.
class NgramReader {
 public:
  explicit NgramReader(std::shared_ptr<const NgramModel> model);
  ~NgramReader();
  NgramReader(const NgramReader&) = delete;
  NgramReader& operator=(const NgramReader&) = delete;

  const NgramModel& model() const { return *model_; }
  /// The best `count` labels, the best first; fewer if the others are below 1e-5, none if the model knows no part of
  /// the text. Cost: 10 to 25 ns a word that it met before.
  void classify(std::string_view text, std::size_t count, std::vector<LabelScore>& best);
  /// The probability of each label, in the order of `labels()`; all zero if the model knows no part of the text.
  void probabilities(std::string_view text, float* out);
  /// The numbers of the rows of the text's words and n-grams, as often as they occur.
  void rows_of(std::string_view text, std::vector<std::uint32_t>& rows);
  /// The mean of the rows of the text's words and n-grams (`dimensions()` floats): what the labels are computed from.
  /// Returns the number of rows.
  std::int64_t mean_row(std::string_view text, float* out);

 private:
  struct Impl;
  std::shared_ptr<const NgramModel> model_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millpond::curate
