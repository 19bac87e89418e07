#include "curate/pii/pii_kinds.h"

#include <algorithm>
#include <array>

namespace millpond::curate {
namespace {

using enum PiiKind;

constexpr std::array<PiiKindInfo, kPiiKinds> kKinds{{
    {kEmail, "email", "contact", true, "[EMAIL]", "E-mail addresses with a top-level domain."},
    {kPhone, "phone", "contact", true, "[PHONE]", "Phone numbers: +…, North American, and national ones by context."},
    {kStreetAddress, "street_address", "contact", true, "[ADDRESS]", "House number and street, English and German."},
    {kCoordinates, "coordinates", "contact", true, "[COORDINATES]", "Latitude and longitude, by context."},
    {kBirthDate, "birth_date", "contact", true, "[BIRTH_DATE]", "Dates beside words as born or date of birth."},
    {kIpv4, "ipv4", "network", true, "[IP]", "Public IPv4 addresses."},
    {kIpv6, "ipv6", "network", true, "[IP]", "Public IPv6 addresses."},
    {kMac, "mac_address", "network", true, "[MAC]", "Hardware addresses of six bytes."},
    {kCreditCard, "credit_card", "payment", true, "[CARD]", "Card numbers of known issuers with a right check digit."},
    {kIban, "iban", "payment", true, "[IBAN]", "IBANs of the right length for the country, modulo 97."},
    {kBic, "bic", "payment", true, "[BIC]", "BICs within 60 characters after an IBAN."},
    {kCryptoAddress, "crypto_address", "payment", true, "[WALLET]",
     "Bitcoin addresses with a right checksum; Ethereum."},
    {kUsSsn, "us_ssn", "identity", true, "[SSN]", "US social security numbers."},
    {kUsItin, "us_itin", "identity", true, "[ITIN]", "US taxpayer numbers of individuals."},
    {kUkNino, "uk_nino", "identity", true, "[NINO]", "UK national insurance numbers."},
    {kUkNhs, "uk_nhs", "identity", true, "[NHS]", "UK NHS numbers (modulo 11), by context."},
    {kDeTaxId, "de_tax_id", "identity", true, "[STEUER_ID]", "German tax numbers of persons, by context."},
    {kFrInsee, "fr_insee", "identity", true, "[INSEE]", "French INSEE numbers with their key."},
    {kEsDni, "es_dni", "identity", true, "[DNI]", "Spanish DNI and NIE with their letter."},
    {kItFiscalCode, "it_fiscal_code", "identity", true, "[CF]", "Italian fiscal codes with their check letter."},
    {kNlBsn, "nl_bsn", "identity", true, "[BSN]", "Dutch citizen service numbers, by context."},
    {kPlPesel, "pl_pesel", "identity", true, "[PESEL]", "Polish PESEL numbers, by context."},
    {kInAadhaar, "in_aadhaar", "identity", true, "[AADHAAR]", "Indian Aadhaar numbers (Verhoeff)."},
    {kInPan, "in_pan", "identity", true, "[PAN]", "Indian permanent account numbers."},
    {kBrCpf, "br_cpf", "identity", true, "[CPF]", "Brazilian CPF numbers with their check digits."},
    {kBrCnpj, "br_cnpj", "identity", true, "[CNPJ]", "Brazilian CNPJ numbers with their check digits."},
    {kPassport, "passport", "identity", true, "[PASSPORT]", "Passport numbers beside the word."},
    {kPrivateKey, "private_key", "secret", true, "[PRIVATE_KEY]", "Private keys in PEM blocks."},
    {kCloudKey, "cloud_key", "secret", true, "[CLOUD_KEY]", "Keys of AWS, Google Cloud and Azure."},
    {kServiceToken, "service_token", "secret", true, "[TOKEN]", "Tokens of some 60 services by prefix and length."},
    {kJwt, "jwt", "secret", true, "[JWT]", "JSON web tokens that parse."},
    {kPassword, "password", "secret", true, "[PASSWORD]", "Passwords in assignments, URLs and connection strings."},
    {kSecret, "secret", "secret", true, "[SECRET]", "Values of high entropy beside words as secret or api_key."},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kPiiKinds; ++i) {
    if (static_cast<std::size_t>(kKinds[i].kind) != i) return false;
  }
  return true;
}
static_assert(in_order());

std::string all_names() {
  std::string names = "usual, all, contact, network, payment, identity, secret";
  for (const PiiKindInfo& info : kKinds) {
    if (info.name != info.group) names += ", " + std::string(info.name);
  }
  return names;
}

}  // namespace

std::span<const PiiKindInfo> pii_kinds() { return kKinds; }
const PiiKindInfo& info_of(PiiKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

const PiiKindInfo* find_pii_kind(std::string_view name) {
  const auto found = std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& info) { return info.name == name; });
  return found == kKinds.end() ? nullptr : &*found;
}

Result<PiiKindSet> pii_kinds_named(const std::vector<std::string>& names) {
  PiiKindSet kinds;
  const std::vector<std::string> usual{"usual"};
  for (const std::string& name : names.empty() ? usual : names) {
    bool known = false;
    for (std::size_t i = 0; i < kPiiKinds; ++i) {
      const PiiKindInfo& info = kKinds[i];
      if (name == "all" || name == info.name || name == info.group || (name == "usual" && info.usual)) {
        kinds.set(i);
        known = true;
      }
    }
    if (!known) return invalid("no kind of personal data: ", name).hint("There are: " + all_names() + ".");
  }
  return kinds;
}

}  // namespace millpond::curate
