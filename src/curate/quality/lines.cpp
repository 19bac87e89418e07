#include "curate/quality/lines.h"

#include <bit>

#include "curate/words/char_classes.h"

namespace millpond::curate {
namespace {

/// Bytes of a line end at `at`, or 0.
std::size_t line_end(std::string_view text, std::size_t at) {
  const auto c = static_cast<unsigned char>(text[at]);
  if (c >= 0x20 && c != 0xC2 && c != 0xE2) return 0;
  if (c == '\r') return at + 1 < text.size() && text[at + 1] == '\n' ? 2 : 1;
  if ((c >= '\n' && c <= '\f') || (c >= 0x1C && c <= 0x1E)) return 1;
  if (c == 0xC2) return text.substr(at, 2) == "\xC2\x85" ? 2 : 0;
  if (c == 0xE2) {
    const std::string_view three = text.substr(at, 3);
    return three == "\xE2\x80\xA8" || three == "\xE2\x80\xA9" ? 3 : 0;
  }
  return 0;
}

/// Splits at runs of at least `least` newlines.
void split_runs(std::string_view text, std::size_t least, std::vector<std::string_view>& pieces) {
  pieces.clear();
  std::size_t begin = 0, at = 0;
  while (true) {
    at = text.find('\n', at);
    if (at == std::string_view::npos) break;
    std::size_t end = at;
    while (end < text.size() && text[end] == '\n') ++end;
    if (end - at >= least) {
      pieces.push_back(text.substr(begin, at - begin));
      begin = end;
    }
    at = end;
  }
  pieces.push_back(text.substr(begin));
}

}  // namespace

std::string_view stripped_left(std::string_view text) {
  const CharClasses& classes = CharClasses::get();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t here = at;
    if (!(classes.of(decode(text, at)) & kSpace)) return text.substr(here);
  }
  return {};
}

std::string_view stripped_right(std::string_view text) {
  const CharClasses& classes = CharClasses::get();
  while (!text.empty()) {
    std::size_t at = text.size() - 1;
    while (at > 0 && text.size() - at < 4 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
    std::size_t next = at;
    if (!(classes.of(decode(text, next)) & kSpace)) break;
    text = text.substr(0, at);
  }
  return text;
}

std::string_view stripped(std::string_view text) { return stripped_right(stripped_left(text)); }

void split_lines(std::string_view text, std::vector<std::string_view>& lines) {
  lines.clear();
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    for (; at + 8 <= text.size(); at += 8) {
      const std::uint64_t bytes = load_bytes(text.data() + at);
      const std::uint64_t marked = ((bytes - 0x20 * kEachByte) | bytes) & kEachTop;  // the lowest one is right
      if (marked == 0) continue;
      at += static_cast<std::size_t>(std::countr_zero(marked)) / 8;
      break;
    }
    if (at == text.size()) break;
    const std::size_t end = line_end(text, at);
    if (end == 0) {
      ++at;
      continue;
    }
    lines.push_back(text.substr(begin, at - begin));
    begin = at += end;
  }
  if (begin < text.size()) lines.push_back(text.substr(begin));
}

void split_newlines(std::string_view text, std::vector<std::string_view>& lines) {
  lines.clear();
  while (true) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

void split_breaks(std::string_view text, std::vector<std::string_view>& pieces) { split_runs(text, 1, pieces); }
void split_paragraphs(std::string_view text, std::vector<std::string_view>& pieces) { split_runs(text, 2, pieces); }

}  // namespace millpond::curate
