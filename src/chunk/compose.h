#pragma once
// Writes a chunk's text, positions, pages and boxes from its pieces.

#include "chunk/piece.h"

namespace millpond::chunk {

/// What stands between two pieces that follow each other in a chunk, unless they belong to one element.
std::string_view join_of(const Element& before, const Element& after);

class Composer {
 public:
  explicit Composer(const Document& document) : document_(document) {}

  /// Fills everything but the heading path. Requires: pieces not empty, in reading order.
  void compose(std::span<const Piece> pieces, Chunk& chunk);

 private:
  /// Code points before a byte of an element. Remembers the last answer, for chunks ask in ascending order.
  std::int32_t chars_before(std::int32_t element, std::uint32_t byte);
  void add_text(std::span<const Piece> pieces, Chunk& chunk) const;
  void add_pages(std::span<const Piece> pieces, Chunk& chunk) const;

  const Document& document_;
  std::int32_t last_element_ = -1;
  std::uint32_t last_byte_ = 0;
  std::int64_t last_chars_ = 0;
};

}  // namespace millpond::chunk
