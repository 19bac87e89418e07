#include "ask/time_mark.h"

#include <algorithm>

namespace millpond::ask {
namespace {

bool digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The time of a mark at the beginning of `text`; empty if there is none.
std::string_view mark_of(std::string_view text) {
  const std::size_t end = text.substr(0, 16).find(']');
  if (!text.starts_with('[') || end == std::string_view::npos || end < 8) return {};
  const std::string_view time = text.substr(1, end - 1), rest = time.substr(time.size() - 6);
  const bool clock = rest[0] == ':' && rest[3] == ':' && digits(rest.substr(1, 2)) && digits(rest.substr(4));
  return clock && digits(time.substr(0, time.size() - 6)) ? time : std::string_view();
}

}  // namespace

std::string_view time_at(std::string_view text, std::uint32_t at) {
  for (std::size_t place = text.rfind('[', at); place != std::string_view::npos;) {
    const bool begins = place == 0 || text[place - 1] == '\n' || text[place - 1] == ' ';
    if (const std::string_view time = mark_of(text.substr(place)); begins && !time.empty()) return time;
    if (place == 0) break;
    place = text.rfind('[', place - 1);
  }
  return {};
}

}  // namespace millpond::ask
