// DSIR: takes those rows that make the whole look like a target, by importance resampling.

#include "curate/dsir.h"

#include <arrow/record_batch.h>

#include <algorithm>

#include "core/byte_spool.h"
#include "curate/hashed_ngrams.h"
#include "millpond/fold.h"

namespace millpond::curate {
namespace {

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
    MP_ASSIGN(const DsirRows given, DsirRows::of(rows, options_));
    std::vector<std::uint16_t> buckets;
    for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
      if (row % 64 == 0) MP_TRY(context.check());
      grams_.buckets_of(given.text(row), buckets);
      if (buckets.size() >= UINT32_MAX) return unsupported("a text has more words than can be counted, in row ", row);
      const bool target = given.is_target(row, options_);
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
    std::vector<DsirRow> kept;
    for (std::int64_t row = 0; row < rows->num_rows(); ++row, ++judged_) {
      const auto at = static_cast<std::size_t>(judged_);
      const bool target = counts_[at] == kTarget;
      if (target ? !options_.keep_target : options_.drop && !chosen_[at]) continue;
      kept.push_back({row, target, target || chosen_[at], importance_[at]});
    }
    return dsir_rows(rows, kept);
  }

 private:
  static constexpr std::uint32_t kTarget = UINT32_MAX;

  /// The log of how much likelier a row is under the target's distribution of n-grams than under that of all others.
  Status weigh(Context& context) {
    MP_ASSIGN(const std::vector<double> gain, dsir_gains(raw_, target_, options_));
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
    std::vector<std::pair<double, std::int64_t>> scores;
    for (std::size_t at = 0; at < counts_.size(); ++at) {
      if (counts_[at] == kTarget || !long_enough(counts_[at], options_)) continue;
      const auto row = static_cast<std::int64_t>(at);
      scores.emplace_back(-dsir_score(importance_[at], row, options_), row);
    }
    chosen_.assign(counts_.size(), false);
    const auto wanted = static_cast<std::size_t>(wanted_of(static_cast<std::int64_t>(scores.size()), options_));
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
  MP_ASSIGN(DsirOptions dsir, read_dsir_options(options));
  return std::unique_ptr<Survey>(new Dsir(std::move(dsir), spill_dir));
}

Result<std::unique_ptr<ScatteredSurvey>> scattered(const Options& options, std::string_view plan) {
  MP_ASSIGN(DsirOptions dsir, read_dsir_options(options));
  return scattered_dsir(std::move(dsir), plan);
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

MILLPOND_SCATTERED(dsir) = {.name = "dsir", .make = scattered};

}  // namespace millpond::curate
