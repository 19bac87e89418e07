// E-mail addresses, and passwords in URLs: what stands around an @.

#include <algorithm>

#include "curate/pii/pii_text.h"
#include "curate/pii/placeholders.h"

namespace millpond::curate {
namespace {

bool is_local(char c) {
  return is_alnum(c) || std::string_view(".!#$%&'*+/=?^_`{|}~-").find(c) != std::string_view::npos;
}

/// Endings of files that come after an @ (logo@2x.png), and of code.
constexpr std::string_view kNoDomains[] = {"png",  "jpg", "jpeg", "gif",     "svg",    "webp",   "js", "css",   "html",
                                           "json", "xml", "txt",  "service", "target", "socket", "so", "patch", "conf"};
/// Generic domains in wide use; an address of another one is less sure. Those of two letters are countries.
constexpr std::string_view kDomains[] = {
    "com",      "org",     "net",       "edu",      "gov",     "mil",     "int",     "info",   "biz",     "name",
    "pro",      "museum",  "aero",      "coop",     "jobs",    "mobi",    "tel",     "cat",    "asia",    "travel",
    "post",     "xyz",     "online",    "site",     "store",   "shop",    "app",     "dev",    "cloud",   "tech",
    "email",    "live",    "world",     "today",    "space",   "club",    "agency",  "blog",   "group",   "team",
    "work",     "life",    "global",    "digital",  "media",   "news",    "law",     "bank",   "berlin",  "paris",
    "london",   "wien",    "hamburg",   "koeln",    "swiss",   "eus",     "gal",     "test",   "example", "invalid",
    "software", "systems", "solutions", "services", "company", "network", "academy", "health", "energy",  "design"};

struct Domain {
  std::size_t end = 0;
  std::string_view top;
  std::size_t labels = 0;
};

Domain read_domain(const PiiText& text, std::size_t at) {
  constexpr std::size_t kDomainMax = 253;
  Domain domain;
  const std::size_t last = std::min(text.size(), at + kDomainMax);
  while (at < last && is_alnum(text[at])) {
    std::size_t end = at;
    while (end < last && (is_alnum(text[end]) || text[end] == '-')) ++end;
    while (text[end - 1] == '-') --end;
    if (end - at > 63) break;
    domain.top = text.part(at, end), domain.end = end, ++domain.labels;
    if (text[end] != '.') break;
    at = end + 1;
  }
  return domain;
}

double confidence_of(std::string_view top) {
  if (top.size() < 2 || top.size() > 24 || !std::all_of(top.begin(), top.end(), is_letter)) {
    return top.starts_with("xn--") ? 0.9 : 0;
  }
  std::string small(top);
  std::transform(small.begin(), small.end(), small.begin(), lower);
  if (std::find(std::begin(kNoDomains), std::end(kNoDomains), small) != std::end(kNoDomains)) return 0;
  if (top.size() == 2) return 0.97;
  return std::find(std::begin(kDomains), std::end(kDomains), small) != std::end(kDomains) ? 0.99 : 0.75;
}

}  // namespace

void find_email(PiiText& text, std::size_t at) {
  constexpr std::size_t kLocalMax = 64;
  if (!text.wants(PiiKind::kEmail) || !is_alnum(text[at + 1])) return;
  std::size_t begin = at;
  while (begin > 0 && at - begin < kLocalMax && is_local(text[begin - 1])) {
    if (text[begin - 1] == '.' && (begin == at || text[begin] == '.')) break;
    --begin;
  }
  // Marks that only stand before an address: a quote, "mailto=", a path.
  std::size_t from = begin;
  for (std::size_t i = begin; i < at; ++i) {
    if (text[i] == '/' || text[i] == '=' || text[i] == '\'' || text[i] == '`' || text[i] == '|') from = i + 1;
  }
  while (from < at && !is_alnum(text[from]) && text[from] != '_') ++from;
  if (from == at) return;
  // A password in a URL is no address.
  if (from >= 1 && text[from - 1] == ':' && from >= 2 && is_alnum(text[from - 2])) {
    for (std::size_t i = from - 1; i > 0 && from - i < kLocalMax && text[i] > ' '; --i) {
      if (text[i] == '/' && text.before(i) == '/') return;
    }
  }
  const Domain domain = read_domain(text, at + 1);
  if (domain.labels < 2 || text[domain.end] == '@') return;
  const double confidence = confidence_of(domain.top);
  if (confidence > 0) text.add(from, domain.end, PiiKind::kEmail, confidence);
}

void find_url_password(PiiText& text, std::size_t at) {
  constexpr std::size_t kReach = 200;
  if (!text.wants(PiiKind::kPassword)) return;
  std::size_t colon = 0, begin = at;
  for (; begin > 0 && at - begin < kReach; --begin) {
    const char c = text[begin - 1];
    if (c <= ' ' || c == '"' || c == '<' || c == '>' || c == '\'') return;
    if (c == '/' && begin >= 3 && text[begin - 2] == '/' && text[begin - 3] == ':') break;
    if (c == '/' || c == '?' || c == '#') {
      if (c == '/') return;  // the password would have to escape it
    }
    if (c == ':') colon = begin - 1;
  }
  if (begin < 4 || at - begin >= kReach || colon < begin || !is_alnum(text[begin - 4])) return;
  if (!is_alnum(text[at + 1]) && text[at + 1] != '[') return;
  const std::string_view password = text.part(colon + 1, at);
  if (password.size() < 3 || is_placeholder(password)) return;
  text.add(colon + 1, at, PiiKind::kPassword, 0.95);
}

}  // namespace millpond::curate
