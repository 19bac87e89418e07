#pragma once
// Cuts an element that is too long for a chunk into pieces that are not.

#include <functional>

#include "chunk/piece.h"

namespace millpond::chunk {

enum class Grain : unsigned char {
  kUnits,  ///< sentences, rows or lines, and words only of a unit that is too long
  kWords
};

/// Calls `take` for the pieces of an element, in order; together they cover its body but for white space at their
/// edges.
///
/// Each piece fits a chunk by itself (beside its bullet and its table's header row). The order of preference: units,
/// words, marks of punctuation inside a word, code points. Only the last kind of cut is `cut_word`.
void cut(const Document& document, std::int32_t element, Grain grain, const std::function<void(const Piece&)>& take);

}  // namespace millpond::chunk
