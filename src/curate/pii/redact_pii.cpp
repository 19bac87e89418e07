// Takes personal data and secrets out of texts: masked, removed, or replaced by what a key decides.

#include <arrow/array/builder_base.h>

#include <algorithm>
#include <array>

#include "curate/pii/finding_list.h"
#include "curate/pii/pii_finder.h"
#include "curate/pii/pii_text.h"
#include "curate/pii/pseudonyms.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

enum class Method : std::uint8_t { kKeep, kMask, kShape, kRemove, kHash, kPseudonym };
constexpr std::array<std::string_view, 6> kMethods{"keep", "mask", "shape", "remove", "hash", "pseudonym"};

struct Rules {
  PiiKindSet kinds;
  double confidence_min = 0;
  std::array<Method, kPiiKinds> methods{};
  std::array<std::string, kPiiKinds> masks;
  std::shared_ptr<const Pseudonyms> pseudonyms;  ///< null: no kind needs the key
};

class RedactPii final : public Operator {
 public:
  explicit RedactPii(Rules rules) : rules_(std::move(rules)), finder_(rules_.kinds, rules_.confidence_min) {}

  Status process(const Input& in, Output& out, Context& context) override {
    const Utf8Column text = in.utf8("text");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (row % 256 == 0) MP_TRY(context.check());
      Row made = out.emit(row);
      if (text.null(row)) continue;
      redact(text[row]);
      made.set("text", std::string_view(redacted_)).set("redactions", static_cast<std::int64_t>(replaced_.size()));
      MP_TRY(append_kind_counts(replaced_, out.builder("redacted_kinds")));
      if (rules_.pseudonyms) made.set("redaction_key", rules_.pseudonyms->key_id());
    }
    return {};
  }

 private:
  void redact(std::string_view text) {
    redacted_.clear();
    replaced_.clear();
    std::size_t at = 0;
    for (const PiiFinding& found : finder_.find(text)) {
      if (method_of(found.kind) == Method::kKeep) continue;
      redacted_.append(text, at, found.begin - at);
      replace(found.kind, text.substr(found.begin, found.end - found.begin));
      replaced_.push_back(found);
      at = found.end;
    }
    redacted_.append(text, at);
  }

  void replace(PiiKind kind, std::string_view value) {
    switch (method_of(kind)) {
      case Method::kKeep:
      case Method::kRemove: return;
      case Method::kMask: redacted_ += rules_.masks[static_cast<std::size_t>(kind)]; return;
      case Method::kHash: redacted_ += rules_.pseudonyms->tag(kind, value); return;
      case Method::kPseudonym: redacted_ += rules_.pseudonyms->pseudonym(kind, value); return;
      case Method::kShape: break;
    }
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte & 0xC0) == 0x80) continue;  // one x for a character
      redacted_ += is_digit(c) ? '0' : is_letter(c) || byte >= 0x80 ? 'x' : c;
    }
  }

  Method method_of(PiiKind kind) const { return rules_.methods[static_cast<std::size_t>(kind)]; }

  const Rules rules_;
  PiiFinder finder_;
  std::vector<PiiFinding> replaced_;
  std::string redacted_;
};

Result<Method> method_named(std::string_view name) {
  const auto found = std::find(kMethods.begin(), kMethods.end(), name);
  if (found == kMethods.end()) {
    return invalid("no method to redact: ", name).hint("There are keep, mask, shape, remove, hash and pseudonym.");
  }
  return static_cast<Method>(found - kMethods.begin());
}

/// Calls `take` with the kinds and the value of each "kind=value".
template <class Take>
Status for_each_pair(const std::vector<std::string>& pairs, std::string_view option, Take take) {
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos) {
      return invalid("no = in ", option, ": ", pair).hint("Such as: methods: [email=pseudonym, secret=remove].");
    }
    MP_ASSIGN(const PiiKindSet kinds, pii_kinds_named({pair.substr(0, equals)}));
    MP_TRY(take(kinds, pair.substr(equals + 1)));
  }
  return {};
}

Result<Rules> rules_of(const Options& options) {
  Rules rules;
  MP_ASSIGN(rules.kinds, pii_kinds_named(options.list("kinds")));
  rules.confidence_min = options.number("min_confidence");
  if (rules.confidence_min < 0 || rules.confidence_min > 1) {
    return invalid("min_confidence is not between 0 and 1: ", std::to_string(rules.confidence_min));
  }
  MP_ASSIGN(const Method method, method_named(options.text("method")));
  rules.methods.fill(method);
  for (const PiiKindInfo& info : pii_kinds()) rules.masks[static_cast<std::size_t>(info.kind)] = info.mask;
  MP_TRY(for_each_pair(options.list("methods"), "methods", [&](PiiKindSet kinds, const std::string& name) -> Status {
    MP_ASSIGN(const Method of_kind, method_named(name));
    for (std::size_t i = 0; i < kPiiKinds; ++i) {
      if (kinds[i]) rules.methods[i] = of_kind;
    }
    return {};
  }));
  MP_TRY(for_each_pair(options.list("masks"), "masks", [&](PiiKindSet kinds, const std::string& mask) -> Status {
    for (std::size_t i = 0; i < kPiiKinds; ++i) {
      if (kinds[i]) rules.masks[i] = mask;
    }
    return {};
  }));
  bool keyed = false;
  for (std::size_t i = 0; i < kPiiKinds; ++i) {
    const bool needs = rules.methods[i] == Method::kHash || rules.methods[i] == Method::kPseudonym;
    keyed = keyed || (rules.kinds[i] && needs);
  }
  if (keyed) { MP_ASSIGN(rules.pseudonyms, Pseudonyms::load(options.text("key_env"), options.text("key_file"))); }
  return rules;
}

Result<std::unique_ptr<Operator>> make(const Options& options) {
  MP_ASSIGN(Rules rules, rules_of(options));
  return std::make_unique<RedactPii>(std::move(rules));
}

/// Another key gives other texts.
Result<std::string> key_of(const Options& options) {
  MP_ASSIGN(const Rules rules, rules_of(options));
  return rules.pseudonyms ? rules.pseudonyms->key_id() : std::string();
}

}  // namespace

MILLPOND_OPERATOR(redact_pii) = {
    .name = "redact_pii",
    .summary = "Masks, removes or pseudonymises personal data and secrets in text, as find_pii finds them.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"redactions", int64()}, {"redacted_kinds", kind_counts_type()}, {"redaction_key", utf8()}},
    .rewrites = {{"text", utf8()}},
    .options = {{"kinds", std::vector<std::string>{},
                 "Kinds or groups (contact, network, payment, identity, secret, usual, all); empty: usual."},
                {"min_confidence", 0.6, "Findings less sure than this stay."},
                {"method", "mask",
                 "mask: a word for the kind; shape: x and 0 in place of letters and digits; remove; hash: a tag that a "
                 "key decides; pseudonym: a value of the same form that a key decides; keep."},
                {"methods", std::vector<std::string>{}, "For some kinds or groups: [email=pseudonym, secret=remove]."},
                {"masks", std::vector<std::string>{}, "Masks of one's own: [email=<mail>, phone=***]."},
                {"key_env", "", "Name of the environment variable that holds the key of `hash` and `pseudonym`."},
                {"key_file", "", "File that holds the key instead."}},
    .make = make,
    .fingerprint_of = key_of,
};

}  // namespace millpond::curate
