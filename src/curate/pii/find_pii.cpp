// Personal data and secrets in a text: what and where, never the values.

#include <arrow/array/builder_base.h>

#include "curate/pii/finding_list.h"
#include "curate/pii/pii_finder.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

class FindPii final : public Operator {
 public:
  FindPii(const PiiKindSet& kinds, double confidence_min) : finder_(kinds, confidence_min) {}

  Status process(const Input& in, Output& out, Context& context) override {
    const Utf8Column text = in.utf8("text");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (row % 256 == 0) MP_TRY(context.check());
      Row made = out.emit(row);
      if (text.null(row)) continue;
      const std::vector<PiiFinding>& found = finder_.find(text[row]);
      made.set("pii_count", static_cast<std::int64_t>(found.size()));
      MP_TRY(append_findings(text[row], found, out.builder("pii")));
      MP_TRY(append_kind_counts(found, out.builder("pii_kinds")));
    }
    return {};
  }

 private:
  PiiFinder finder_;
};

Result<std::unique_ptr<Operator>> make(const Options& options) {
  MP_ASSIGN(const PiiKindSet kinds, pii_kinds_named(options.list("kinds")));
  const double least = options.number("min_confidence");
  if (least < 0 || least > 1) return invalid("min_confidence is not between 0 and 1: ", std::to_string(least));
  return std::make_unique<FindPii>(kinds, least);
}

}  // namespace

MILLPOND_OPERATOR(find_pii) = {
    .name = "find_pii",
    .summary = "Finds personal data and secrets in text: kinds, places and counts, never the values.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"pii", finding_list_type()}, {"pii_kinds", kind_counts_type()}, {"pii_count", int64()}},
    .options = {{"kinds", std::vector<std::string>{},
                 "Kinds or groups (contact, network, payment, identity, secret, usual, all); empty: usual."},
                {"min_confidence", 0.6, "Findings less sure than this are left out."}},
    .make = make,
};

}  // namespace millpond::curate
