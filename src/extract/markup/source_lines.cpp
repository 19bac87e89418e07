#include "extract/markup/source_lines.h"

#include <algorithm>

namespace millpond::extract {

std::string_view trimmed_view(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n\f\v");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n\f\v") - begin + 1);
}

std::vector<SourceLine> source_lines(std::string_view text) {
  std::vector<SourceLine> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    SourceLine line;
    line.whole = text.substr(0, end);
    line.text = trimmed_view(line.whole);
    for (const char c : line.whole) {
      if (c != ' ' && c != '\t') break;
      line.indent = c == '\t' ? (line.indent / 8 + 1) * 8 : line.indent + 1;
    }
    if (line.text.empty()) line.indent = 0;
    lines.push_back(line);
    const bool both = end + 1 < text.size() && text[end] == '\r' && text[end + 1] == '\n';
    text.remove_prefix(std::min(text.size(), end + (both ? 2 : 1)));
  }
  return lines;
}

std::string dedented(const std::vector<SourceLine>& lines, std::size_t begin, std::size_t end) {
  std::size_t least = std::string::npos;
  for (std::size_t i = begin; i < end; ++i) {
    if (!lines[i].blank())
      least = std::min(least, std::min(lines[i].whole.find_first_not_of(" \t"), lines[i].whole.size()));
  }
  std::string out;
  for (std::size_t i = begin; i < end; ++i) {
    if (!lines[i].blank()) out += lines[i].whole.substr(std::min(least, lines[i].whole.size()));
    out += '\n';
  }
  return out;
}

char repeated(std::string_view text, std::size_t least) {
  if (text.size() < std::max<std::size_t>(least, 1)) return 0;
  const char c = text[0];
  const bool punctuation =
      c > ' ' && c < 127 && !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
  return punctuation && text.find_first_not_of(c) == text.npos ? c : 0;
}

}  // namespace millpond::extract
