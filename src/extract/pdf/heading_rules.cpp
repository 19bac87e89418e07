#include "extract/pdf/heading_rules.h"

#include <algorithm>
#include <map>
#include <string>

namespace millpond::extract::pdf {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

bool is_roman(std::string_view text) {
  return !text.empty() && text.size() <= 6 && text.find_first_not_of("IVXLC") == text.npos;
}

bool is_number_word(std::string_view text) {
  static constexpr std::string_view kWords[] = {
      "ONE",    "TWO",    "THREE",    "FOUR",     "FIVE",    "SIX",     "SEVEN",     "EIGHT",    "NINE",     "TEN",
      "ELEVEN", "TWELVE", "THIRTEEN", "FOURTEEN", "FIFTEEN", "SIXTEEN", "SEVENTEEN", "EIGHTEEN", "NINETEEN", "TWENTY"};
  std::string upper(text);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return std::find(std::begin(kWords), std::end(kWords), upper) != std::end(kWords);
}

/// Where the running text of each page begins at the left.
std::map<int, float> left_edges(const std::vector<Block>& blocks) {
  constexpr int kRunningChars = 60;
  std::map<int, float> edges;
  for (const Block& block : blocks) {
    if (block.kind != ElementKind::kParagraph || block.chars < kRunningChars) continue;
    const auto [edge, added] = edges.try_emplace(block.page, block.box.x0);
    if (!added) edge->second = std::min(edge->second, block.box.x0);
  }
  return edges;
}

}  // namespace

int number_depth(std::string_view text) {
  std::size_t at = 0;
  int depth = 0;
  if (text.size() > 2 && is_upper(text[0]) && text[1] == '.' && is_digit(text[2])) {  // of an appendix
    at = 2;
    depth = 1;
  }
  while (at < text.size() && is_digit(text[at])) {
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at - begin > 3) return 0;
    ++depth;
    if (at < text.size() && text[at] == '.') ++at;
  }
  if (depth == 0 || at >= text.size() || text[at] != ' ') return 0;
  return text.find_first_not_of(' ', at) == text.npos ? 0 : depth;
}

bool is_chapter_label(std::string_view text) {
  while (text.ends_with('.') || text.ends_with(':') || text.ends_with(' ')) text.remove_suffix(1);
  const std::size_t space = text.find(' ');
  if (space == text.npos) return is_number_word(text);
  const std::string_view word = text.substr(0, space), number = text.substr(space + 1);
  if (word.size() < 4 || word.size() > 24 || number.empty() || number.size() > 9) return false;
  const bool digits = number.find_first_not_of("0123456789") == number.npos && number.size() <= 3;
  const bool letter = number.size() == 1 && is_upper(number[0]);
  const bool plain = std::none_of(word.begin(), word.end(), is_digit);
  return plain && (digits || letter || is_roman(number) || is_number_word(number));
}

std::vector<std::size_t> drop_labels(const std::vector<Block>& blocks, bool all_known,
                                     std::vector<std::size_t>& candidates) {
  constexpr int kRepeats = 3;
  constexpr float kInsetPt = 4;
  std::map<std::string_view, int> times;
  const std::map<int, float> edges = left_edges(blocks);
  const auto inset = [&](const Block& block) {
    const auto edge = edges.find(block.page);
    if (all_known) return true;
    return edge != edges.end() && block.box.x0 > edge->second + kInsetPt;
  };
  for (const std::size_t i : candidates) times[blocks[i].text] += inset(blocks[i]);
  std::vector<bool> is_candidate(blocks.size());
  for (const std::size_t i : candidates) is_candidate[i] = true;
  std::vector<std::size_t> kept, chapters;
  for (const std::size_t i : candidates) {
    const std::string_view text = blocks[i].text;
    std::size_t next = i + 1;
    while (next < blocks.size() &&
           (blocks[next].kind == ElementKind::kHeader || blocks[next].kind == ElementKind::kFooter)) {
      ++next;
    }
    const bool above_title = next < blocks.size() && blocks[next].page == blocks[i].page &&
                             (is_candidate[next] || blocks[next].kind == ElementKind::kTitle);
    if (above_title && is_chapter_label(text)) {
      chapters.push_back(next);
      continue;
    }
    if (times[text] >= kRepeats && inset(blocks[i]) && number_depth(text) == 0) continue;
    kept.push_back(i);
  }
  candidates = std::move(kept);
  return chapters;
}

}  // namespace millpond::extract::pdf
