#pragma once
// What DSIR computes, where all rows are in one place and where they are not.

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/options.h"
#include "millpond/scattered.h"
#include "millpond/status.h"
#include "millpond/type_fwd.h"

namespace millpond::curate {

struct DsirOptions {
  std::string source;
  std::vector<std::string> target;
  int words = 2;
  std::int64_t buckets = 10000, words_min = 100, rows = 0, seed = 0;
  double share = 0;
  bool top = false, drop = true, keep_target = false;
};
Result<DsirOptions> read_dsir_options(const Options& options);

/// The texts of a batch, and which rows are of the target.
struct DsirRows {
  std::shared_ptr<arrow::StringArray> sources, texts;

  static Result<DsirRows> of(const Batch& rows, const DsirOptions& options);
  bool is_target(std::int64_t row, const DsirOptions& options) const;
  std::string_view text(std::int64_t row) const;
};

/// How many n-grams fell into each bucket.
using BucketCounts = std::vector<std::int64_t>;

/// By bucket, the log of how much likelier it is under the target than under all others.
Result<std::vector<double>> dsir_gains(const BucketCounts& raw, const BucketCounts& target, const DsirOptions& options);

/// A text of so many n-grams is long enough to be taken.
bool long_enough(std::int64_t grams, const DsirOptions& options);

/// Higher means earlier taken: the importance, and noise that is the same for the same row of the same table.
double dsir_score(double importance, std::int64_t row, const DsirOptions& options);

/// How many of the rows that are long enough are taken.
std::int64_t wanted_of(std::int64_t candidates, const DsirOptions& options);

/// A row of the result.
struct DsirRow {
  std::int64_t row;
  bool target, chosen;
  double importance;
};
Result<Batch> dsir_rows(const Batch& rows, const std::vector<DsirRow>& kept);

std::unique_ptr<ScatteredSurvey> scattered_dsir(DsirOptions options, std::string_view plan);

}  // namespace millpond::curate
