// Keeps one row of each cluster of rows whose signatures differ in few bits.

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <tuple>

#include "curate/near_duplicates/band_keys.h"
#include "curate/near_duplicates/clusters.h"
#include "curate/near_duplicates/scattered_clusters.h"
#include "millpond/fold.h"

namespace millpond::curate {
namespace {

constexpr int kBitsMost = 16;
constexpr std::size_t kTablesMax = 64;
constexpr int kKeyBitsEnough = 30;

/// Bits of a signature: two that differ in at most so many bits are equal in one of these choices.
std::vector<std::uint64_t> choices_of(int bits_max) {
  const auto of_blocks = [&](int blocks) {
    std::vector<std::uint64_t> masks;
    for (std::uint64_t left_out = 0; left_out < 1ULL << blocks; ++left_out) {
      if (std::popcount(left_out) != bits_max) continue;
      std::uint64_t mask = 0;
      for (int bit = 0; bit < 64; ++bit) {
        if (!(left_out >> (bit * blocks / 64) & 1)) mask |= 1ULL << bit;
      }
      masks.push_back(mask);
    }
    return masks;
  };
  std::vector<std::uint64_t> best = of_blocks(bits_max + 1);
  for (int blocks = bits_max + 2; blocks <= bits_max + 8; ++blocks) {
    if (std::popcount(best.front()) >= kKeyBitsEnough) break;
    std::vector<std::uint64_t> more = of_blocks(blocks);
    if (more.size() > kTablesMax) break;
    best = std::move(more);
  }
  return best;
}

class DedupHamming final : public Survey {
 public:
  DedupHamming(const Options& options, std::string spill_dir)
      : column_(options.text("column")),
        bits_max_(static_cast<int>(options.integer("bits_max"))),
        masks_(choices_of(bits_max_)),
        spill_dir_(std::move(spill_dir)),
        clusters_({options.text("keep"), options.text("by")}, options.flag("drop")) {}

  Status absorb(const Batch& rows, Context& context) override {
    const auto column = rows->GetColumnByName(column_);
    const auto* values = dynamic_cast<const arrow::Int64Array*>(column.get());
    if (!values)
      return invalid("no such column of int64: ", column_)
          .hint("The steps `simhash` and `image_hash` make such columns.");
    const std::int64_t before = clusters_.rows();
    MP_TRY(clusters_.absorb(rows));
    if (!keys_) keys_ = std::make_unique<BandKeys>(masks_.size(), spill_dir_, context.memory());
    std::vector<std::uint64_t> keys(masks_.size());
    for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
      const auto value = values->IsNull(row) ? 0 : static_cast<std::uint64_t>(values->Value(row));
      values_.push_back(value);
      if (values->IsNull(row)) continue;
      for (std::size_t i = 0; i < masks_.size(); ++i) keys[i] = value & masks_[i];
      MP_TRY(keys_->add(static_cast<std::uint32_t>(before + row), keys.data()));
    }
    return {};
  }

  Status finish(Context& context) override {
    UnionFind sets(static_cast<std::size_t>(clusters_.rows()));
    for (std::size_t table = 0; keys_ && table < masks_.size(); ++table) {
      MP_ASSIGN(auto entries, keys_->take(table, context));
      const auto order = [&](const BandKeys::Entry& e) { return std::tuple(e.key, values_[e.document], e.document); };
      std::sort(entries.begin(), entries.end(), [&](const auto& a, const auto& b) { return order(a) < order(b); });
      for (std::size_t begin = 0, end; begin < entries.size(); begin = end) {
        MP_TRY(context.check());
        for (end = begin + 1; end < entries.size() && entries[end].key == entries[begin].key;) ++end;
        join_near(entries, begin, end, sets);
      }
    }
    clusters_.choose(sets, false);
    keys_.reset();
    values_ = std::vector<std::uint64_t>();
    return {};
  }

  Result<Batch> judge(const Batch& rows, Context&) override { return clusters_.judge(rows); }

 private:
  /// Entries of one key, in the order of their values: equal values are joined with their neighbour, others compared.
  void join_near(const std::vector<BandKeys::Entry>& entries, std::size_t begin, std::size_t end, UnionFind& sets) {
    different_.clear();
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint32_t document = entries[i].document;
      if (!different_.empty() && values_[different_.back()] == values_[document]) {
        sets.join(different_.back(), document);
      } else {
        different_.push_back(document);
      }
    }
    for (std::size_t i = 1; i < different_.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const std::uint64_t apart = values_[different_[i]] ^ values_[different_[j]];
        if (std::popcount(apart) <= bits_max_) sets.join(different_[j], different_[i]);
      }
    }
  }

  const std::string column_;
  const int bits_max_;
  const std::vector<std::uint64_t> masks_;
  const std::string spill_dir_;
  Clusters clusters_;
  std::unique_ptr<BandKeys> keys_;
  std::vector<std::uint64_t> values_;
  std::vector<std::uint32_t> different_;
};

Status check(const Options& options) {
  const std::int64_t bits_max = options.integer("bits_max");
  if (bits_max >= 0 && bits_max <= kBitsMost) return {};
  return invalid("`bits_max` must be from 0 to ", kBitsMost, ": ", bits_max).hint("3 is usual for SimHash.");
}

/// The same, of rows that lie in many places.
class NearBits final : public NearRows {
 public:
  NearBits(std::string column, int bits_max)
      : column_(std::move(column)), bits_max_(bits_max), masks_(choices_of(bits_max)) {}

  Status keys(const Batch& rows, const AddKey& add) override {
    const auto column = rows->GetColumnByName(column_);
    const auto* values = dynamic_cast<const arrow::Int64Array*>(column.get());
    if (!values) {
      return invalid("no such column of int64: ", column_)
          .hint("The steps `simhash` and `image_hash` make such columns.");
    }
    for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
      if (values->IsNull(row)) continue;
      const std::int64_t value = values->Value(row);
      const std::string_view bytes(reinterpret_cast<const char*>(&value), sizeof value);
      for (std::size_t i = 0; i < masks_.size(); ++i) {
        const auto key = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) & masks_[i]);
        MP_TRY(add(row, key, static_cast<std::int64_t>(i), bytes));
      }
    }
    return {};
  }

  void pairs(const std::vector<KeyedRow>& rows, const Join& join) const override {
    std::map<std::uint64_t, std::int64_t> different;  // and the first row with each
    for (const KeyedRow& row : rows) {
      std::uint64_t value = 0;
      std::memcpy(&value, row.detail.data(), std::min(sizeof value, row.detail.size()));
      const auto [found, added] = different.try_emplace(value, row.row);
      if (!added) join(found->second, row.row);
    }
    for (auto a = different.begin(); a != different.end(); ++a) {
      for (auto b = different.begin(); b != a; ++b) {
        if (std::popcount(a->first ^ b->first) <= bits_max_) join(b->second, a->second);
      }
    }
  }

 private:
  const std::string column_;
  const int bits_max_;
  const std::vector<std::uint64_t> masks_;
};

Result<std::unique_ptr<ScatteredSurvey>> scattered(const Options& options, std::string_view plan) {
  MP_TRY(check(options));
  return scattered_clusters(
      std::make_unique<NearBits>(options.text("column"), static_cast<int>(options.integer("bits_max"))),
      {options.text("keep"), options.text("by")}, options.flag("drop"), false, plan);
}

Result<std::unique_ptr<Survey>> survey(const Options& options, const std::string& spill_dir) {
  MP_TRY(check(options));
  return std::make_unique<DedupHamming>(options, spill_dir);
}

}  // namespace

extern "C" const FoldDef millpond_fold_dedup_hamming;
extern "C" const FoldDef millpond_fold_dedup_image;

MILLPOND_FOLD(dedup_hamming) = {
    .name = "dedup_hamming",
    .summary = "Finds clusters of rows whose 64-bit signatures differ in few bits, and keeps one row of each.",
    .version = 1,
    .reads = {},
    .adds = cluster_columns(),
    .options = {{"column", "simhash",
                 "The signatures: int64, of which only the bits count. Rows without one all stay."},
                {"bits_max", 3,
                 "Rows are near-duplicates if so many bits differ at most; 0 to 16. All such pairs are found."},
                Option("keep", "first",
                       "Who stays: the `first` row, the `longest` text, the `highest` value of a column (`best`: of "
                       "numbers, `newest`: of times).")
                    .one_of(keep_choices()),
                {"by", "text", "The column that `keep` looks at; of equal rows the first stays."},
                {"drop", true, "`false` keeps all rows, with `duplicate` for those that would go."}},
    .keys = [](const Options&) { return std::vector<std::string>{}; },
    .make = [](const Options& options) { return fold_of(millpond_fold_dedup_hamming, options); },
    .survey = survey,
};

MILLPOND_FOLD(dedup_image) = {
    .name = "dedup_image",
    .summary = "Finds clusters of pictures that look alike, by the hashes of `image_hash`, and keeps one row of each.",
    .version = 1,
    .reads = {},
    .adds = cluster_columns(),
    .options = {{"column", "phash", "The hashes: `phash` or `dhash`. Pictures without one (of one colour) all stay."},
                {"bits_max", 6, "Pictures look alike if so many of the 64 bits differ at most; 0 to 16."},
                Option("keep", "best",
                       "Which picture stays: the `first` row, the `longest` text, the `highest` value of a column "
                       "(`best`: of numbers, `newest`: of times).")
                    .one_of(keep_choices()),
                {"by", "pixels", "The column that `keep` looks at; of equal rows the first stays."},
                {"drop", true, "`false` keeps all rows, with `duplicate` for those that would go."}},
    .keys = [](const Options&) { return std::vector<std::string>{}; },
    .make = [](const Options& options) { return fold_of(millpond_fold_dedup_image, options); },
    .survey = survey,
};

MILLPOND_SCATTERED(dedup_hamming) = {.name = "dedup_hamming", .make = scattered};
MILLPOND_SCATTERED(dedup_image) = {.name = "dedup_image", .make = scattered};

}  // namespace millpond::curate
