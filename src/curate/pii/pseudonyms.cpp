#include "curate/pii/pseudonyms.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "curate/pii/check_digits.h"
#include "curate/pii/pii_text.h"
#include "millpond/model/http.h"
#include "pond/object/digest.h"

namespace millpond::curate {
namespace {

constexpr std::size_t kKeyMin = 16, kKeyMax = 4096;

std::string hex_of(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

/// Numbers that a key and a text decide.
class Draws {
 public:
  Draws(std::string_view key, std::string_view purpose, std::string_view value) : key_(key) {
    seed_ = std::string(purpose) + '\n' + std::string(value);
  }
  /// 0 to `limit` - 1; `limit` is at most 256, and the skew of less than 2^-24.
  unsigned next(unsigned limit) {
    if (at_ + 4 > bytes_.size()) {
      bytes_ = pond::hmac_sha256(key_, seed_ + '\n' + std::to_string(block_++));
      at_ = 0;
    }
    std::uint32_t number = 0;
    for (int i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(bytes_[at_++]);
    return static_cast<unsigned>(std::uint64_t{number} * limit >> 32);
  }
  std::string word(std::size_t size) {
    std::string out;
    while (out.size() < size) out += "abcdefghijkmnpqrstuvwxyz23456789"[next(32)];
    return out;
  }

 private:
  const std::string key_;
  std::string seed_, bytes_;
  std::size_t at_ = 0;
  int block_ = 0;
};

/// Letters and digits drawn anew, everything else as it stands.
std::string same_form(std::string_view value, Draws& draws) {
  std::string out(value);
  for (char& c : out) {
    if (is_digit(c)) {
      c = static_cast<char>('0' + draws.next(10));
    } else if (is_letter(c)) {
      c = static_cast<char>((is_upper(c) ? 'A' : 'a') + draws.next(26));
    }
  }
  return out;
}

/// Puts `start` over the first letters and digits.
void begin_with(std::string& value, std::string_view start) {
  std::size_t next = 0;
  for (char& c : value) {
    if (next < start.size() && is_alnum(c)) c = start[next++];
  }
}

void fix_luhn(std::string& value) {
  const std::size_t last = value.find_last_of("0123456789");
  for (char digit = '0'; digit <= '9'; ++digit) {
    value[last] = digit;
    std::string digits;
    std::copy_if(value.begin(), value.end(), std::back_inserter(digits), is_digit);
    if (luhn_holds(digits)) return;
  }
}

std::string card(std::string_view value, Draws& draws) {
  std::string out = same_form(value, draws);
  const auto digits = std::count_if(value.begin(), value.end(), is_digit);
  begin_with(out, digits == 15 ? "340000" : digits == 14 ? "300000" : digits == 16 ? "400000" : "999999");
  fix_luhn(out);
  return out;
}

std::string email(std::string_view key, std::string_view value) {
  const std::size_t at = value.rfind('@');
  Draws name(key, "email", normal_value(PiiKind::kEmail, value));
  Draws domain(key, "domain", normal_value(PiiKind::kEmail, value.substr(at + 1)));
  return name.word(10) + '@' + domain.word(6) + ".example.org";
}

std::string phone(std::string_view value, Draws& draws) {
  std::string out = same_form(value, draws);
  const auto first = std::find_if(value.begin(), value.end(), is_digit);
  if (value.front() == '+') {
    begin_with(out, "999");  // a calling code that is nobody's
  } else if (first != value.end() && *first == '0') {
    begin_with(out, "000");
  } else {
    begin_with(out, "1");  // no area begins so
  }
  return out;
}

std::string ipv4(Draws& draws) {
  std::string out = std::to_string(240 + draws.next(15));  // 240.0.0.0/4 is reserved
  for (int i = 0; i < 3; ++i) out += '.' + std::to_string(draws.next(256));
  return out;
}

std::string ipv6(Draws& draws) {
  std::string out = "2001:db8";  // for documentation
  for (int group = 0; group < 6; ++group) {
    out += ':';
    for (int i = 0; i < 4; ++i) out += "0123456789abcdef"[i == 0 ? 1 + draws.next(15) : draws.next(16)];
  }
  return out;
}

std::string mac(std::string_view value, Draws& draws) {
  std::string out(value);
  for (char& c : out) {
    if (is_hex(c)) c = "0123456789abcdef"[draws.next(16)];
  }
  begin_with(out, "02");  // given out by nobody
  return out;
}

/// Whether the number could be a real one.
bool check_holds(PiiKind kind, std::string_view value) {
  std::string text;
  std::copy_if(value.begin(), value.end(), std::back_inserter(text), is_alnum);
  switch (kind) {
    case PiiKind::kUkNhs: return nhs_holds(text);
    case PiiKind::kDeTaxId: return de_tax_id_holds(text);
    case PiiKind::kFrInsee: return insee_holds(text);
    case PiiKind::kItFiscalCode: return fiscal_code_holds(text);
    case PiiKind::kNlBsn: return bsn_holds(text);
    case PiiKind::kPlPesel: return pesel_holds(text);
    case PiiKind::kInAadhaar: return verhoeff_holds(text);
    case PiiKind::kBrCpf: return cpf_holds(text);
    case PiiKind::kBrCnpj: return cnpj_holds(text);
    case PiiKind::kEsDni: {
      if (text[0] >= 'X') text[0] = static_cast<char>('0' + (text[0] - 'X'));
      return dni_letter(std::string_view(text).substr(0, 8)) == text.back();
    }
    default: return false;
  }
}

/// What nobody has, by the first characters.
std::string_view unused_start(PiiKind kind) {
  switch (kind) {
    case PiiKind::kUsSsn: return "000";
    case PiiKind::kUkNino: return "QQ";
    case PiiKind::kInPan: return "ZZZZ";
    case PiiKind::kBic: return "ZZZZZZ";
    default: return "";
  }
}

std::string identity(PiiKind kind, std::string_view value, Draws& draws) {
  constexpr int kTries = 64;
  std::string out;
  for (int i = 0; i < kTries; ++i) {
    out = same_form(value, draws);
    if (kind == PiiKind::kEsDni && is_letter(value[0])) out[0] = value[0];
    if (kind == PiiKind::kUkNino) out.back() = value.back();
    begin_with(out, unused_start(kind));
    if (!check_holds(kind, out)) break;
  }
  if (kind == PiiKind::kUsItin) {
    std::size_t digit = 0;
    for (char& c : out) {
      if (!is_digit(c)) continue;
      c = digit == 0 ? '9' : digit == 3 || digit == 4 ? '0' : c;  // no group of 00 is given out
      ++digit;
    }
  }
  return out;
}

}  // namespace

Pseudonyms::Pseudonyms(std::string key) : key_(std::move(key)) {
  key_id_ = hex_of(pond::hmac_sha256(key_, "which key").substr(0, 6));
}

Result<std::shared_ptr<const Pseudonyms>> Pseudonyms::load(const std::string& key_env, const std::string& key_file) {
  if (key_env.empty() == key_file.empty()) {
    return invalid(key_env.empty() ? "`hash` and `pseudonym` need a key" : "there are both key_env and key_file")
        .hint("key_env names an environment variable with the key, key_file a file; the key itself is in no option.");
  }
  std::string key;
  if (!key_env.empty()) {
    MP_ASSIGN(key, model::key_from_environment(key_env));
  } else {
    std::ifstream file(key_file, std::ios::binary);
    if (!file || !std::filesystem::is_regular_file(key_file)) {
      return not_found("file with the key of pseudonyms: ", key_file);
    }
    key.resize(kKeyMax);
    file.read(key.data(), static_cast<std::streamsize>(key.size()));
    key.resize(static_cast<std::size_t>(file.gcount()));
    while (key.ends_with('\n') || key.ends_with('\r')) key.pop_back();
  }
  if (key.size() < kKeyMin) {
    return error(Code::kUnauthenticated, "key of pseudonyms has less than 16 bytes, in ",
                 key_env.empty() ? key_file : key_env)
        .hint("`openssl rand -hex 32` makes a good one.");
  }
  return std::make_shared<const Pseudonyms>(std::move(key));
}

std::string normal_value(PiiKind kind, std::string_view value) {
  const bool all = kind == PiiKind::kEmail || kind == PiiKind::kIpv6 || info_of(kind).group == "secret" ||
                   kind == PiiKind::kCryptoAddress;
  std::string out;
  for (const char c : value) {
    if (all || is_wordy(c)) out += c;
  }
  // Secrets and addresses of coins mean what they say to the letter.
  if (kind != PiiKind::kCryptoAddress && info_of(kind).group != "secret") {
    std::transform(out.begin(), out.end(), out.begin(), lower);
  }
  if (kind == PiiKind::kIpv4) out = value;
  return out;
}

std::string Pseudonyms::tag(PiiKind kind, std::string_view value) const {
  const PiiKindInfo& info = info_of(kind);
  const std::string purpose = "tag\n" + std::string(info.name) + '\n';
  const std::string hash = hex_of(pond::hmac_sha256(key_, purpose + normal_value(kind, value)).substr(0, 6));
  return std::string(info.mask.substr(0, info.mask.size() - 1)) + ' ' + hash + ']';
}

std::string Pseudonyms::pseudonym(PiiKind kind, std::string_view value) const {
  Draws draws(key_, info_of(kind).name, normal_value(kind, value));
  switch (kind) {
    case PiiKind::kEmail: return email(key_, value);
    case PiiKind::kPhone: return phone(value, draws);
    case PiiKind::kIpv4: return ipv4(draws);
    case PiiKind::kIpv6: return ipv6(draws);
    case PiiKind::kMac: return mac(value, draws);
    case PiiKind::kCreditCard: return card(value, draws);
    case PiiKind::kIban: {
      std::string out = same_form(value, draws);
      begin_with(out, std::string(value.substr(0, 2)) + "00");  // no IBAN has these check digits
      return out;
    }
    default: break;
  }
  if (info_of(kind).group == "identity" || kind == PiiKind::kBic) return identity(kind, value, draws);
  return tag(kind, value);
}

}  // namespace millpond::curate
