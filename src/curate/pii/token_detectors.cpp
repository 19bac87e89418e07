// Secrets that say what they are: tokens of services by prefix, JSON web tokens, private keys.

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "curate/pii/pii_text.h"
#include "curate/pii/placeholders.h"

namespace millpond::curate {
namespace {

enum class Form : unsigned char { kAlnum, kHex, kUpper, kLower, kUrl };  // kUrl: also - and _

struct Prefix {
  std::string_view text;
  unsigned short shortest, longest;  // characters after the prefix
  Form form;
  PiiKind kind = PiiKind::kServiceToken;
};

// As the services document them, by first character. The longest prefix that fits counts.
constexpr Prefix kPrefixes[] = {
    {"A3T", 17, 17, Form::kUpper, PiiKind::kCloudKey},  // AWS, as the next six
    {"AKIA", 16, 16, Form::kUpper, PiiKind::kCloudKey},
    {"ASIA", 16, 16, Form::kUpper, PiiKind::kCloudKey},
    {"ABIA", 16, 16, Form::kUpper, PiiKind::kCloudKey},
    {"ACCA", 16, 16, Form::kUpper, PiiKind::kCloudKey},
    {"AIza", 35, 35, Form::kUrl, PiiKind::kCloudKey},  // Google
    {"ATATT3", 180, 200, Form::kUrl},                  // Atlassian
    {"ATCTT3", 180, 200, Form::kUrl},
    {"CFPAT-", 43, 43, Form::kUrl},             // Contentful
    {"EAACEdEose0cBA", 20, 220, Form::kAlnum},  // Facebook
    {"FLWSECK_TEST-", 12, 34, Form::kAlnum},
    {"GOCSPX-", 28, 28, Form::kUrl, PiiKind::kCloudKey},  // Google OAuth
    {"HRKU-AA", 50, 60, Form::kUrl},                      // Heroku
    {"LTAI", 16, 21, Form::kAlnum, PiiKind::kCloudKey},   // Alibaba
    {"NRAK-", 27, 27, Form::kUpper},                      // New Relic
    {"PMAK-", 59, 59, Form::kUrl},                        // Postman
    {"dapi", 32, 32, Form::kHex},                         // Databricks
    {"dckr_pat_", 27, 27, Form::kUrl},                    // Docker
    {"doo_v1_", 64, 64, Form::kHex},                      // DigitalOcean
    {"dop_v1_", 64, 64, Form::kHex},
    {"dor_v1_", 64, 64, Form::kHex},
    {"dp_pt_", 40, 44, Form::kAlnum},  // Doppler
    {"dt0c01", 24, 24, Form::kUpper},  // Dynatrace
    {"figd_", 40, 60, Form::kUrl},     // Figma
    {"fo1_", 43, 43, Form::kUrl},      // Fly
    {"gho_", 36, 36, Form::kAlnum},    // GitHub, with a checksum
    {"ghp_", 36, 36, Form::kAlnum},
    {"ghr_", 36, 36, Form::kAlnum},
    {"ghs_", 36, 36, Form::kAlnum},
    {"ghu_", 36, 36, Form::kAlnum},
    {"github_pat_", 82, 82, Form::kUrl},
    {"glagent-", 50, 50, Form::kUrl},  // GitLab
    {"glcbt-", 20, 30, Form::kUrl},
    {"gldt-", 20, 20, Form::kUrl},
    {"glft-", 20, 30, Form::kUrl},
    {"glimt-", 25, 25, Form::kUrl},
    {"glpat-", 20, 64, Form::kUrl},
    {"glptt-", 40, 40, Form::kUrl},
    {"glrt-", 20, 30, Form::kUrl},
    {"glsa_", 41, 41, Form::kUrl},  // Grafana
    {"glc_", 32, 400, Form::kUrl},
    {"gsk_", 52, 52, Form::kAlnum},  // Groq
    {"hf_", 34, 34, Form::kAlnum},   // Hugging Face
    {"api_org_", 34, 34, Form::kAlnum},
    {"lin_api_", 40, 40, Form::kAlnum},  // Linear
    {"live_", 35, 35, Form::kUrl},
    {"nfp_", 40, 40, Form::kAlnum},  // Netlify
    {"npm_", 36, 36, Form::kAlnum},  // npm
    {"ntn_", 46, 46, Form::kAlnum},  // Notion
    {"secret_", 43, 43, Form::kAlnum},
    {"nvapi-", 64, 64, Form::kUrl},    // NVIDIA
    {"oy2", 43, 43, Form::kLower},     // NuGet
    {"pat-na1-", 36, 36, Form::kUrl},  // HubSpot
    {"phc_", 43, 43, Form::kAlnum},    // PostHog
    {"phx_", 43, 43, Form::kAlnum},
    {"pscale_tkn_", 32, 64, Form::kUrl},  // PlanetScale
    {"pscale_pw_", 32, 64, Form::kUrl},
    {"pul-", 40, 40, Form::kHex},                    // Pulumi
    {"pypi-AgEIcHlwaS5vcmc", 50, 1000, Form::kUrl},  // PyPI
    {"r8_", 37, 37, Form::kAlnum},                   // Replicate
    {"rk_live_", 20, 247, Form::kAlnum},             // Stripe
    {"rk_test_", 20, 247, Form::kAlnum},
    {"rubygems_", 48, 48, Form::kHex},
    {"sbp_", 40, 40, Form::kHex},    // Supabase
    {"sgp_", 40, 60, Form::kUrl},    // Sourcegraph
    {"shpat_", 32, 32, Form::kHex},  // Shopify
    {"shpca_", 32, 32, Form::kHex},
    {"shppa_", 32, 32, Form::kHex},
    {"shpss_", 32, 32, Form::kHex},
    {"sk-ant-admin01-", 80, 120, Form::kUrl},  // Anthropic
    {"sk-ant-api03-", 80, 120, Form::kUrl},
    {"sk-or-v1-", 64, 64, Form::kHex},  // OpenRouter
    {"sk-proj-", 40, 200, Form::kUrl},  // OpenAI
    {"sk-svcacct-", 40, 200, Form::kUrl},
    {"sk-admin-", 40, 200, Form::kUrl},
    {"sk-", 48, 48, Form::kAlnum},
    {"sk-", 32, 32, Form::kHex},          // DeepSeek
    {"sk_live_", 20, 247, Form::kAlnum},  // Stripe
    {"sk_test_", 20, 247, Form::kAlnum},
    {"SK", 32, 32, Form::kHex},  // Twilio, by context
    {"AC", 32, 32, Form::kHex},
    {"sntrys_", 60, 400, Form::kUrl},  // Sentry
    {"sntryu_", 64, 64, Form::kHex},
    {"sq0atp-", 22, 60, Form::kUrl},  // Square
    {"sq0csp-", 43, 43, Form::kUrl},
    {"tskey-api-", 20, 60, Form::kUrl},  // Tailscale
    {"tskey-auth-", 20, 60, Form::kUrl},
    {"vercel_", 24, 24, Form::kAlnum},
    {"whsec_", 32, 64, Form::kAlnum},
    {"xai-", 80, 80, Form::kAlnum},
    {"xapp-", 60, 120, Form::kUrl},  // Slack
    {"xoxa-", 30, 200, Form::kUrl},
    {"xoxb-", 30, 200, Form::kUrl},
    {"xoxe-", 30, 250, Form::kUrl},
    {"xoxo-", 30, 200, Form::kUrl},
    {"xoxp-", 30, 250, Form::kUrl},
    {"xoxr-", 30, 200, Form::kUrl},
    {"xoxs-", 30, 200, Form::kUrl},
    {"xkeysib-", 81, 81, Form::kUrl},  // Brevo
    {"ya29", 60, 400, Form::kUrl, PiiKind::kCloudKey},
};
constexpr std::string_view kTwilioWords[] = {"twilio", "sid"};

bool fits(std::string_view rest, Form form) {
  switch (form) {
    case Form::kAlnum: return std::all_of(rest.begin(), rest.end(), is_alnum);
    case Form::kHex:
      return std::all_of(rest.begin(), rest.end(), [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
    case Form::kUpper: return std::all_of(rest.begin(), rest.end(), [](char c) { return is_digit(c) || is_upper(c); });
    case Form::kLower: return std::all_of(rest.begin(), rest.end(), [](char c) { return is_alnum(c) && !is_upper(c); });
    case Form::kUrl: return true;
  }
  return false;
}

/// The last six characters of a token of GitHub are the CRC-32 of those before, in base 62.
bool github_checksum_holds(std::string_view body) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : body.substr(0, body.size() - 6)) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  crc = ~crc;
  constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (std::size_t i = body.size(); i-- > body.size() - 6; crc /= 62) {
    if (body[i] != kDigits[crc % 62]) return false;
  }
  return true;
}

/// By first byte, where its prefixes begin in the table; a prefix of another byte may stand between.
bool may_begin(char c) {
  static constexpr std::array<bool, 256> kFirst = [] {
    std::array<bool, 256> first{};
    for (const Prefix& prefix : kPrefixes) first[static_cast<unsigned char>(prefix.text[0])] = true;
    return first;
  }();
  return kFirst[static_cast<unsigned char>(c)];
}

bool find_by_prefix(PiiText& text, std::size_t begin, std::size_t end) {
  const std::string_view word = text.part(begin, end);
  if (!may_begin(word[0])) return false;
  for (const Prefix& prefix : kPrefixes) {
    if (!word.starts_with(prefix.text)) continue;
    const std::string_view rest = word.substr(prefix.text.size());
    if (rest.size() < prefix.shortest || rest.size() > prefix.longest || !fits(rest, prefix.form)) continue;
    if (is_placeholder(rest) || entropy_bits(rest) < (prefix.form == Form::kHex ? 2.8 : 3.0)) return true;
    double confidence = prefix.text.size() >= 5 ? 0.99 : 0.95;
    if (prefix.text.size() == 2 && !text.mentions(begin, kTwilioWords, 60)) continue;
    if (word.starts_with("gh") && word[3] == '_') confidence = github_checksum_holds(rest) ? 1 : 0.9;
    // Words that a snake_case or kebab-case name is made of are no secret.
    if (prefix.form == Form::kUrl && std::none_of(rest.begin(), rest.end(), is_digit)) continue;
    text.add(begin, end, prefix.kind, confidence);
    return true;
  }
  return false;
}

bool is_json_object(std::string_view base64) {
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : base64) {
    const int value = is_upper(c)    ? c - 'A'
                      : is_letter(c) ? c - 'a' + 26
                      : is_digit(c)  ? c - '0' + 52
                      : c == '-'     ? 62
                                     : 63;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if ((held += 6) >= 8) bytes += static_cast<char>(bits >> (held -= 8));
  }
  return nlohmann::json::accept(bytes) && bytes.starts_with('{');
}

bool in_token(char c) { return is_alnum(c) || c == '-' || c == '_'; }

void find_jwt(PiiText& text, std::size_t begin, std::size_t end) {
  constexpr std::size_t kPartMax = 8192;
  if (!text.wants(PiiKind::kJwt) || !text.part(begin, end).starts_with("eyJ") || text[end] != '.') return;
  std::size_t claims = end + 1, claims_end = claims;
  while (in_token(text[claims_end]) && claims_end - claims < kPartMax) ++claims_end;
  if (text[claims_end] != '.' || claims_end - claims < 8) return;
  std::size_t last = claims_end + 1;
  while (in_token(text[last]) && last - claims_end < kPartMax) ++last;
  if (last - claims_end < 16 || end - begin > kPartMax) return;
  if (is_json_object(text.part(begin, end)) && is_json_object(text.part(claims, claims_end))) {
    text.add(begin, last, PiiKind::kJwt, 0.99);
  }
}

/// Tokens with a point or colon inside: "SG.….…", "hvs.…", "123456789:AA…", "….atlasv1.…".
bool find_divided(PiiText& text, std::size_t begin, std::size_t end) {
  const std::size_t size = end - begin;
  const char before = text.before(begin);
  if (before == '.' && begin >= 4 && text.part(begin - 4, begin) == "hvs." && size >= 80) {
    text.add(begin - 4, end, PiiKind::kServiceToken, 0.98);  // HashiCorp Vault
    return true;
  }
  if (before == '.' && begin >= 3 && text.part(begin - 3, begin) == "SG." && size == 22 && text[end] == '.') {
    std::size_t last = end + 1;
    while (in_token(text[last]) && last - end < 50) ++last;
    if (last - end == 44) text.add(begin - 3, last, PiiKind::kServiceToken, 0.99);  // SendGrid
    return true;
  }
  if (before == ':' && size == 35 && text.part(begin, begin + 2) == "AA") {
    std::size_t from = begin - 1;
    while (from > 0 && begin - from < 12 && is_digit(text[from - 1])) --from;
    if (begin - from >= 9 && begin - from <= 11 && !is_wordy(text.before(from))) {
      text.add(from, end, PiiKind::kServiceToken, 0.98);  // Telegram
    }
    return true;
  }
  return false;
}

}  // namespace

void find_token(PiiText& text, std::size_t begin, std::size_t end) {
  if (end - begin > 16384) return;
  // A hyphen or underscore before a token is a mark of a list, or part of a name.
  while (begin < end && (text[begin] == '-' || text[begin] == '_')) ++begin;
  if (end - begin < 20) return;
  if (find_divided(text, begin, end) || find_by_prefix(text, begin, end)) return;
  find_jwt(text, begin, end);
}

void find_private_key(PiiText& text, std::size_t at) {
  if (!text.wants(PiiKind::kPrivateKey)) return;
  constexpr std::string_view kBegin = "-----BEGIN ", kKey = "PRIVATE KEY";
  constexpr std::size_t kLabelMax = 40, kKeyMax = 32768, kKeyMin = 64;
  if (text.from(at, kBegin.size()) != kBegin) return;
  const std::size_t label = at + kBegin.size();
  const std::size_t close = text.from(label, kLabelMax).find("-----");
  if (close == std::string_view::npos) return;
  const std::string_view name = text.part(label, label + close);
  if (name.find(kKey) == std::string_view::npos) return;
  // To the line that ends it, or as far as the text looks like one.
  const std::size_t body = label + close + 5;
  const std::size_t stop = text.from(body, kKeyMax).find("-----");
  std::size_t end = body, letters = 0;
  if (stop != std::string_view::npos && text.from(body + stop, 9) == "-----END ") {
    end = body + stop + 9;
    const std::size_t rest = text.from(end, kLabelMax).find("-----");
    end = rest == std::string_view::npos ? end : end + rest + 5;
    for (std::size_t i = body; i < body + stop; ++i) letters += is_alnum(text[i]);
  } else {
    while (end < text.size() && end - body < kKeyMax) {
      const char c = text[end];
      if (!is_alnum(c) && std::string_view("+/=\r\n\\").find(c) == std::string_view::npos) break;
      letters += is_alnum(c);
      ++end;
    }
  }
  if (letters >= kKeyMin) text.add(at, end, PiiKind::kPrivateKey, 1);
}

}  // namespace millpond::curate
