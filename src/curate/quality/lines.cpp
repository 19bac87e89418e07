#include "curate/quality/lines.h"

#include <bit>

#include "curate/words/byte_masks.h"
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
  std::size_t begin = 0, run = 0, end = 0;  // the newlines found last are [run, end)
  const auto close = [&] {
    if (end - run < least) return;
    pieces.push_back(text.substr(begin, run - begin));
    begin = end;
  };
  each_byte(text, '\n', [&](std::size_t at) {
    if (at != end || at == 0) {
      if (end > 0) close();
      run = at;
    }
    end = at + 1;
  });
  if (end > 0) close();
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
  each_mask(text, byte_mask_kernels().line_end, [&](std::uint64_t mask, std::size_t place) {
    for (; mask != 0; mask &= mask - 1) {
      const std::size_t at = place + static_cast<std::size_t>(std::countr_zero(mask));
      const std::size_t end = at < begin ? 0 : line_end(text, at);  // one that ends with two characters is seen twice
      if (end == 0) continue;
      lines.push_back(text.substr(begin, at - begin));
      begin = at + end;
    }
  });
  if (begin < text.size()) lines.push_back(text.substr(begin));
}

void split_newlines(std::string_view text, std::vector<std::string_view>& lines) {
  lines.clear();
  std::size_t begin = 0;
  each_byte(text, '\n', [&](std::size_t at) {
    lines.push_back(text.substr(begin, at - begin));
    begin = at + 1;
  });
  lines.push_back(text.substr(begin));
}

void split_breaks(std::string_view text, std::vector<std::string_view>& pieces) { split_runs(text, 1, pieces); }
void split_paragraphs(std::string_view text, std::vector<std::string_view>& pieces) { split_runs(text, 2, pieces); }

}  // namespace millpond::curate
