#include "chunk/sentence.h"

#include <algorithm>
#include <array>

#include "chunk/text_edges.h"

namespace millpond::chunk {
namespace {

enum class Mark : unsigned char { kNone, kSpaced /* ends before white space only */, kWide /* ends anywhere */, kLine };

/// First bytes at which a mark may begin, so that all others are passed at once.
constexpr std::array<bool, 256> kMayBegin = [] {
  std::array<bool, 256> table{};
  for (const unsigned char byte : {'.', '!', '?', '\n', '\xD8', '\xDB', '\xE0', '\xE2', '\xE3', '\xEF'})
    table[byte] = true;
  return table;
}();

struct Found {
  Mark mark = Mark::kNone;
  std::uint32_t size = 0;
};

Found mark_at(std::string_view text, std::uint32_t at) {
  const char c = text[at];
  if (c == '.' || c == '!' || c == '?') return {Mark::kSpaced, 1};
  if (c == '\n') {
    // An empty line, with or without blanks in it, is a break.
    std::uint32_t next = at + 1;
    while (next < text.size() && (text[next] == ' ' || text[next] == '\t' || text[next] == '\r')) ++next;
    if (next < text.size() && text[next] == '\n') return {Mark::kLine, 0};
    return {};
  }
  const std::string_view two = text.substr(at, 2), three = text.substr(at, 3);
  if (two == "\u061F" || two == "\u06D4") return {Mark::kSpaced, 2};                           // Arabic ? and full stop
  if (three == "\u0964" || three == "\u0965" || three == "\u2026") return {Mark::kSpaced, 3};  // dandas, ellipsis
  if (three == "\u3002" || three == "\uFF01" || three == "\uFF1F" || three == "\uFF61") return {Mark::kWide, 3};
  return {};
}

/// Bytes of one closing quote or bracket.
std::uint32_t closer_at(std::string_view text, std::uint32_t at) {
  if (at >= text.size()) return 0;
  if (std::string_view("\"')]}").find(text[at]) != std::string_view::npos) return 1;
  if (text.substr(at, 2) == "\u00BB") return 2;
  static constexpr std::string_view kClosers[] = {"\u2019", "\u201D", "\u300D", "\u300F", "\u3011", "\uFF09"};
  const std::string_view three = text.substr(at, 3);
  return std::find(std::begin(kClosers), std::end(kClosers), three) != std::end(kClosers) ? 3 : 0;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

/// Whether the word before the full stop at `dot` is an abbreviation that a sentence rarely ends with.
bool abbreviated(std::string_view text, std::uint32_t from, std::uint32_t dot) {
  std::uint32_t begin = dot;
  while (begin > from && (is_letter(text[begin - 1]) || text[begin - 1] == '.') && dot - begin < 8) --begin;
  const std::string_view word = text.substr(begin, dot - begin);
  if (word.size() == 1 && word[0] >= 'A' && word[0] <= 'Z') return true;  // an initial
  static constexpr std::string_view kWords[] = {
      "Abb", "Abs", "al",  "approx", "Art",  "bzw", "ca",  "Ch",  "cf",   "Co",  "Dr",  "ed",  "e.g",
      "Eq",  "Eqs", "et",  "Fig",    "Figs", "Gen", "i.e", "Inc", "Jr",   "Kap", "Ltd", "M",   "Mr",
      "Mrs", "Ms",  "Mt",  "No",     "Nos",  "Nr",  "p",   "pp",  "Prof", "Rev", "S",   "Sec", "Sect",
      "Sr",  "St",  "Str", "Tab",    "u.a",  "usw", "v",   "vgl", "Vol",  "vs",  "z.B"};
  return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

bool lower_follows(std::string_view text, std::uint32_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r' || text[at] == '\n')) ++at;
  return at < text.size() && text[at] >= 'a' && text[at] <= 'z';
}

}  // namespace

std::uint32_t sentence_end(std::string_view text, std::uint32_t from) {
  const auto size = static_cast<std::uint32_t>(text.size());
  for (std::uint32_t at = from; at < size;) {
    if (!kMayBegin[static_cast<unsigned char>(text[at])]) {
      ++at;
      continue;
    }
    const Found first = mark_at(text, at);
    if (first.mark == Mark::kNone) {
      ++at;
      continue;
    }
    if (first.mark == Mark::kLine) {
      if (at > from) return at;
      ++at;
      continue;
    }
    std::uint32_t end = at + first.size;
    Mark mark = first.mark;
    for (Found more; end < size && (more = mark_at(text, end)).size > 0; end += more.size)
      mark = std::max(mark, more.mark);
    for (std::uint32_t closer; (closer = closer_at(text, end)) > 0;) end += closer;
    const bool spaced = end == size || leading_space(text.substr(end, 3)) > 0;
    const bool ends = mark == Mark::kWide ||
                      (spaced && !lower_follows(text, end) && !(text[at] == '.' && abbreviated(text, from, at)));
    if (ends) return end;
    at = end;
  }
  return size;
}

}  // namespace millpond::chunk
