#include "source/glob.h"

#include <vector>

namespace millpond::source {
namespace {

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  while (start <= path.size()) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    if (end > start) parts.push_back(path.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

/// One character of a class such as [a-z0-9_] or [!x]; `position` is after the '[' and ends after the ']'.
bool class_matches(std::string_view pattern, std::size_t& position, char c) {
  const bool negated = position < pattern.size() && (pattern[position] == '!' || pattern[position] == '^');
  if (negated) ++position;
  bool found = false;
  for (bool first = true; position < pattern.size() && (first || pattern[position] != ']'); first = false) {
    const char low = pattern[position++];
    char high = low;
    if (position + 1 < pattern.size() && pattern[position] == '-' && pattern[position + 1] != ']') {
      high = pattern[position + 1];
      position += 2;
    }
    found = found || (low <= c && c <= high);
  }
  if (position < pattern.size()) ++position;
  return found != negated;
}

bool name_matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0, star = std::string_view::npos, star_name = 0;
  while (n < name.size()) {
    bool matched = false;
    std::size_t after = p;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_name = n;
      continue;
    }
    if (p < pattern.size()) {
      after = p + 1;
      if (pattern[p] == '[') {
        matched = class_matches(pattern, after, name[n]);
      } else {
        matched = pattern[p] == '?' || pattern[p] == name[n];
      }
    }
    if (matched) {
      p = after;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_name;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view path) {
  const auto patterns = split_path(pattern);
  const auto names = split_path(path);
  // reachable[i]: patterns[..i) matches names[..n) for the n of this round
  std::vector<char> reachable(patterns.size() + 1, 0);
  reachable[0] = 1;
  const auto close = [&] {
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      if (reachable[i] && patterns[i] == "**") reachable[i + 1] = 1;
    }
  };
  close();
  for (const std::string_view name : names) {
    std::vector<char> next(patterns.size() + 1, 0);
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      if (!reachable[i]) continue;
      if (patterns[i] == "**") {
        next[i] = 1;
      } else if (name_matches(patterns[i], name)) {
        next[i + 1] = 1;
      }
    }
    reachable = std::move(next);
    close();
  }
  return reachable[patterns.size()] != 0;
}

bool has_wildcard(std::string_view pattern) { return pattern.find_first_of("*?[") != std::string_view::npos; }

std::string glob_base(std::string_view pattern) {
  const std::size_t wildcard = pattern.find_first_of("*?[");
  if (wildcard == std::string_view::npos) return std::string(pattern);
  const std::size_t slash = pattern.rfind('/', wildcard);
  if (slash == std::string_view::npos) return ".";
  return std::string(pattern.substr(0, slash == 0 ? 1 : slash));
}

}  // namespace millpond::source
