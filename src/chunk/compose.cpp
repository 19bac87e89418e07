#include "chunk/compose.h"

#include <algorithm>

#include "chunk/boxes.h"

namespace millpond::chunk {

std::string_view join_of(const Element& before, const Element& after) {
  return before.kind == Kind::kListItem && after.kind == Kind::kListItem ? "\n" : "\n\n";
}

void Composer::compose(std::span<const Piece> pieces, Chunk& chunk) {
  add_text(pieces, chunk);
  add_pages(pieces, chunk);
  chunk.first_element = pieces.front().element;
  chunk.last_element = pieces.back().element;
  chunk.first_char = chars_before(chunk.first_element, pieces.front().range.begin);
  chunk.last_char = chars_before(chunk.last_element, pieces.back().range.end);
  // Pictures without words stand in the range with their caption.
  if (const auto found = document_.shown.find(pieces.front().element);
      found != document_.shown.end() && document_.begins(pieces.front()) && found->second.first < chunk.first_element) {
    chunk.first_element = found->second.first;
    chunk.first_char = 0;
  }
  if (const auto found = document_.shown.find(pieces.back().element);
      found != document_.shown.end() && document_.ends(pieces.back()) && found->second.second > chunk.last_element) {
    chunk.last_element = found->second.second;
    chunk.last_char = 0;
  }
}

void Composer::add_text(std::span<const Piece> pieces, Chunk& chunk) const {
  chunk.text.clear();
  chunk.titles.clear();
  chunk.tokens = 0;
  const Piece* before = nullptr;
  for (const Piece& piece : pieces) {
    const Element& element = document_.elements[piece.element];
    const Measured& measured = document_.measured[piece.element];
    if (before == nullptr) {
      if (document_.needs_header(piece)) {
        chunk.text.append(sub(element.text, measured.header)).append("\n");
        chunk.tokens += measured.header_tokens;
      }
    } else if (before->element == piece.element) {
      chunk.text.append(sub(element.text, {before->range.end, piece.range.begin}));
    } else {
      chunk.text.append(join_of(document_.elements[before->element], element));
    }
    // In the other modes a title may stand beside the chunk's heading path, not below it.
    if (element.kind == Kind::kTitle && document_.by_sections() && document_.begins(piece)) {
      chunk.titles.push_back(static_cast<std::int32_t>(code_points(chunk.text)));
    }
    if (measured.bullet && document_.begins(piece)) chunk.text.append(bullet_of(element));
    chunk.text.append(sub(element.text, piece.range));
    chunk.tokens += piece.tokens;
    before = &piece;
  }
}

void Composer::add_pages(std::span<const Piece> pieces, Chunk& chunk) const {
  chunk.first_page = chunk.last_page = 0;
  chunk.boxes.clear();
  std::int32_t before = -1;
  for (const Piece& piece : pieces) {
    if (piece.element == before) continue;
    before = piece.element;
    const auto shown = document_.shown.find(piece.element);
    const bool alone = shown == document_.shown.end();
    const std::int32_t last = alone ? piece.element : shown->second.second;
    for (std::int32_t i = alone ? piece.element : shown->second.first; i <= last; ++i) {
      const Element& element = document_.elements[i];
      if (element.page <= 0) continue;
      chunk.first_page = chunk.first_page == 0 ? element.page : std::min(chunk.first_page, element.page);
      chunk.last_page = std::max(chunk.last_page, element.page);
      add_box({element.page, element.box}, chunk.boxes);
    }
  }
}

std::int32_t Composer::chars_before(std::int32_t element, std::uint32_t byte) {
  const std::string_view text = document_.elements[element].text;
  if (element != last_element_) last_element_ = element, last_byte_ = 0, last_chars_ = 0;
  if (byte >= last_byte_) {
    last_chars_ += code_points(sub(text, {last_byte_, byte}));
  } else {
    last_chars_ -= code_points(sub(text, {byte, last_byte_}));  // an overlap goes back
  }
  last_byte_ = byte;
  return static_cast<std::int32_t>(last_chars_);
}

std::string_view slice(std::string_view text, std::int32_t first_char, std::int32_t last_char) {
  const auto byte_of = [text](std::size_t from, std::int64_t chars) {
    for (; from < text.size() && (chars > 0 || is_continuation(text[from])); ++from)
      chars -= !is_continuation(text[from]);
    return from;
  };
  const std::size_t begin = byte_of(0, std::max(first_char, 0));
  const std::size_t end = byte_of(begin, std::max<std::int64_t>(0, std::int64_t{last_char} - std::max(first_char, 0)));
  return text.substr(begin, end - begin);
}

}  // namespace millpond::chunk
