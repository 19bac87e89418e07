#include <algorithm>

#include "chunk/piece.h"
#include "chunk/ties.h"

namespace millpond::chunk {
namespace {

/// Whether a list item's text brings its own bullet or number: "- x", "• x", "3. x", "(a) x".
bool has_bullet(std::string_view text) {
  static constexpr std::string_view kBullets[] = {"- ", "* ", "+ ", "\u2022", "\u2013 ", "\u25E6", "\u25AA", "\u00B7"};
  for (const std::string_view bullet : kBullets) {
    if (text.substr(0, bullet.size()) == bullet) return true;
  }
  std::size_t at = !text.empty() && text[0] == '(' ? 1 : 0;
  const std::size_t from = at;
  while (at < text.size() && at < from + 3 &&
         ((text[at] >= '0' && text[at] <= '9') || (at == from && text[at] >= 'a' && text[at] <= 'z'))) {
    ++at;
  }
  return at > from && at + 1 < text.size() && (text[at] == '.' || text[at] == ')') &&
         leading_space(text.substr(at + 1)) > 0;
}

/// The first row of a table, unless it would take more than half of each chunk.
void find_header(const Document& document, std::string_view text, Measured& measured) {
  const std::string_view body = sub(text, measured.body);
  const std::size_t row_end = body.find('\n');
  if (row_end == std::string_view::npos) return;
  const ByteRange row = trim(text, {measured.body.begin, measured.body.begin + static_cast<std::uint32_t>(row_end)});
  if (static_cast<std::int32_t>(row.size()) > document.bytes_max() / 2) return;
  const std::int64_t tokens = document.tokenizer->count(sub(text, row));
  if (tokens > document.rules.tokens_max / 2) return;
  measured.header = row;
  measured.header_tokens = static_cast<std::int32_t>(tokens);
}

}  // namespace

std::string bullet_of(const Element& element) {
  return std::string(2 * static_cast<std::size_t>(std::clamp(element.level, 1, 8) - 1), ' ') + "- ";
}

Document measure(std::span<const Element> elements, const model::Tokenizer& tokenizer, const Rules& rules) {
  Document document;
  document.elements = elements;
  document.tokenizer = &tokenizer;
  document.rules = rules;
  document.measured.resize(elements.size());
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const Element& element = elements[i];
    if (element.kind == Kind::kSkipped) continue;
    Measured& measured = document.measured[i];
    measured.body = trim(element.text, whole(element.text));
    if (measured.body.empty()) continue;
    if (element.kind == Kind::kCode) {  // the first line's indentation belongs to the code
      const auto blank = [&](std::uint32_t at) { return element.text[at] == ' ' || element.text[at] == '\t'; };
      while (measured.body.begin > 0 && blank(measured.body.begin - 1)) --measured.body.begin;
    }
    const std::string_view body = sub(element.text, measured.body);
    measured.bullet = element.kind == Kind::kListItem && !has_bullet(body);
    if (static_cast<std::int64_t>(body.size()) > document.bytes_max() - 32) {
      measured.tokens = Measured::kOver;
    } else {
      measured.tokens = static_cast<std::int32_t>(tokenizer.count(body));
      if (measured.bullet && measured.tokens > 0) ++measured.tokens;
    }
    if (element.kind == Kind::kTable && (measured.tokens > rules.tokens_max || rules.mode == Mode::kTableRows))
      find_header(document, element.text, measured);
  }
  tie(document);
  return document;
}

}  // namespace millpond::chunk
