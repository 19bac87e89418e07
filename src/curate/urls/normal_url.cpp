#include "curate/urls/normal_url.h"

#include <algorithm>
#include <array>
#include <vector>

#include "curate/normal_form.h"

namespace millpond::curate {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool unreserved(char c) {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
}

/// Percent signs of what needs none are resolved; the digits of the others are in upper case.
std::string unescaped(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      out += text[i];
      continue;
    }
    const char c = static_cast<char>(high * 16 + low);
    if (unreserved(c)) {
      out += c;
    } else {
      out += {'%', kDigits[static_cast<std::size_t>(high)], kDigits[static_cast<std::size_t>(low)]};
    }
    i += 2;
  }
  return out;
}

bool only_tracks(std::string_view parameter) {
  static constexpr std::array<std::string_view, 14> kNames = {"gclid",  "fbclid", "msclkid", "dclid",  "yclid",
                                                              "gbraid", "wbraid", "igshid",  "mc_cid", "mc_eid",
                                                              "_ga",    "_gl",    "ref_src", "spm"};
  const std::string_view name = parameter.substr(0, parameter.find('='));
  return name.substr(0, 4) == "utm_" || std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

std::string host_of(std::string_view authority) {
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  for (const std::string_view port : {":80", ":443", ":"}) {
    if (authority.size() > port.size() && authority.substr(authority.size() - port.size()) == port)
      authority.remove_suffix(port.size());
  }
  std::string host(authority);
  std::transform(host.begin(), host.end(), host.begin(), lower);
  if (!host.empty() && host.back() == '.') host.pop_back();
  if (host.substr(0, 4) == "www.") host.erase(0, 4);
  return host;
}

std::string path_of(std::string_view path) {
  std::vector<std::string_view> kept;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    if (part == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!part.empty() && part != ".") {
      kept.push_back(part);
    }
    path.remove_prefix(std::min(path.size(), slash + 1));
  }
  std::string joined;
  for (const std::string_view part : kept) joined += "/" + std::string(part);
  return joined;
}

std::string query_of(std::string_view query) {
  std::string kept;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    if (!parameter.empty() && !only_tracks(parameter)) kept += (kept.empty() ? '?' : '&') + std::string(parameter);
    query.remove_prefix(std::min(query.size(), end + 1));
  }
  return kept;
}

}  // namespace

std::string normal_url(std::string_view url, bool query) {
  while (!url.empty() && is_white_space(url.front())) url.remove_prefix(1);
  while (!url.empty() && is_white_space(url.back())) url.remove_suffix(1);
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos || scheme == 0 || scheme > 10) return std::string(url);
  url = url.substr(scheme + 3);
  url = url.substr(0, url.find('#'));
  const std::size_t question = std::min(url.find('?'), url.size());
  const std::string_view place = url.substr(0, question);
  const std::size_t slash = std::min(place.find('/'), place.size());
  std::string normal = host_of(place.substr(0, slash)) + path_of(unescaped(place.substr(slash)));
  if (query && question < url.size()) normal += query_of(unescaped(url.substr(question + 1)));
  return normal;
}

}  // namespace millpond::curate
