#include "extract/pdf/headings.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <unordered_map>

#include "extract/pdf/characters.h"
#include "extract/pdf/heading_rules.h"
#include "millpond/extract/captions.h"

namespace millpond::extract::pdf {
namespace {

constexpr float kLargerType = 1.12f;
constexpr int kHeadingLinesMax = 4;
constexpr int kHeadingCharsMax = 250;
constexpr int kLevelMax = 6;

/// Letters and digits only, in lower case (ASCII), without a leading section number or the word "chapter".
std::string bare(std::string_view text) {
  static constexpr std::string_view kWords[] = {"chapter", "appendix", "part",    "section",
                                                "kapitel", "anhang",   "chapitre"};
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  std::string_view rest = lower;
  const auto skip = [&](std::string_view set) {
    const std::size_t at = rest.find_first_not_of(set);
    rest.remove_prefix(at == rest.npos ? rest.size() : at);
  };
  skip(" ");
  for (const std::string_view word : kWords) {
    if (rest.starts_with(word)) {
      rest.remove_prefix(word.size());
      break;
    }
  }
  skip(" 0123456789.:)");
  if (rest.size() > 2 && rest[0] >= 'a' && rest[0] <= 'z' && rest[1] == '.') {  // "A.1 Title"
    rest.remove_prefix(2);
    skip(" 0123456789.:");
  }
  std::string out;
  for (const char c : rest) {
    const bool ascii = static_cast<signed char>(c) >= 0;
    if (!ascii || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  }
  return out;
}

bool has_letter(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (is_letter(next_code(text, at))) return true;
  }
  return false;
}

bool may_be_heading(const Block& block) {
  const bool kind = block.kind == ElementKind::kParagraph || (block.kind == ElementKind::kListItem && block.numbered);
  return kind && !block.leader && block.lines <= kHeadingLinesMax && block.chars <= kHeadingCharsMax &&
         block.text.find('\t') == std::string::npos && has_letter(block.text);
}

/// Type that sets a block apart from the body; styles compare by how much they stand out.
struct HeadingStyle {
  int half_points = 0;
  bool bold = false;
  auto operator<=>(const HeadingStyle&) const = default;
};

HeadingStyle style_of(const Block& block) {
  return {static_cast<int>(std::lround(block.style.size * 2)), block.style.bold};
}

bool stands_out(const Block& block, float body_size) {
  if (block.chars < 3 && block.style.size < 1.3f * body_size) return false;  // labels in figures
  if (block.style.size >= kLargerType * body_size) return true;
  if (!block.style.bold || block.style.size < 0.95f * body_size || block.lines > 2) return false;
  const char last = block.text.back();
  return last != '.' && last != ',' && last != ';' && last != ':' && block.chars <= 120;
}

/// Finds the outline's entries among the blocks of their pages. Returns how many it found.
int match_outline(std::vector<Block>& blocks, const std::vector<OutlineEntry>& outline) {
  std::unordered_multimap<std::string, std::size_t> by_text;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (may_be_heading(blocks[i])) by_text.emplace(std::to_string(blocks[i].page) + '/' + bare(blocks[i].text), i);
  }
  int matched = 0;
  for (const OutlineEntry& entry : outline) {
    const std::string text = bare(entry.title);
    if (text.empty() || entry.page == 0) continue;
    const auto [begin, end] = by_text.equal_range(std::to_string(entry.page) + '/' + text);
    std::size_t best = blocks.size();
    for (auto at = begin; at != end; ++at) {
      const bool taken = blocks[at->second].kind == ElementKind::kTitle;
      if (taken) continue;
      if (best == blocks.size() || blocks[at->second].style.size > blocks[best].style.size) best = at->second;
    }
    if (best == blocks.size()) continue;
    blocks[best].kind = ElementKind::kTitle;
    blocks[best].level = std::min(entry.level, kLevelMax);
    ++matched;
  }
  return matched;
}

/// An outline of several levels that was nearly all found names every heading: type that it does not use is none.
bool is_detailed(const std::vector<OutlineEntry>& outline, int matched) {
  constexpr int kEntriesMin = 20, kLevelsMin = 3;
  const bool deep =
      std::any_of(outline.begin(), outline.end(), [](const OutlineEntry& e) { return e.level >= kLevelsMin; });
  return deep && matched >= kEntriesMin && matched * 10 >= static_cast<int>(outline.size()) * 9;
}

using StyleLevels = std::map<HeadingStyle, int, std::greater<>>;

/// The level that the outline gives each style most often.
StyleLevels levels_by_outline(const std::vector<Block>& blocks) {
  std::map<HeadingStyle, std::map<int, int>, std::greater<>> counts;
  for (const Block& block : blocks) {
    if (block.kind == ElementKind::kTitle) ++counts[style_of(block)][block.level];
  }
  StyleLevels levels;
  for (const auto& [style, by_level] : counts) {
    const auto most = std::max_element(by_level.begin(), by_level.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    levels[style] = most->first;
  }
  return levels;
}

/// The level that section numbers give each style most often, if the document numbers its sections.
StyleLevels levels_by_numbers(const std::vector<Block>& blocks, const std::vector<std::size_t>& candidates) {
  constexpr int kNumberedMin = 3;  // in one style
  std::map<HeadingStyle, std::map<int, int>, std::greater<>> counts;
  for (const std::size_t i : candidates) {
    if (const int depth = number_depth(blocks[i].text); depth > 1) ++counts[style_of(blocks[i])][depth];
  }
  StyleLevels levels;
  for (const auto& [style, by_depth] : counts) {
    const auto most = std::max_element(by_depth.begin(), by_depth.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most->second >= kNumberedMin) levels[style] = std::min(most->first, kLevelMax);
  }
  return levels;
}

/// Adds the styles that are not known: below the nearest larger style, or above all by one.
void place_other_styles(StyleLevels& levels, const std::vector<HeadingStyle>& styles) {
  const StyleLevels known = levels;
  const int top = std::accumulate(known.begin(), known.end(), kLevelMax,
                                  [](int least, const auto& each) { return std::min(least, each.second); });
  for (const HeadingStyle& style : styles) {
    if (known.contains(style)) continue;
    int level = known.empty() ? 0 : std::max(1, top - 1);
    for (const auto& [larger, its_level] : known) {
      if (larger > style) level = std::max(level, its_level + 1);
    }
    levels[style] = std::min(level, kLevelMax);
  }
  if (!known.empty()) return;
  int rank = 0;
  for (auto& [style, level] : levels) level = std::min(++rank, kLevelMax);
}

}  // namespace

float body_size_of(const std::vector<PageLines>& pages) {
  std::map<int, std::int64_t> chars_by_size;  // in half points
  for (const PageLines& page : pages) {
    for (const Column& column : page.columns) {
      for (const Line& line : column.lines) {
        if (!line.style.mono) chars_by_size[static_cast<int>(std::lround(line.style.size * 2))] += line.chars;
      }
    }
  }
  const auto most = std::max_element(chars_by_size.begin(), chars_by_size.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == chars_by_size.end() ? 10 : static_cast<float>(most->first) / 2;
}

void mark_headings(std::vector<Block>& blocks, const std::vector<OutlineEntry>& outline, float body_size) {
  const int matched = match_outline(blocks, outline);
  const bool detailed = is_detailed(outline, matched);
  StyleLevels levels = levels_by_outline(blocks);
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i].kind == ElementKind::kTitle || !may_be_heading(blocks[i])) continue;
    if (!stands_out(blocks[i], body_size)) continue;
    const bool on_cover = blocks[i].page == 1 && blocks[i].style.size > 1.5f * body_size;
    if (detailed && !on_cover && !levels.contains(style_of(blocks[i]))) continue;
    found.push_back(i);
  }
  StyleLevels numbered;
  if (levels.empty()) levels = numbered = levels_by_numbers(blocks, found);
  const std::vector<std::size_t> chapters = drop_labels(blocks, detailed, found);
  std::vector<HeadingStyle> styles;
  for (const std::size_t i : found) styles.push_back(style_of(blocks[i]));
  place_other_styles(levels, styles);
  for (const std::size_t i : found) {
    blocks[i].kind = ElementKind::kTitle;
    blocks[i].level = levels[style_of(blocks[i])];
    const int depth = number_depth(blocks[i].text);
    if (depth > 1 && !numbered.empty()) blocks[i].level = std::min(depth, kLevelMax);
  }
  for (const std::size_t i : chapters) {  // what stands below "Chapter 4" is a chapter
    if (matched == 0 && blocks[i].kind == ElementKind::kTitle && !numbered.empty()) blocks[i].level = 1;
  }
  for (Block& block : blocks) {
    if (block.kind == ElementKind::kTitle) std::replace(block.text.begin(), block.text.end(), '\n', ' ');
  }
}

void mark_captions_and_notes(std::vector<Block>& blocks, float body_size) {
  std::unordered_map<int, float> page_ends;
  for (const Block& block : blocks) {
    if (block.kind != ElementKind::kFooter) page_ends[block.page] = std::max(page_ends[block.page], block.box.y1);
  }
  for (Block& block : blocks) {
    if (block.kind != ElementKind::kParagraph && !(block.kind == ElementKind::kListItem && block.numbered)) continue;
    if (const CaptionLabel label = caption_label(block.text); label.of != CaptionOf::kNothing) {
      const char last = label.end > 0 ? block.text[label.end - 1] : ' ';
      if (label.closed && (last == ':' || last == '.')) block.kind = ElementKind::kCaption;
    }
    const bool small = block.style.size < 0.92f * body_size;
    const bool low = block.box.y0 > 0.6f * page_ends[block.page];
    const char32_t first = first_code(block.text);
    const bool mark =
        (first >= '0' && first <= '9') || first == '*' || first == 0x2020 || first == 0xB9 || first == 0xB2;
    if (small && low && mark) block.kind = ElementKind::kFootnote;
  }
}

void mark_list_levels(std::vector<Block>& blocks) {
  constexpr float kSamePt = 4;
  std::vector<float> stack;
  for (Block& block : blocks) {
    if (block.kind == ElementKind::kHeader || block.kind == ElementKind::kFooter) continue;
    if (block.kind != ElementKind::kListItem) {
      // Text that belongs to an item is indented like it; text at the margin or a title ends the list.
      if (block.kind == ElementKind::kTitle || stack.empty() || block.box.x0 < stack.front() + kSamePt) stack.clear();
      continue;
    }
    while (!stack.empty() && stack.back() > block.marker_x + kSamePt) stack.pop_back();
    if (stack.empty() || stack.back() < block.marker_x - kSamePt) stack.push_back(block.marker_x);
    block.level = static_cast<int>(stack.size());
  }
}

}  // namespace millpond::extract::pdf
