#pragma once
// What kinds of personal data and secrets can be found, and by which names a user asks for them.

#include <bitset>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::curate {

enum class PiiKind : std::uint8_t {
  kEmail,
  kPhone,
  kStreetAddress,
  kCoordinates,
  kBirthDate,
  kIpv4,
  kIpv6,
  kMac,
  kCreditCard,
  kIban,
  kBic,
  kCryptoAddress,
  kUsSsn,
  kUsItin,
  kUkNino,
  kUkNhs,
  kDeTaxId,
  kFrInsee,
  kEsDni,
  kItFiscalCode,
  kNlBsn,
  kPlPesel,
  kInAadhaar,
  kInPan,
  kBrCpf,
  kBrCnpj,
  kPassport,
  kPrivateKey,
  kCloudKey,
  kServiceToken,
  kJwt,
  kPassword,
  kSecret,
};
inline constexpr std::size_t kPiiKinds = static_cast<std::size_t>(PiiKind::kSecret) + 1;

struct PiiKindInfo {
  PiiKind kind;
  std::string_view name, group;
  bool usual;             ///< looked for unless the user names kinds; its precision is .95 or more (docs/pii.md)
  std::string_view mask;  ///< what stands in its place by default
  std::string_view summary;
};

/// One for each kind, in their order.
std::span<const PiiKindInfo> pii_kinds();
const PiiKindInfo& info_of(PiiKind kind);
/// Null if there is no kind of this name.
const PiiKindInfo* find_pii_kind(std::string_view name);

using PiiKindSet = std::bitset<kPiiKinds>;

/// The kinds of these names: those of kinds, of groups, "usual" (also if there are none) and "all".
/// Errors: kInvalidArgument for another name; the hint lists them.
Result<PiiKindSet> pii_kinds_named(const std::vector<std::string>& names);

/// A place in a text. Units: bytes, half-open.
struct PiiFinding {
  std::size_t begin = 0, end = 0;
  PiiKind kind = PiiKind::kEmail;
  float confidence = 0;  ///< 0 to 1
};

}  // namespace millpond::curate
