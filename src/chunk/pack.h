#pragma once
// Fills chunks with pieces, one after another, as far as the budget goes.

#include <functional>

#include "chunk/cut.h"
#include "chunk/piece.h"

namespace millpond::chunk {

class Packer {
 public:
  /// `full` takes the pieces of each finished chunk.
  Packer(const Document& document, std::function<void(std::span<const Piece>)> full)
      : document_(document), full_(std::move(full)) {}

  /// Adds a whole element, in one piece if the rules allow, else cut. One that is tied to the next waits for it.
  void add(std::int32_t element);
  /// Adds a part of an element.
  void add_piece(const Piece& piece);
  /// Ends the chunk; the next one does not overlap it.
  void finish();

 private:
  struct Size {
    std::int64_t tokens = 0, bytes = 0;
  };
  /// What a piece adds behind `before` (null at a chunk's beginning).
  Size size_of(const Piece& piece, const Piece* before) const;
  bool fits(const Piece& piece) const;
  void add_alone(std::int32_t element);
  void add_rows(std::int32_t element);
  /// Elements that are tied to each other.
  void add_block(std::span<const std::int32_t> block);
  /// The pieces in one chunk if they fit one.
  void add_together(std::span<const Piece> pieces);
  void add_tied();
  bool fits(std::span<const Piece> pieces, bool in_new_chunk) const;
  void put(const Piece& piece);
  void end();
  void append(const Piece& piece);
  void end_chunk();
  void start_overlap();
  void drop_first();

  const Document& document_;
  std::function<void(std::span<const Piece>)> full_;
  std::vector<std::int32_t> tied_;  // elements that wait for the one that they are tied to
  std::vector<Piece> pieces_;
  std::size_t repeated_ = 0;  // how many of pieces_ stand in the chunk before, too
  Size size_;
};

}  // namespace millpond::chunk
