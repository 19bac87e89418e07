#include "curate/pii/contacts.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

class MaskPii final : public Operator {
 public:
  explicit MaskPii(const Options& options)
      : emails_(options.flag("emails")),
        addresses_(options.flag("ip_addresses")),
        public_only_(options.flag("public_only")),
        email_masks_(options.list("email_masks")),
        address_masks_(options.list("ip_masks")) {}

  Status process(const Input& in, Output& out, Context& context) override {
    const Utf8Column text = in.utf8("text");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (row % 256 == 0) MP_TRY(context.check());
      Row set = out.emit(row);
      if (text.null(row)) continue;
      std::string_view masked = text[row];
      std::int64_t emails = 0, addresses = 0;
      if (emails_) {
        find_emails(masked, found_);
        emails = mask(masked, email_masks_, without_emails_);
      }
      if (addresses_) {
        find_addresses(masked, public_only_, found_);
        addresses = mask(masked, address_masks_, without_addresses_);
      }
      set.set("text", masked).set("masked_emails", emails).set("masked_ips", addresses);
    }
    return {};
  }

 private:
  /// Puts the masks in turn over what was found; `text` is what comes out.
  std::int64_t mask(std::string_view& text, const std::vector<std::string>& masks, std::string& out) {
    if (found_.empty()) return 0;
    out.clear();
    std::size_t at = 0, next = 0;
    for (const Found& each : found_) {
      out.append(text, at, each.begin - at);
      if (!masks.empty()) out += masks[next++ % masks.size()];
      at = each.end;
    }
    out.append(text, at);
    text = out;
    return static_cast<std::int64_t>(found_.size());
  }

  const bool emails_, addresses_, public_only_;
  const std::vector<std::string> email_masks_, address_masks_;
  std::vector<Found> found_;
  std::string without_emails_, without_addresses_;
};

Result<std::unique_ptr<Operator>> make(const Options& options) { return std::make_unique<MaskPii>(options); }

}  // namespace

MILLPOND_OPERATOR(mask_pii) = {
    .name = "mask_pii",
    .summary = "Puts masks over e-mail and IPv4 addresses in text, which it finds as datatrove does.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"masked_emails", int64()}, {"masked_ips", int64()}},
    .rewrites = {{"text", utf8()}},
    .options = {{"emails", true, "Mask e-mail addresses."},
                {"ip_addresses", true, "Mask IPv4 addresses."},
                {"public_only", true, "Leave addresses of private and reserved networks."},
                {"email_masks", std::vector<std::string>{"email@example.com", "firstname.lastname@example.org"},
                 "Taken in turn within a text."},
                {"ip_masks",
                 std::vector<std::string>{"192.0.2.1", "192.0.2.2", "198.51.100.1", "198.51.100.2", "203.0.113.1"},
                 "Likewise; the defaults are addresses for documentation."}},
    .make = make,
};

}  // namespace millpond::curate
