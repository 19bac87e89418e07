#include "extract/office/slide_text.h"

#include <algorithm>
#include <utility>

#include "extract/compound/compound_file.h"
#include "extract/text/clean.h"

namespace millpond::extract {
namespace {

constexpr std::uint16_t kTextHeader = 0x0F9F, kWideText = 0x0FA0, kStyle = 0x0FA1, kNarrowText = 0x0FA8;
constexpr std::size_t kParagraphsMax = 100'000;

/// The properties of some paragraphs.
struct Run {
  std::size_t chars = 0;
  int level = 0;
  bool bullet = false, plain = false;
};

std::vector<Run> runs_of(std::string_view style, std::size_t chars) {
  std::vector<Run> runs;
  std::size_t at = 0, known = 0;
  while (at + 10 <= style.size() && known <= chars && runs.size() < kParagraphsMax) {
    Run run{little32(style, at), std::min<int>(little16(style, at + 4), 8), false, false};
    const std::uint32_t mask = little32(style, at + 6);
    at += 10;
    const auto has = [&](int bit) { return (mask >> bit & 1) != 0; };
    if ((mask & 0xF) != 0) {
      const bool mark = (little16(style, at) & 1) != 0;
      run.bullet = has(0) && mark;
      run.plain = has(0) && !mark;
      at += 2;
    }
    for (const int bit : {7, 4, 6}) at += has(bit) ? 2u : 0u;
    at += has(5) ? 4u : 0u;
    for (const int bit : {11, 12, 13, 14, 8, 10, 15}) at += has(bit) ? 2u : 0u;
    if (has(20)) at += 2 + std::size_t{4} * little16(style, at);
    at += has(16) ? 2u : 0u;
    at += (mask >> 17 & 7) != 0 ? 2u : 0u;
    at += has(21) ? 2u : 0u;
    known += run.chars;
    runs.push_back(run);
  }
  return runs;
}

std::size_t utf16_units(std::string_view utf8) {
  std::size_t units = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    units += (byte & 0xC0) != 0x80 ? (byte >= 0xF0 ? 2u : 1u) : 0u;
  }
  return units;
}

}  // namespace

void each_record(std::string_view data, const std::function<bool(const SlideRecord&)>& visit) {
  while (data.size() >= 8) {
    const unsigned version = little16(data, 0);
    const std::uint32_t size = little32(data, 4);
    if (size > data.size() - 8) return;
    const SlideRecord record{little16(data, 2), static_cast<std::uint16_t>(version >> 4), (version & 0xF) == 0xF,
                             data.substr(8, size)};
    if (!visit(record)) return;
    data.remove_prefix(8 + std::size_t{size});
  }
}

std::vector<SlideParagraph> SlideText::paragraphs() const {
  std::vector<SlideParagraph> out;
  const std::vector<Run> runs = runs_of(style, chars);
  std::size_t run = 0, run_end = runs.empty() ? 0 : runs[0].chars, at = 0;
  for (std::string_view rest = text; !rest.empty() && out.size() < kParagraphsMax;) {
    const std::size_t end = std::min(rest.find('\r'), rest.size());
    while (run < runs.size() && at >= run_end) run_end += ++run < runs.size() ? runs[run].chars : 0;
    SlideParagraph paragraph;
    paragraph.text = std::string(rest.substr(0, end));
    std::replace(paragraph.text.begin(), paragraph.text.end(), '\v', '\n');
    if (run < runs.size()) {
      paragraph.level = runs[run].level;
      paragraph.bullet = runs[run].bullet;
      paragraph.plain = runs[run].plain;
    }
    at += utf16_units(rest.substr(0, end)) + 1;
    if (!clean(paragraph.text).empty()) out.push_back(std::move(paragraph));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

void take_text_record(const SlideRecord& record, std::vector<SlideText>& texts) {
  if (record.type == kTextHeader) {
    texts.emplace_back().kind = static_cast<int>(little32(record.data, 0) & 0xFF);
  } else if (texts.empty()) {
    return;
  } else if (record.type == kWideText) {
    texts.back().text = utf8_of_utf16(record.data);
    texts.back().chars = record.data.size() / 2;
  } else if (record.type == kNarrowText) {
    std::string wide;
    for (const char c : record.data) wide.append(1, c).append(1, '\0');
    texts.back().text = utf8_of_utf16(wide);
    texts.back().chars = record.data.size();
  } else if (record.type == kStyle) {
    texts.back().style = record.data;
  }
}

}  // namespace millpond::extract
