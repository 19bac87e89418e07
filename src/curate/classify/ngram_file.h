#pragma once
// The parts of a fastText file, as they stand in it.

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "millpond/curate/ngram_model.h"
#include "millpond/status.h"

namespace millpond::curate {

enum class NgramLoss : std::int32_t { kHierarchicalSoftmax = 1, kNegativeSampling = 2, kSoftmax = 3, kOneVsAll = 4 };

/// A matrix of floats, plain or product-quantised. Everything points into the file's bytes.
struct StoredMatrix {
  std::int64_t rows = 0, columns = 0;
  const char* values = nullptr;  ///< floats, unaligned; null if it is quantised

  // Quantised: a row is `parts` codes, each the number of a centroid of `part_columns` columns (the last: what is
  // left).
  std::int64_t parts = 0, part_columns = 0, last_columns = 0;
  const char* codes = nullptr;
  const char* centroids = nullptr;
  const char* norm_codes = nullptr;  ///< null if rows have no norms of their own
  const char* norms = nullptr;

  /// Writes row `row` as floats.
  void decode(std::int64_t row, float* out) const;
};

struct NgramFile {
  std::int32_t dimensions = 0, word_ngrams = 1, buckets = 0, chars_min = 0, chars_max = 0;
  NgramLoss loss = NgramLoss::kSoftmax;
  std::vector<std::string_view> words;
  std::vector<std::string_view> labels;
  std::vector<std::int64_t> label_counts;
  bool pruned = false;                                      ///< only the buckets listed have a row
  std::vector<std::pair<std::int32_t, std::int32_t>> kept;  ///< bucket, row after the words
  StoredMatrix input, output;
};

/// Errors: as `NgramModel::open`. The parts point into `bytes`.
Result<NgramFile> read_ngram_file(std::string_view bytes, const NgramModelLimits& limits);

}  // namespace millpond::curate
