#include "chunk/section.h"

#include <algorithm>

namespace millpond::chunk {
namespace {

using Path = std::vector<std::int32_t>;

int depth_of(const Element& title) { return std::clamp(title.level, 1, kDepthMax); }

bool starts_with(const Path& path, const Path& beginning) {
  return path.size() >= beginning.size() && std::equal(beginning.begin(), beginning.end(), path.begin());
}

/// The path that a chunk of this section alone has: its own title is not above its text if it is its text.
Path above(const Section& section) {
  Path path = section.path;
  if (section.only_title) path.pop_back();
  return path;
}

Section open_section(const Document& document, const Section& before, std::int32_t title) {
  Section section;
  section.path = before.path;
  const int depth = depth_of(document.elements[title]);
  while (!section.path.empty() && depth_of(document.elements[section.path.back()]) >= depth) section.path.pop_back();
  section.path.push_back(title);
  return section;
}

/// Adds `section` unless the next one shows that it is empty, and hands its titles on.
void close_section(const Document& document, Section section, const Section* next, std::vector<Section>& sections,
                   Path& leads) {
  const bool has_title = !section.path.empty();
  if (has_title) leads.push_back(section.path.back());
  if (section.tokens == 0) {
    if (!has_title || (next != nullptr && starts_with(next->path, section.path))) return;
    section.only_title = true;
    section.tokens = document.measured[section.path.back()].tokens;
    section.bytes = document.measured[section.path.back()].body.size();
  }
  section.leads = std::move(leads);
  leads.clear();
  sections.push_back(std::move(section));
}

/// Tokens and bytes of the titles that a merged section brings into the text.
void add_leads(const Document& document, const Section& section, std::int64_t& tokens, std::int64_t& bytes) {
  for (const std::int32_t title : section.leads) {
    if (section.only_title && title == section.leads.back()) continue;  // counted as its text
    tokens += document.measured[title].tokens;
    bytes += document.measured[title].body.size() + 2;
  }
}

}  // namespace

Outline outline(const Document& document, std::string_view title) {
  Outline outline;
  title = sub(title, trim(title, whole(title)));
  Section open;
  Path leads;
  const auto size = static_cast<std::int32_t>(document.elements.size());
  for (std::int32_t i = 0; i < size; ++i) {
    const Element& element = document.elements[i];
    const Measured& measured = document.measured[i];
    if (element.kind != Kind::kTitle || measured.tokens == 0) {
      open.tokens += measured.tokens;
      open.bytes += measured.body.size() + 20;  // a join and a bullet
      open.end = i + 1;
      continue;
    }
    if (outline.document_title < 0 && sub(element.text, measured.body) == title) outline.document_title = i;
    Section next = open_section(document, open, i);
    next.begin = next.end = i + 1;
    close_section(document, std::move(open), &next, outline.sections, leads);
    open = std::move(next);
  }
  close_section(document, std::move(open), nullptr, outline.sections, leads);
  return outline;
}

Group group_at(const Document& document, const Outline& outline, std::size_t first) {
  const Section& start = outline.sections[first];
  Group group{first, first + 1, above(start)};
  Path parent = start.path;
  if (!parent.empty()) parent.pop_back();
  std::int64_t tokens = start.tokens, bytes = start.bytes;
  std::int64_t lead_tokens = 0, lead_bytes = 0;  // of all sections, for the first one's come in when a second joins
  add_leads(document, start, lead_tokens, lead_bytes);
  while (tokens < document.rules.tokens_min && group.last < outline.sections.size()) {
    const Section& next = outline.sections[group.last];
    if (!starts_with(next.path, parent)) break;
    add_leads(document, next, lead_tokens, lead_bytes);
    tokens += next.tokens;
    bytes += next.bytes;
    if (tokens + lead_tokens > document.rules.tokens_max || bytes + lead_bytes > document.bytes_max()) break;
    const Path path = above(next);
    const auto [mine, its] = std::mismatch(group.path.begin(), group.path.end(), path.begin(), path.end());
    group.path.erase(mine, group.path.end());
    ++group.last;
  }
  return group;
}

}  // namespace millpond::chunk
