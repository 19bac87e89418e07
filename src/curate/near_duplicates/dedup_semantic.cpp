// Keeps one row of each cluster of rows that mean the same, by their vectors.

#include "curate/near_duplicates/clusters.h"
#include "curate/near_duplicates/near_vectors.h"
#include "curate/near_duplicates/scattered_vectors.h"
#include "curate/near_duplicates/vector_rows.h"
#include "millpond/fold.h"

namespace millpond::curate {
namespace {

NearVectorRule rule_of(const Options& options) { return {options.number("similarity_min"), options.integer("groups")}; }

class DedupSemantic final : public Survey {
 public:
  DedupSemantic(const Options& options, std::string spill_dir)
      : column_(options.text("column")),
        rule_(rule_of(options)),
        spill_dir_(std::move(spill_dir)),
        clusters_({options.text("keep"), options.text("by")}, options.flag("drop")) {}

  Status absorb(const Batch& rows, Context& context) override {
    const std::int64_t before = clusters_.rows();
    MP_TRY(clusters_.absorb(rows));
    if (!vectors_) vectors_ = std::make_unique<NearVectors>(rule_, spill_dir_, context.memory());
    return each_vector(rows, column_, [&](std::int64_t row, std::span<const float> vector) {
      return vectors_->add(static_cast<std::uint32_t>(before + row), vector);
    });
  }

  Status finish(Context& context) override {
    UnionFind sets(static_cast<std::size_t>(clusters_.rows()));
    if (vectors_) MP_TRY(vectors_->join(sets, context));
    vectors_.reset();
    clusters_.choose(sets, false);
    return {};
  }

  Result<Batch> judge(const Batch& rows, Context&) override { return clusters_.judge(rows); }

 private:
  const std::string column_;
  const NearVectorRule rule_;
  const std::string spill_dir_;
  Clusters clusters_;
  std::unique_ptr<NearVectors> vectors_;
};

Status check(const Options& options) {
  const double similarity = options.number("similarity_min");
  if (!(similarity > 0 && similarity <= 1)) {
    return invalid("`similarity_min` must be above 0, and at most 1: ", similarity);
  }
  if (options.integer("groups") < 0) return invalid("`groups` must not be negative: ", options.integer("groups"));
  return {};
}

Result<std::unique_ptr<Survey>> survey(const Options& options, const std::string& spill_dir) {
  MP_TRY(check(options));
  return std::make_unique<DedupSemantic>(options, spill_dir);
}

Result<std::unique_ptr<ScatteredSurvey>> scattered(const Options& options, std::string_view plan) {
  MP_TRY(check(options));
  return scattered_vectors(options.text("column"), rule_of(options), {options.text("keep"), options.text("by")},
                           options.flag("drop"), plan);
}

}  // namespace

extern "C" const FoldDef millpond_fold_dedup_semantic;

MILLPOND_FOLD(dedup_semantic) = {
    .name = "dedup_semantic",
    .summary =
        "Finds clusters of rows that mean the same, by the cosine of their vectors within groups that k-means "
        "makes (SemDeDup), and keeps one row of each.",
    .version = 1,
    .reads = {},
    .adds = cluster_columns(),
    .options = {{"column", "embedding", "The vectors: list<float32>. Rows without one all stay."},
                {"similarity_min", 0.95, "Rows mean the same if the cosine is at least this."},
                {"groups", 0, "Of k-means; vectors are compared within the two nearest. 0: one for each 1000 rows."},
                Option("keep", "first",
                       "Who stays: the `first` row, the `longest` text, the `highest` value of a column (`best`: of "
                       "numbers, `newest`: of times).")
                    .one_of(keep_choices()),
                {"by", "text", "The column that `keep` looks at; of equal rows the first stays."},
                {"drop", true, "`false` keeps all rows, with `duplicate` for those that would go."}},
    .keys = [](const Options&) { return std::vector<std::string>{}; },
    .make = [](const Options& options) { return fold_of(millpond_fold_dedup_semantic, options); },
    .survey = survey,
};

MILLPOND_SCATTERED(dedup_semantic) = {.name = "dedup_semantic", .make = scattered};

}  // namespace millpond::curate
