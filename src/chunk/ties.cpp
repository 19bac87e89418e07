#include "chunk/ties.h"

#include <algorithm>

#include "millpond/extract/captions.h"

namespace millpond::chunk {
namespace {

extract::ElementKind kind_of(Kind kind) {
  switch (kind) {
    case Kind::kTitle: return extract::ElementKind::kTitle;
    case Kind::kListItem: return extract::ElementKind::kListItem;
    case Kind::kTable: return extract::ElementKind::kTable;
    case Kind::kCode: return extract::ElementKind::kCode;
    case Kind::kSkipped: return extract::ElementKind::kPageBreak;
    case Kind::kFigure: return extract::ElementKind::kFigure;
    case Kind::kCaption: return extract::ElementKind::kCaption;
    default: return extract::ElementKind::kParagraph;
  }
}

/// For each element the index of its caption, or -1; empty if there are no captions.
std::vector<int> captions_in(std::span<const Element> elements) {
  const auto caption = [](const Element& element) { return element.kind == Kind::kCaption; };
  if (std::none_of(elements.begin(), elements.end(), caption)) return {};
  constexpr std::size_t kLabelBytes = 64;  // no label is longer
  std::vector<extract::Element> seen(elements.size());
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const Element& from = elements[i];
    seen[i].kind = kind_of(from.kind);
    seen[i].page = from.page;
    seen[i].box = {from.box.x0, from.box.y0, from.box.x1, from.box.y1};
    if (from.kind == Kind::kCaption) seen[i].text = from.text.substr(0, kLabelBytes);
  }
  return extract::captions_of(seen);
}

bool leads(const Element& element, ByteRange body) {
  if (element.kind != Kind::kText) return false;
  const std::string_view text = sub(element.text, body);
  return text.ends_with(':') || text.ends_with("\uFF1A");
}

bool led_to(Kind kind) { return kind == Kind::kListItem || kind == Kind::kCode || kind == Kind::kTable; }

}  // namespace

void tie(Document& document) {
  const std::vector<int> captions = captions_in(document.elements);
  document.ties.assign(document.elements.size(), Tie::kNone);
  const auto has_text = [&](std::size_t i) { return document.measured[i].tokens > 0; };
  for (std::size_t i = 0; i < captions.size(); ++i) {
    if (captions[i] < 0 || !has_text(i)) continue;
    const auto caption = static_cast<std::size_t>(captions[i]);
    for (std::size_t k = std::min(i, caption); k < std::max(i, caption); ++k) document.ties[k] = Tie::kCaption;
  }
  // Pictures without words are in no chunk by themselves: their caption brings them along.
  for (std::size_t i = 0; i < captions.size(); ++i) {
    if (document.elements[i].kind != Kind::kCaption || !has_text(i)) continue;
    const auto own = [&](std::size_t k) { return captions[k] == static_cast<int>(i) && !has_text(k); };
    std::size_t first = i, last = i;
    while (first > 0 && own(first - 1)) --first;
    while (last + 1 < captions.size() && own(last + 1)) ++last;
    if (first < last)
      document.shown[static_cast<std::int32_t>(i)] = {static_cast<std::int32_t>(first),
                                                      static_cast<std::int32_t>(last)};
  }
  std::size_t before = document.elements.size();  // the last element with text
  for (std::size_t i = 0; i < document.elements.size(); ++i) {
    if (!has_text(i)) continue;
    const bool lead = before < i && led_to(document.elements[i].kind) &&
                      leads(document.elements[before], document.measured[before].body);
    if (lead && document.ties[before] == Tie::kNone) document.ties[before] = Tie::kLead;
    before = i;
  }
}

}  // namespace millpond::chunk
