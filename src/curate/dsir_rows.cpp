#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>

#include "core/arrow_status.h"
#include "core/take.h"
#include "curate/dsir.h"

namespace millpond::curate {
namespace {

/// The same noise for the same row of the same table: a uniform number of the seed and the row's place.
double gumbel(std::int64_t seed, std::int64_t row) {
  const std::uint64_t bits = XXH3_64bits_withSeed(&row, sizeof row, static_cast<XXH64_hash_t>(seed));
  const double uniform = (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53;
  return -std::log(-std::log(uniform));
}

Result<std::shared_ptr<arrow::StringArray>> texts_of(const Batch& rows, const std::string& name) {
  auto column = std::dynamic_pointer_cast<arrow::StringArray>(rows->GetColumnByName(name));
  if (!column) return invalid("no such column of text: ", name).hint("`source` names the column with the target.");
  return column;
}

}  // namespace

Result<DsirOptions> read_dsir_options(const Options& options) {
  DsirOptions dsir{.source = options.text("source"), .target = options.list("target")};
  dsir.words = static_cast<int>(options.integer("words"));
  dsir.buckets = options.integer("buckets");
  dsir.words_min = options.integer("words_min");
  dsir.rows = options.integer("rows");
  dsir.share = options.number("share");
  dsir.seed = options.integer("seed");
  dsir.top = options.text("sample") == "top";
  dsir.drop = options.flag("drop");
  dsir.keep_target = options.flag("keep_target");
  if (dsir.target.empty())
    return invalid("`target` names no source").hint("Its texts say what the others should be like.");
  if (options.integer("words") < 1 || options.integer("words") > 8) {
    return invalid("words must be between 1 and 8: ", options.integer("words"));
  }
  if (dsir.buckets < 2 || dsir.buckets > 65536) return invalid("buckets must be between 2 and 65536: ", dsir.buckets);
  if (dsir.rows < 0) return invalid("rows must not be negative: ", dsir.rows);
  if (dsir.share < 0 || dsir.share > 1) return invalid("share must be between 0 and 1: ", dsir.share);
  return dsir;
}

Result<DsirRows> DsirRows::of(const Batch& rows, const DsirOptions& options) {
  DsirRows given;
  MP_ASSIGN(given.sources, texts_of(rows, options.source));
  MP_ASSIGN(given.texts, texts_of(rows, "text"));
  return given;
}

bool DsirRows::is_target(std::int64_t row, const DsirOptions& options) const {
  if (sources->IsNull(row)) return false;
  return std::find(options.target.begin(), options.target.end(), sources->GetView(row)) != options.target.end();
}

std::string_view DsirRows::text(std::int64_t row) const {
  return texts->IsNull(row) ? std::string_view() : texts->GetView(row);
}

Result<std::vector<double>> dsir_gains(const BucketCounts& raw, const BucketCounts& target,
                                       const DsirOptions& options) {
  double raw_sum = 0, target_sum = 0;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    raw_sum += static_cast<double>(raw[i]);
    target_sum += static_cast<double>(target[i]);
  }
  if (target_sum == 0) return invalid("the target has no words: ", options.target.front());
  constexpr double kSmall = 1e-8;  // as the reference
  std::vector<double> gains(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const double share = raw_sum == 0 ? 0 : static_cast<double>(raw[i]) / raw_sum;
    gains[i] = std::log(static_cast<double>(target[i]) / target_sum + kSmall) - std::log(share + kSmall);
  }
  return gains;
}

bool long_enough(std::int64_t grams, const DsirOptions& options) {
  const std::int64_t n = options.words;
  return (grams + n * (n - 1) / 2) / n >= options.words_min;
}

double dsir_score(double importance, std::int64_t row, const DsirOptions& options) {
  return importance + (options.top ? 0 : gumbel(options.seed, row));
}

std::int64_t wanted_of(std::int64_t candidates, const DsirOptions& options) {
  const std::int64_t wanted = options.rows > 0 ? options.rows : std::llround(options.share * double(candidates));
  return std::min(wanted, candidates);
}

Result<Batch> dsir_rows(const Batch& rows, const std::vector<DsirRow>& kept) {
  arrow::DoubleBuilder importance;
  arrow::BooleanBuilder chosen;
  std::vector<std::int64_t> numbers;
  arrow::Status status;
  for (const DsirRow& row : kept) {
    numbers.push_back(row.row);
    status &= row.target ? importance.AppendNull() : importance.Append(row.importance);
    status &= chosen.Append(row.chosen);
  }
  MP_TRY(from_arrow(status));
  MP_ASSIGN(const Batch taken, take(rows, numbers));
  auto columns = taken->columns();
  arrow::FieldVector fields = taken->schema()->fields();
  MP_ASSIGN(auto importance_column, from_arrow(importance.Finish()));
  MP_ASSIGN(auto chosen_column, from_arrow(chosen.Finish()));
  columns.push_back(std::move(importance_column)), columns.push_back(std::move(chosen_column));
  fields.push_back(arrow::field("importance", arrow::float64()));
  fields.push_back(arrow::field("chosen", arrow::boolean(), false));
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), taken->num_rows(), std::move(columns));
}

}  // namespace millpond::curate
