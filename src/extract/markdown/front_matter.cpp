#include "extract/markdown/front_matter.h"

#include "extract/text/clean.h"

namespace millpond::extract {
namespace {

constexpr std::size_t kFrontMatterBytesMax = 64 << 10;

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  return line;
}

// "key: value" of the top level. Nested values are left out; a list in brackets becomes "a, b".
bool read_key(std::string_view line, std::string& key, std::string& value) {
  const std::size_t colon = line.find(':');
  if (colon == line.npos || colon == 0 || line[0] == ' ' || line[0] == '#' || line[0] == '-' || line[0] == '\t')
    return false;
  key = clean(line.substr(0, colon));
  for (char& c : key) {
    if (c >= 'A' && c <= 'Z') c = char(c + 32);
  }
  value = clean(line.substr(colon + 1));
  if (value.size() >= 2 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0]) {
    value = value.substr(1, value.size() - 2);
  } else if (value.size() >= 2 && value[0] == '[' && value.back() == ']') {
    value = value.substr(1, value.size() - 2);
  }
  return !value.empty();
}

void store(Document& document, const std::string& key, std::string value) {
  if (key == "title")
    document.title = std::move(value);
  else if (key == "lang" || key == "language")
    document.language = std::move(value);
  else if (key == "date" || key == "created")
    document.metadata.try_emplace("created", std::move(value));
  else if (key == "authors")
    document.metadata.try_emplace("author", std::move(value));
  else if (key == "updated" || key == "lastmod")
    document.metadata.try_emplace("modified", std::move(value));
  else if (key.size() <= 64 && value != "|" && value != ">")
    document.metadata.try_emplace(key, std::move(value));
}

}  // namespace

void read_front_matter(std::string_view& text, Document& document) {
  std::string_view rest = text;
  if (take_line(rest) != "---") return;
  // A "---" that no other closes is a rule, not front matter.
  std::string_view end = rest;
  bool closed = false;
  while (!end.empty() && text.size() - end.size() < kFrontMatterBytesMax && !closed) {
    const std::string_view line = take_line(end);
    closed = line == "---" || line == "...";
  }
  if (!closed) return;
  std::string key, value;
  bool any = false;
  for (std::string_view line = take_line(rest); line != "---" && line != "..."; line = take_line(rest)) {
    if (!read_key(line, key, value)) continue;
    store(document, key, std::move(value));
    any = true;
  }
  if (any) text = end;
}

}  // namespace millpond::extract
