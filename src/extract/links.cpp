#include "extract/links.h"

#include <cctype>
#include <cstdio>
#include <vector>

#include "extract/text/clean.h"

namespace millpond::extract {
namespace {

constexpr std::size_t kLinksMax = 1000, kTargetBytesMax = 2000, kTextBytesMax = 300, kJsonBytesMax = 256 << 10;

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", c);
      out += escaped;
    } else {
      out += c;
    }
  }
  out += '"';
}

/// Bytes of "https:" at the beginning of an address; 0 if it is relative.
std::size_t scheme_size(std::string_view address) {
  for (std::size_t i = 0; i < address.size(); ++i) {
    const auto c = static_cast<unsigned char>(address[i]);
    if (c == ':') return i > 0 ? i + 1 : 0;
    if (!std::isalpha(c) && (i == 0 || !(std::isdigit(c) || c == '+' || c == '-' || c == '.'))) return 0;
  }
  return 0;
}

bool no_link(std::string_view target) {
  const std::size_t size = scheme_size(target);
  std::string scheme;
  for (const char c : target.substr(0, size)) scheme += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return scheme == "javascript:" || scheme == "data:" || scheme == "vbscript:";
}

/// "/a/./b/../c" → "/a/c".
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> parts;
  bool folder = false;
  for (std::size_t at = 0; at < path.size();) {
    std::size_t end = path.find('/', at);
    folder = end != path.npos;
    if (end == path.npos) end = path.size();
    const std::string_view part = path.substr(at, end - at);
    at = end + 1;
    if (part == "." || part == "..") {
      if (part == ".." && parts.size() > 1) parts.pop_back();
      folder = true;
    } else {
      parts.push_back(part);
    }
  }
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) out.append(i > 0 ? "/" : "").append(parts[i]);
  if (folder) out += '/';
  return out;
}

}  // namespace

void Links::add(std::string_view text, std::string_view target, int page) {
  const std::string clean_target = clean(target);
  if (clean_target.empty() || clean_target == "#" || clean_target.size() > kTargetBytesMax || no_link(clean_target))
    return;
  std::string name = clean(text);
  if (name.size() > kTextBytesMax) {
    name.resize(kTextBytesMax);
    while (!name.empty() && (name.back() & 0xC0) == 0x80) name.pop_back();
    if (!name.empty()) name.pop_back();  // the first byte of what was cut, or one letter
  }
  if (known_.size() >= kLinksMax || json_.size() >= kJsonBytesMax) {
    left_out_ += known_.contains({name, clean_target}) ? 0 : 1;
    return;
  }
  if (!known_.emplace(name, clean_target).second) return;
  json_ += json_.empty() ? "[{\"text\":" : ",{\"text\":";
  append_quoted(json_, name);
  json_ += ",\"target\":";
  append_quoted(json_, clean_target);
  if (page > 0) json_ += ",\"page\":" + std::to_string(page);
  json_ += '}';
}

void Links::settle(Document& document) {
  if (json_.empty()) return;
  document.metadata["links"] = json_ + ']';
  if (left_out_ > 0) document.metadata["links_left_out"] = std::to_string(left_out_);
}

std::string resolved_address(std::string_view base, std::string_view address) {
  const std::size_t scheme = scheme_size(base);
  if (scheme == 0 || !base.substr(scheme).starts_with("//") || scheme_size(address) > 0 || address.starts_with('#') ||
      address.empty()) {
    return std::string(address);
  }
  if (address.starts_with("//")) return std::string(base.substr(0, scheme)).append(address);
  const std::size_t host_end = std::min(base.find_first_of("/?#", scheme + 2), base.size());
  const std::string_view host = base.substr(0, host_end);
  std::string_view path = base.substr(host_end, base.find_first_of("?#", host_end) - host_end);
  if (path.empty()) path = "/";
  if (address.starts_with('?')) return std::string(host).append(path).append(address);
  const std::size_t more = std::min(address.find_first_of("?#"), address.size());
  const std::string_view own = address.substr(0, more);
  const std::string whole =
      own.starts_with('/') ? std::string(own) : std::string(path.substr(0, path.rfind('/') + 1)).append(own);
  return std::string(host).append(without_dots(whole)).append(address.substr(more));
}

}  // namespace millpond::extract
