#include "extract/time_text.h"

#include <charconv>
#include <cstdio>

namespace millpond::extract {

std::string time_mark(std::int64_t ms) {
  char out[64];
  std::snprintf(out, sizeof out, "[%lld:%02d:%02d]", static_cast<long long>(ms / 3'600'000),
                static_cast<int>(ms / 60'000 % 60), static_cast<int>(ms / 1000 % 60));
  return out;
}

std::int64_t time_mark_ms(std::string_view text) {
  const std::size_t end = text.substr(0, 16).find(']');
  if (!text.starts_with('[') || end == std::string_view::npos) return -1;
  std::string_view rest = text.substr(1, end - 1);
  std::int64_t seconds = 0;
  for (int part = 0; part < 3; ++part) {
    int value = 0;
    const auto [stop, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (problem != std::errc() || value < 0) return -1;
    rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
    if (part < 2 ? !rest.starts_with(':') : !rest.empty()) return -1;
    if (part < 2) rest.remove_prefix(1);
    seconds = seconds * 60 + value;
  }
  return seconds * 1000;
}

}  // namespace millpond::extract
