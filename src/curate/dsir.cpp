// DSIR: takes those rows that make the whole look like a target, by importance resampling.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>

#include "core/arrow_status.h"
#include "core/byte_spool.h"
#include "core/take.h"
#include "curate/hashed_ngrams.h"
#include "millpond/fold.h"

namespace millpond::curate {
namespace {

struct DsirOptions {
  std::string source;
  std::vector<std::string> target;
  int words = 2;
  std::int64_t buckets = 10000, words_min = 100, rows = 0, seed = 0;
  double share = 0;
  bool top = false, drop = true, keep_target = false;
};

/// The same noise for the same row of the same table: a uniform number of the seed and the row's place.
double gumbel(std::int64_t seed, std::int64_t row) {
  const std::uint64_t bits = XXH3_64bits_withSeed(&row, sizeof row, static_cast<XXH64_hash_t>(seed));
  const double uniform = (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53;
  return -std::log(-std::log(uniform));
}

class Dsir final : public Survey {
 public:
  Dsir(DsirOptions options, std::string spill_dir)
      : options_(std::move(options)),
        spill_dir_(std::move(spill_dir)),
        grams_(options_.words, static_cast<std::uint32_t>(options_.buckets)),
        raw_(static_cast<std::size_t>(options_.buckets)),
        target_(static_cast<std::size_t>(options_.buckets)) {}

  Status absorb(const Batch& rows, Context& context) override {
    if (!features_) features_ = std::make_unique<ByteSpool>(spill_dir_, context.memory());
    MP_ASSIGN(const auto sources, texts_of(rows, options_.source));
    MP_ASSIGN(const auto texts, texts_of(rows, "text"));
    std::vector<std::uint16_t> buckets;
    for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
      if (row % 64 == 0) MP_TRY(context.check());
      grams_.buckets_of(texts->IsNull(row) ? std::string_view() : texts->GetView(row), buckets);
      if (buckets.size() > UINT32_MAX) return unsupported("a text has more words than can be counted, in row ", row);
      const bool target = is_target(*sources, row);
      auto& counts = target ? target_ : raw_;
      for (const std::uint16_t bucket : buckets) ++counts[bucket];
      counts_.push_back(target ? kTarget : static_cast<std::uint32_t>(buckets.size()));
      if (!target) MP_TRY(features_->append(buckets.data(), buckets.size() * sizeof buckets[0]));
    }
    return {};
  }

  Status finish(Context& context) override {
    if (counts_.empty()) return {};
    if (std::find(counts_.begin(), counts_.end(), kTarget) == counts_.end()) {
      return not_found("no row is of the target: ", options_.target.front())
          .hint("`target` names values of the column `" + options_.source + "`.");
    }
    MP_TRY(weigh(context));
    return choose();
  }

  Result<Batch> judge(const Batch& rows, Context&) override {
    std::vector<std::int64_t> kept;
    arrow::DoubleBuilder importance;
    arrow::BooleanBuilder chosen;
    arrow::Status status;
    for (std::int64_t row = 0; row < rows->num_rows(); ++row, ++judged_) {
      const auto at = static_cast<std::size_t>(judged_);
      const bool target = counts_[at] == kTarget;
      if (target ? !options_.keep_target : options_.drop && !chosen_[at]) continue;
      kept.push_back(row);
      status &= target ? importance.AppendNull() : importance.Append(importance_[at]);
      status &= chosen.Append(target || chosen_[at]);
    }
    MP_TRY(from_arrow(status));
    MP_ASSIGN(const Batch taken, take(rows, kept));
    auto columns = taken->columns();
    arrow::FieldVector fields = taken->schema()->fields();
    MP_ASSIGN(auto importance_column, from_arrow(importance.Finish()));
    MP_ASSIGN(auto chosen_column, from_arrow(chosen.Finish()));
    columns.push_back(std::move(importance_column)), columns.push_back(std::move(chosen_column));
    fields.push_back(arrow::field("importance", arrow::float64()));
    fields.push_back(arrow::field("chosen", arrow::boolean(), false));
    return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), taken->num_rows(), std::move(columns));
  }

 private:
  static constexpr std::uint32_t kTarget = UINT32_MAX;

  static Result<std::shared_ptr<arrow::StringArray>> texts_of(const Batch& rows, const std::string& name) {
    auto column = std::dynamic_pointer_cast<arrow::StringArray>(rows->GetColumnByName(name));
    if (!column) return invalid("no such column of text: ", name).hint("`source` names the column with the target.");
    return column;
  }
  bool is_target(const arrow::StringArray& sources, std::int64_t row) const {
    if (sources.IsNull(row)) return false;
    return std::find(options_.target.begin(), options_.target.end(), sources.GetView(row)) != options_.target.end();
  }

  /// The log of how much likelier a row is under the target's distribution of n-grams than under that of all others.
  Status weigh(Context& context) {
    double raw_sum = 0, target_sum = 0;
    for (std::size_t i = 0; i < raw_.size(); ++i) {
      raw_sum += static_cast<double>(raw_[i]);
      target_sum += static_cast<double>(target_[i]);
    }
    if (target_sum == 0) return invalid("the target has no words: ", options_.target.front());
    constexpr double kSmall = 1e-8;  // as the reference
    std::vector<double> gain(raw_.size());
    for (std::size_t i = 0; i < raw_.size(); ++i) {
      const double raw = raw_sum == 0 ? 0 : static_cast<double>(raw_[i]) / raw_sum;
      gain[i] = std::log(static_cast<double>(target_[i]) / target_sum + kSmall) - std::log(raw + kSmall);
    }
    importance_.reserve(counts_.size());
    std::vector<std::uint16_t> buckets;
    std::int64_t offset = 0;
    for (const std::uint32_t count : counts_) {
      MP_TRY(context.check());
      buckets.resize(count == kTarget ? 0 : count);
      if (!buckets.empty()) MP_TRY(features_->read(offset, buckets.data(), buckets.size() * sizeof buckets[0]));
      offset += static_cast<std::int64_t>(buckets.size() * sizeof buckets[0]);
      double sum = 0;
      for (const std::uint16_t bucket : buckets) sum += gain[bucket];
      importance_.push_back(sum);
    }
    features_->clear();
    return {};
  }

  /// Sampling without replacement, in proportion to the weights: the highest of weight + noise.
  Status choose() {
    const std::int64_t n = options_.words;
    std::vector<std::pair<double, std::int64_t>> scores;
    for (std::size_t row = 0; row < counts_.size(); ++row) {
      if (counts_[row] == kTarget) continue;
      if ((std::int64_t{counts_[row]} + n * (n - 1) / 2) / n < options_.words_min) continue;
      const double noise = options_.top ? 0 : gumbel(options_.seed, static_cast<std::int64_t>(row));
      scores.emplace_back(-(importance_[row] + noise), static_cast<std::int64_t>(row));
    }
    chosen_.assign(counts_.size(), false);
    auto wanted = static_cast<std::size_t>(options_.rows);
    if (wanted == 0) wanted = static_cast<std::size_t>(std::llround(options_.share * double(scores.size())));
    wanted = std::min(wanted, scores.size());
    std::nth_element(scores.begin(), scores.begin() + static_cast<std::ptrdiff_t>(wanted), scores.end());
    for (std::size_t i = 0; i < wanted; ++i) chosen_[static_cast<std::size_t>(scores[i].second)] = true;
    return {};
  }

  const DsirOptions options_;
  const std::string spill_dir_;
  HashedNgrams grams_;
  std::unique_ptr<ByteSpool> features_;  // of the raw rows, one after another
  std::vector<std::int64_t> raw_, target_;
  std::vector<std::uint32_t> counts_;  // of each row's features
  std::vector<double> importance_;
  std::vector<bool> chosen_;
  std::int64_t judged_ = 0;
};

Result<std::unique_ptr<Survey>> survey(const Options& options, const std::string& spill_dir) {
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
  return std::unique_ptr<Survey>(new Dsir(std::move(dsir), spill_dir));
}

}  // namespace

extern "C" const FoldDef millpond_fold_dsir;

MILLPOND_FOLD(dsir) = {
    .name = "dsir",
    .summary = "Takes the rows that make the whole look like a target source: importance resampling by n-grams.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"importance", float64()}, {"chosen", boolean(), true}},
    .options = {{"source", "source", "The column that names the source."},
                {"target", std::vector<std::string>{}, "Sources whose texts the others should be like."},
                {"rows", 0, "Take so many; 0: by `share`."},
                {"share", 0.5, "Of the rows that are long enough."},
                Option("sample", "gumbel",
                       "`gumbel`: by chance, in proportion to the weights; `top`: the highest ones.")
                    .one_of({"gumbel", "top"}),
                {"seed", 0, "Of that chance."},
                {"words", 2, "Rows of up to so many words are features."},
                {"buckets", 10000, "That they are hashed into."},
                {"words_min", 100, "Shorter texts are never taken."},
                {"keep_target", false, "Keep the target's own rows, too."},
                {"drop", true, "`false` keeps all rows, with `chosen` for those that would stay."}},
    .keys = [](const Options&) { return std::vector<std::string>{}; },
    .make = [](const Options& options) { return fold_of(millpond_fold_dsir, options); },
    .survey = survey,
};

}  // namespace millpond::curate
