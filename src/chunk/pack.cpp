#include "chunk/pack.h"

#include <algorithm>

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

void Packer::add(std::int32_t element) {
  const Measured& measured = document_.measured[element];
  if (measured.tokens == 0) return;
  const Rules& rules = document_.rules;
  if (rules.mode == Mode::kTableRows && document_.elements[element].kind == Kind::kTable) return add_rows(element);
  const Piece piece{element, measured.body, measured.tokens};
  const bool short_enough = measured.tokens <= rules.tokens_max;  // kOver is not
  if (short_enough && fits(piece)) return append(piece);

  const Kind kind = document_.elements[element].kind;
  if (document_.keeps_elements()) {
    // An element keeps together, unless the chunk before it would stay too small.
    const bool apart = kind == Kind::kTable || kind == Kind::kCode || size_.tokens >= rules.tokens_min;
    if (short_enough && (apart || pieces_.size() == repeated_)) return add_piece(piece);
    if (apart) end_chunk();
  }
  const Grain grain = rules.mode == Mode::kFixed ? Grain::kWords : Grain::kUnits;
  cut(document_, element, grain, [this](const Piece& part) { add_piece(part); });
}

/// A chunk a row; the header row stands in each and is none of its own.
void Packer::add_rows(std::int32_t element) {
  finish();
  const ByteRange header = document_.measured[element].header;
  cut(document_, element, Grain::kUnits, [&](const Piece& row) {
    if (!header.empty() && row.range.end <= header.end) return;
    add_piece(row);
    finish();
  });
}

void Packer::add_piece(const Piece& piece) {
  if (!fits(piece)) {
    if (pieces_.size() > repeated_) end_chunk();
    while (!pieces_.empty() && !fits(piece)) drop_first();
  }
  append(piece);
  if (piece.cut_word) finish();
}

void Packer::end_chunk() {
  if (pieces_.size() == repeated_) return;
  full_(pieces_);
  start_overlap();
}

void Packer::finish() {
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
