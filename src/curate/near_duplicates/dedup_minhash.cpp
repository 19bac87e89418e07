// Keeps one row of each cluster of near-duplicates.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "core/arrow_status.h"
#include "core/take.h"
#include "curate/near_duplicates/band_keys.h"
#include "curate/near_duplicates/clusters.h"
#include "curate/near_duplicates/minhash.h"
#include "curate/near_duplicates/union_find.h"
#include "millpond/fold.h"

namespace millpond::curate {
namespace {

constexpr std::size_t kTagBytes = 8;
constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

class DedupMinhash final : public Survey {
 public:
  DedupMinhash(const Options& options, std::string spill_dir)
      : reference_(options.text("keep") == "datatrove"),
        clusters_({reference_ ? "first" : options.text("keep"), options.text("by")}, options.flag("drop")),
        spill_dir_(std::move(spill_dir)) {}

  Status absorb(const Batch& rows, Context& context) override {
    const auto column = rows->GetColumnByName("minhash");
    const auto& signatures = static_cast<const arrow::BinaryArray&>(*column);
    const std::int64_t before = clusters_.rows();
    MP_TRY(clusters_.absorb(rows));
    for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
      const auto document = static_cast<std::uint32_t>(before + row);
      if (!signatures.IsNull(row)) MP_TRY(learn(document, signatures.GetView(row), context));
    }
    return {};
  }

  Status finish(Context& context) override {
    UnionFind sets(static_cast<std::size_t>(clusters_.rows()));
    for (std::size_t band = 0; keys_ && band < bands_; ++band) {
      MP_TRY(context.check());
      MP_ASSIGN(auto entries, keys_->take(band, context));
      std::sort(entries.begin(), entries.end(), [&](const BandKeys::Entry& a, const BandKeys::Entry& b) {
        if (reference_) {
          if (const int order = compare(a.document, b.document, band); order != 0) return order < 0;
        } else if (a.key != b.key) {
          return a.key < b.key;
        }
        return a.document < b.document;
      });
      for (std::size_t i = 1; i < entries.size(); ++i) {
        if (entries[i].key == entries[i - 1].key) sets.join(entries[i - 1].document, entries[i].document);
      }
    }
    clusters_.choose(sets, reference_);
    keys_.reset();
    whole_ = {};
    return {};
  }

  Result<Batch> judge(const Batch& rows, Context&) override { return clusters_.judge(rows); }

 private:
  Status learn(std::uint32_t document, std::string_view signature, Context& context) {
    if (signature.size() < kTagBytes || signature[0] != 'M') {
      return corrupt("row ", document, " has no signature in `minhash`").hint("The step `minhash` makes that column.");
    }
    if (tag_.empty()) {
      tag_ = signature.substr(0, kTagBytes);
      bands_ = static_cast<unsigned char>(signature[3]);
      value_bytes_ = signature[1] == 'r' ? 8 : 4;
      band_bytes_ = value_bytes_ * static_cast<unsigned char>(signature[4]);
      if (bands_ == 0 || band_bytes_ == 0) return corrupt("a signature of no bands, at row ", document);
      keys_ = std::make_unique<BandKeys>(bands_, spill_dir_, context.memory());
      buffer_.resize(bands_);
    }
    if (signature.substr(0, kTagBytes) != tag_ || signature.size() != kTagBytes + bands_ * band_bytes_) {
      return invalid("signatures of different forms cannot be compared, at row ", document)
          .hint("Make them all with the same options of `minhash`.");
    }
    const char* values = signature.data() + kTagBytes;
    for (std::size_t band = 0; band < bands_; ++band)
      buffer_[band] = XXH3_64bits(values + band * band_bytes_, band_bytes_);
    if (reference_) {
      whole_.resize(static_cast<std::size_t>(document) * bands_ * band_bytes_);  // rows without one in between
      whole_.append(values, bands_ * band_bytes_);
    }
    return keys_->add(document, buffer_.data());
  }

  /// By the values of a band, as numbers.
  int compare(std::uint32_t a, std::uint32_t b, std::size_t band) const {
    const auto place = [&](std::uint32_t document) {
      return whole_.data() + static_cast<std::size_t>(document) * bands_ * band_bytes_ + band * band_bytes_;
    };
    for (std::size_t at = 0; at < band_bytes_; at += value_bytes_) {
      std::uint64_t left = 0, right = 0;
      std::memcpy(&left, place(a) + at, value_bytes_);
      std::memcpy(&right, place(b) + at, value_bytes_);
      if (left != right) return left < right ? -1 : 1;
    }
    return 0;
  }

  const bool reference_;  // as datatrove has it
  Clusters clusters_;
  const std::string spill_dir_;
  std::string tag_;
  std::size_t bands_ = 0, band_bytes_ = 0, value_bytes_ = 0;
  std::unique_ptr<BandKeys> keys_;
  std::string whole_;  // every signature, where their order decides who stays
  std::vector<std::uint64_t> buffer_;
  std::vector<double> worth_;
  std::int64_t rows_ = 0, judged_ = 0;
  std::vector<std::uint32_t> stays_, cluster_, sizes_;
};

Result<std::unique_ptr<Survey>> survey(const Options& options, const std::string& spill_dir) {
  return std::make_unique<DedupMinhash>(options, spill_dir);
}

}  // namespace

extern "C" const FoldDef millpond_fold_dedup_minhash;

MILLPOND_FOLD(dedup_minhash) = {
    .name = "dedup_minhash",
    .summary = "Finds clusters of near-duplicates by the signatures of `minhash`, and keeps one row of each.",
    .version = 1,
    .reads = {{"minhash", binary()}},
    .adds = cluster_columns(),
    .options = {Option("keep", "first",
                       "Who stays: the `first` row, the `longest` text, the `highest` value of a column (`best`: of "
                       "numbers, `newest`: of times), or the one that `datatrove` keeps (8 bytes of memory a value).")
                    .one_of({"first", "longest", "highest", "best", "newest", "datatrove"}),
                {"by", "text", "The column that `keep` looks at; of equal rows the first stays."},
                {"drop", true, "`false` keeps all rows, with `duplicate` for those that would go."}},
    .keys = [](const Options&) { return std::vector<std::string>{}; },
    .make = [](const Options& options) { return fold_of(millpond_fold_dedup_minhash, options); },
    .survey = survey,
};

}  // namespace millpond::curate
