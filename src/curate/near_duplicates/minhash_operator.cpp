#include "curate/near_duplicates/minhash.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

class MinhashOperator final : public Operator {
 public:
  explicit MinhashOperator(std::unique_ptr<Minhasher> hasher) : hasher_(std::move(hasher)) {}

  Status process(const Input& in, Output& out, Context& context) override {
    const Utf8Column text = in.utf8("text");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (row % 64 == 0) MP_TRY(context.check());
      Row added = out.emit(row);
      hasher_->sign(text[row], signature_);
      if (!signature_.empty()) added.set("minhash", std::string_view(signature_));
    }
    return {};
  }

 private:
  const std::unique_ptr<Minhasher> hasher_;
  std::string signature_;
};

Result<std::unique_ptr<Operator>> make(const Options& options) {
  MinhashForm form;
  form.reference = options.text("form") == "datatrove";
  form.words = static_cast<int>(options.integer("words"));
  form.bands = static_cast<int>(options.integer("bands"));
  form.rows = static_cast<int>(options.integer("rows"));
  form.seed = static_cast<std::uint32_t>(options.integer("seed"));
  MP_ASSIGN(auto hasher, Minhasher::make(form));
  return std::make_unique<MinhashOperator>(std::move(hasher));
}

}  // namespace

MILLPOND_OPERATOR(minhash) = {
    .name = "minhash",
    .summary = "Signs text with MinHash, for `dedup_minhash`. Texts with fewer words than a row have none.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"minhash", binary()}},
    .options = {Option("form", "datatrove",
                       "`datatrove`: its signatures, value for value; `fast`: simpler words and "
                       "32-bit values.")
                    .one_of({"datatrove", "fast"}),
                {"words", 5, "Words in a row that are hashed together."},
                {"bands", 14, "Texts are near-duplicates if one band is equal."},
                {"rows", 8, "Values in a band: more, and only nearer texts are found."},
                {"seed", 1, "Of the random functions."}},
    .make = make,
};

}  // namespace millpond::curate
