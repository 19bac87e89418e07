#include "chunk/pack.h"

#include <algorithm>
#include <utility>

#include "chunk/compose.h"
#include "chunk/sentence.h"

namespace millpond::chunk {

Packer::Size Packer::size_of(const Piece& piece, const Piece* before) const {
  const Measured& measured = document_.measured[piece.element];
  Size size{piece.tokens, piece.range.size()};
  if (before == nullptr) {
    if (document_.needs_header(piece)) size.tokens += measured.header_tokens, size.bytes += measured.header.size() + 1;
  } else if (before->element == piece.element) {
    size.bytes += piece.range.begin - before->range.end;
  } else {
    size.bytes += static_cast<std::int64_t>(
        join_of(document_.elements[before->element], document_.elements[piece.element]).size());
  }
  if (measured.bullet && document_.begins(piece)) {
    size.bytes += static_cast<std::int64_t>(bullet_of(document_.elements[piece.element]).size());
  }
  return size;
}

bool Packer::fits(const Piece& piece) const {
  const Size more = size_of(piece, pieces_.empty() ? nullptr : &pieces_.back());
  return size_.tokens + more.tokens <= document_.rules.tokens_max && size_.bytes + more.bytes <= document_.bytes_max();
}

void Packer::append(const Piece& piece) {
  const Size more = size_of(piece, pieces_.empty() ? nullptr : &pieces_.back());
  size_.tokens += more.tokens;
  size_.bytes += more.bytes;
  if (pieces_.size() > repeated_ && pieces_.back().element == piece.element) {
    pieces_.back().range.end = piece.range.end;
    pieces_.back().tokens += piece.tokens;
  } else {
    pieces_.push_back(piece);
  }
}

bool Packer::fits(std::span<const Piece> pieces, bool in_new_chunk) const {
  Size size = in_new_chunk ? Size() : size_;
  const Piece* before = in_new_chunk || pieces_.empty() ? nullptr : &pieces_.back();
  for (const Piece& piece : pieces) {
    const Size more = size_of(piece, before);
    size.tokens += more.tokens;
    size.bytes += more.bytes;
    before = &piece;
  }
  return size.tokens <= document_.rules.tokens_max && size.bytes <= document_.bytes_max();
}

void Packer::add(std::int32_t element) {
  if (document_.measured[element].tokens == 0) return;
  tied_.push_back(element);
  const bool rows = document_.rules.mode == Mode::kTableRows && document_.elements[element].kind == Kind::kTable;
  if (document_.keeps_elements() && !rows && document_.ties[element] != Tie::kNone) return;
  add_tied();
}

void Packer::add_tied() {
  const std::vector<std::int32_t> block = std::exchange(tied_, {});
  if (!block.empty()) add_block(block);
}

void Packer::add_block(std::span<const std::int32_t> block) {
  const auto table = [&](std::int32_t i) { return document_.elements[i].kind == Kind::kTable; };
  const bool rows = document_.rules.mode == Mode::kTableRows && std::any_of(block.begin(), block.end(), table);
  if (block.size() == 1 || rows) {
    for (const std::int32_t element : block) add_alone(element);
    return;
  }
  std::vector<Piece> pieces;
  for (const std::int32_t element : block) {
    const Measured& measured = document_.measured[element];
    pieces.push_back({element, measured.body, measured.tokens});
  }
  const auto lead =
      std::find_if(block.begin(), block.end() - 1, [&](std::int32_t i) { return document_.ties[i] == Tie::kLead; });
  const bool has_lead = lead != block.end() - 1;
  // What is led to may follow in the next chunk, rather than leave a chunk too small.
  const bool small = size_.tokens < document_.rules.tokens_min && pieces_.size() > repeated_;
  if (fits(pieces, false) || (fits(pieces, true) && !(has_lead && small))) return add_together(pieces);
  if (has_lead) {
    const auto after = static_cast<std::size_t>(lead - block.begin()) + 1;
    add_block(block.first(after));
    return add_block(block.subspan(after));
  }
  // Too long for a chunk: the caption stays with the part that it stands beside.
  pieces.clear();
  for (const std::int32_t element : block) {
    const Measured& measured = document_.measured[element];
    if (measured.tokens <= document_.rules.tokens_max)
      pieces.push_back({element, measured.body, measured.tokens});
    else
      cut(document_, element, Grain::kUnits, [&](const Piece& part) { pieces.push_back(part); });
  }
  for (std::size_t begin = 0, end = 0; begin < pieces.size(); begin = end) {
    for (end = begin + 1; end < pieces.size() && pieces[end].element != pieces[end - 1].element;) ++end;
    add_together(std::span(pieces).subspan(begin, end - begin));
  }
}

void Packer::add_together(std::span<const Piece> pieces) {
  if (!fits(pieces, false) && fits(pieces, true)) {
    if (pieces_.size() > repeated_) end_chunk();
    while (!pieces_.empty() && !fits(pieces, false)) drop_first();
  }
  for (const Piece& piece : pieces) put(piece);
}

void Packer::add_alone(std::int32_t element) {
  const Measured& measured = document_.measured[element];
  const Rules& rules = document_.rules;
  if (rules.mode == Mode::kTableRows && document_.elements[element].kind == Kind::kTable) return add_rows(element);
  const Piece piece{element, measured.body, measured.tokens};
  const bool short_enough = measured.tokens <= rules.tokens_max;  // kOver is not
  if (short_enough && fits(piece)) return append(piece);

  const Kind kind = document_.elements[element].kind;
  if (document_.keeps_elements()) {
    // An element keeps together, unless the chunk before it would stay too small.
    const bool apart = kind == Kind::kTable || kind == Kind::kCode || size_.tokens >= rules.tokens_min;
    if (short_enough && (apart || pieces_.size() == repeated_)) return put(piece);
    if (apart) end_chunk();
  }
  const Grain grain = rules.mode == Mode::kFixed ? Grain::kWords : Grain::kUnits;
  cut(document_, element, grain, [this](const Piece& part) { put(part); });
}

/// A chunk a row; the header row stands in each and is none of its own.
void Packer::add_rows(std::int32_t element) {
  end();
  const ByteRange header = document_.measured[element].header;
  cut(document_, element, Grain::kUnits, [&](const Piece& row) {
    if (!header.empty() && row.range.end <= header.end) return;
    put(row);
    end();
  });
}

void Packer::add_piece(const Piece& piece) {
  add_tied();
  put(piece);
}

void Packer::put(const Piece& piece) {
  if (!fits(piece)) {
    if (pieces_.size() > repeated_) end_chunk();
    while (!pieces_.empty() && !fits(piece)) drop_first();
  }
  append(piece);
  if (piece.cut_word) end();
}

void Packer::end_chunk() {
  if (pieces_.size() == repeated_) return;
  full_(pieces_);
  start_overlap();
}

void Packer::finish() {
  add_tied();
  end();
}

void Packer::end() {
  if (pieces_.size() > repeated_) full_(pieces_);
  pieces_.clear();
  repeated_ = 0;
  size_ = {};
}

/// Begins the next chunk with the last sentences of this one.
void Packer::start_overlap() {
  std::vector<Piece> last;  // backwards
  std::int64_t left = document_.rules.tokens_overlap;
  std::vector<ByteRange> sentences;
  for (auto piece = pieces_.rbegin(); piece != pieces_.rend() && left > 0; ++piece) {
    const Element& element = document_.elements[piece->element];
    if (element.kind != Kind::kText && element.kind != Kind::kListItem) break;
    sentences.clear();
    const std::string_view text = element.text.substr(0, piece->range.end);
    for (std::uint32_t at = piece->range.begin; at < text.size();) {
      const std::uint32_t end = sentence_end(text, at);
      const ByteRange sentence = trim(text, {at, end});
      if (!sentence.empty()) sentences.push_back(sentence);
      at = end;
    }
    // Repeating the whole chunk would not get on.
    const bool first = std::next(piece) == pieces_.rend();
    while (sentences.size() > (first ? 1 : 0)) {
      Piece part{piece->element, sentences.back(), 0};
      part.tokens = static_cast<std::int32_t>(document_.tokenizer->count(sub(element.text, part.range)));
      if (document_.measured[part.element].bullet && document_.begins(part)) ++part.tokens;
      if (part.tokens > left) break;
      left -= part.tokens;
      last.push_back(part);
      sentences.pop_back();
    }
    if (!sentences.empty()) break;
  }
  pieces_.clear();
  repeated_ = 0;
  size_ = {};
  for (auto part = last.rbegin(); part != last.rend(); ++part) {
    append(*part);
    repeated_ = pieces_.size();
  }
}

void Packer::drop_first() {
  const std::vector<Piece> rest(pieces_.begin() + 1, pieces_.end());
  pieces_.clear();
  repeated_ = 0;
  size_ = {};
  for (const Piece& piece : rest) {
    append(piece);
    repeated_ = pieces_.size();
  }
}

}  // namespace millpond::chunk
