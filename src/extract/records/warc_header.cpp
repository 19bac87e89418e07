#include "extract/records/warc_header.h"

#include <algorithm>
#include <cctype>

namespace millpond::extract {

std::size_t warc_header_size(std::string_view bytes) {
  std::size_t at = 0;
  while ((at = bytes.find('\n', at)) != std::string_view::npos) {
    ++at;
    if (bytes.substr(at).starts_with("\r\n")) return at + 2;
    if (bytes.substr(at).starts_with('\n')) return at + 1;
  }
  return 0;
}

std::string_view warc_field(std::string_view header, std::string_view name) {
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  std::size_t at = header.find('\n');
  while (at != std::string_view::npos && ++at < header.size()) {
    const std::size_t end = header.find('\n', at);
    std::string_view line = header.substr(at, end == std::string_view::npos ? end : end - at);
    at = end;
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (!std::equal(name.begin(), name.end(), line.begin(), [&](char a, char b) { return same(b, a); })) continue;
    line.remove_prefix(name.size() + 1);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    return line;
  }
  return {};
}

}  // namespace millpond::extract
