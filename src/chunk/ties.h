#pragma once
// Elements that should not be parted by a chunk's end.

#include "chunk/piece.h"

namespace millpond::chunk {

/// Fills `document.ties` and `document.shown`. Requires: all elements are measured.
///
/// Shape:   a caption is tied to its figure or table; a paragraph that ends in a colon to the list, code or table that
///          it leads to, more weakly. Which caption belongs to what: millpond/extract/captions.h.
void tie(Document& document);

}  // namespace millpond::chunk
