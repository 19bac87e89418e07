#pragma once
// What chunks are put together from: parts of elements with their token counts.

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "chunk/text_edges.h"
#include "millpond/chunk/chunker.h"

namespace millpond::chunk {

/// An element as `Measure` found it.
struct Measured {
  static constexpr std::int32_t kOver = INT32_MAX;  ///< more bytes than a chunk may have, so not counted

  ByteRange body;           ///< without white space at its edges
  std::int32_t tokens = 0;  ///< of the body and its bullet
  bool bullet = false;      ///< a list item that does not bring its own
  ByteRange header;         ///< of a table: its first row, if it may be repeated; otherwise empty
  std::int32_t header_tokens = 0;
};

/// A part of an element. A part that begins at the body's beginning carries the bullet.
struct Piece {
  std::int32_t element = 0;
  ByteRange range;
  std::int32_t tokens = 0;
  bool cut_word = false;  ///< ends inside a word: nothing may stand behind it in a chunk
};

/// What holds an element and the next one with text together.
enum class Tie : unsigned char { kNone, kLead, kCaption };

/// The elements of one document with what was measured, and the limits of a chunk.
struct Document {
  std::span<const Element> elements;
  std::vector<Measured> measured;
  std::vector<Tie> ties;  ///< by element
  /// By the element of a caption: from the first to the last element of its pictures without words and itself.
  std::map<std::int32_t, std::pair<std::int32_t, std::int32_t>> shown;
  const model::Tokenizer* tokenizer = nullptr;
  Rules rules;

  std::int32_t bytes_max() const { return rules.tokens_max * kBytesPerTokenMax; }
  /// Chunks hold text of one section, or of sections that were joined.
  bool by_sections() const {
    return rules.mode != Mode::kSentence && rules.mode != Mode::kFixed && rules.mode != Mode::kRecursive &&
           rules.mode != Mode::kPage && rules.mode != Mode::kSemantic;
  }
  /// Elements are cut only if they are too long.
  bool keeps_elements() const { return by_sections() || rules.mode == Mode::kRecursive || rules.mode == Mode::kPage; }
  bool ends(const Piece& piece) const { return piece.range.end == measured[piece.element].body.end; }
  bool begins(const Piece& piece) const { return piece.range.begin == measured[piece.element].body.begin; }
  /// A part of a table that would stand without its header row at a chunk's beginning.
  bool needs_header(const Piece& piece) const {
    return !measured[piece.element].header.empty() && piece.range.begin >= measured[piece.element].header.end;
  }
};

/// What stands before a list item's text.
std::string bullet_of(const Element& element);

/// Finds the bodies and counts their tokens.
Document measure(std::span<const Element> elements, const model::Tokenizer& tokenizer, const Rules& rules);

}  // namespace millpond::chunk
