// Keeps one row of each cluster of near-duplicates.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "core/arrow_status.h"
#include "core/take.h"
#include "curate/near_duplicates/band_keys.h"
#include "curate/near_duplicates/clusters.h"
#include "curate/near_duplicates/scattered_clusters.h"
#include "curate/near_duplicates/union_find.h"
#include "millpond/fold.h"

namespace millpond::curate {
namespace {

constexpr std::size_t kTagBytes = 8;

/// What the first bytes of the first signature say; all others must say the same.
struct SignatureForm {
  std::string tag;
  std::size_t bands = 0, band_bytes = 0, value_bytes = 0;

  Status check(std::string_view signature, std::int64_t row) {
    if (signature.size() < kTagBytes || signature[0] != 'M') {
      return corrupt("row ", row, " has no signature in `minhash`").hint("The step `minhash` makes that column.");
    }
    if (tag.empty()) {
      tag = signature.substr(0, kTagBytes);
      bands = static_cast<unsigned char>(signature[3]);
      value_bytes = signature[1] == 'r' ? 8 : 4;
      band_bytes = value_bytes * static_cast<unsigned char>(signature[4]);
      if (bands == 0 || band_bytes == 0) return corrupt("a signature of no bands, at row ", row);
    }
    if (signature.substr(0, kTagBytes) != tag || signature.size() != kTagBytes + bands * band_bytes) {
      return invalid("signatures of different forms cannot be compared, at row ", row)
          .hint("Make them all with the same options of `minhash`.");
    }
    return {};
  }
};

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
    for (std::size_t band = 0; keys_ && band < form_.bands; ++band) {
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
    whole_ = std::string();
    return {};
  }

  Result<Batch> judge(const Batch& rows, Context&) override { return clusters_.judge(rows); }

 private:
  Status learn(std::uint32_t document, std::string_view signature, Context& context) {
    MP_TRY(form_.check(signature, document));
    const auto [bands, band_bytes] = std::pair(form_.bands, form_.band_bytes);
    if (!keys_) {
      keys_ = std::make_unique<BandKeys>(bands, spill_dir_, context.memory());
      buffer_.resize(bands);
    }
    const char* values = signature.data() + kTagBytes;
    for (std::size_t band = 0; band < bands; ++band)
      buffer_[band] = XXH3_64bits(values + band * band_bytes, band_bytes);
    if (reference_) {
      whole_.resize(static_cast<std::size_t>(document) * bands * band_bytes);  // rows without one in between
      whole_.append(values, bands * band_bytes);
    }
    return keys_->add(document, buffer_.data());
  }

  /// By the values of a band, as numbers.
  int compare(std::uint32_t a, std::uint32_t b, std::size_t band) const {
    const auto place = [&](std::uint32_t document) {
      return whole_.data() + (static_cast<std::size_t>(document) * form_.bands + band) * form_.band_bytes;
    };
    for (std::size_t at = 0; at < form_.band_bytes; at += form_.value_bytes) {
      std::uint64_t left = 0, right = 0;
      std::memcpy(&left, place(a) + at, form_.value_bytes);
      std::memcpy(&right, place(b) + at, form_.value_bytes);
      if (left != right) return left < right ? -1 : 1;
    }
    return 0;
  }

  const bool reference_;  // as datatrove has it
  Clusters clusters_;
  const std::string spill_dir_;
  SignatureForm form_;
  std::unique_ptr<BandKeys> keys_;
  std::string whole_;  // every signature, where their order decides who stays
  std::vector<std::uint64_t> buffer_;
};

/// The same keys, of rows that lie in many places.
class NearSignatures final : public NearRows {
 public:
  explicit NearSignatures(bool reference) : reference_(reference) {}

  Status keys(const Batch& rows, const AddKey& add) override {
    const auto column = rows->GetColumnByName("minhash");
    const auto& signatures = static_cast<const arrow::BinaryArray&>(*column);
    std::string detail;
    for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
      if (signatures.IsNull(row)) continue;
      const std::string_view signature = signatures.GetView(row);
      MP_TRY(form_.check(signature, row));
      for (std::size_t band = 0; band < form_.bands; ++band) {
        const std::string_view values = signature.substr(kTagBytes + band * form_.band_bytes, form_.band_bytes);
        if (reference_) detail_of(values, detail);
        const auto key = static_cast<std::int64_t>(XXH3_64bits(values.data(), values.size()));
        MP_TRY(add(row, key, static_cast<std::int64_t>(band), detail));
      }
    }
    return {};
  }

  void pairs(const std::vector<KeyedRow>& rows, const Join& join) const override {
    for (const KeyedRow& other : rows) {
      if (other.row != rows.front().row) join(rows.front().row, other.row);
    }
  }

  std::string form() const override { return form_.tag; }

 private:
  /// The values as bytes whose order is that of the numbers.
  void detail_of(std::string_view values, std::string& detail) const {
    detail.assign(values);
    for (std::size_t at = 0; at < detail.size(); at += form_.value_bytes) {
      std::reverse(detail.begin() + static_cast<std::ptrdiff_t>(at),
                   detail.begin() + static_cast<std::ptrdiff_t>(at + form_.value_bytes));
    }
  }

  const bool reference_;
  SignatureForm form_;
};

Result<std::unique_ptr<ScatteredSurvey>> scattered(const Options& options, std::string_view plan) {
  const bool reference = options.text("keep") == "datatrove";
  return scattered_clusters(std::make_unique<NearSignatures>(reference),
                            {reference ? "first" : options.text("keep"), options.text("by")}, options.flag("drop"),
                            reference, plan);
}

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

MILLPOND_SCATTERED(dedup_minhash) = {.name = "dedup_minhash", .make = scattered};

}  // namespace millpond::curate
