#pragma once
// What stands among an article's paragraphs without being its text: bylines, dates, credits, teasers, invitations.

#include <cstdint>
#include <vector>

#include "extract/html/tree.h"
#include "millpond/extract/document.h"

namespace millpond::extract {

/// What the tree says of one element.
struct BlockFacts {
  std::uint32_t chars = 0;     ///< bytes of visible text, white space not counted
  std::uint32_t linked = 0;    ///< those of them inside links
  bool after_picture = false;  ///< a picture stands between it and the element before
};

/// Takes out what surrounds and interrupts an article's text, and turns the lines under its pictures into captions.
///
/// Shape:  `facts` is parallel to `document.elements`; a longer one is cut, a shorter one counts as zeros.
/// Source: its rules look at the place (before the first running text, after the last), at links, at the ends of
///         sentences and at how such lines begin in the languages most common on the web; never at names of sites.
void tidy_article(const std::vector<BlockFacts>& facts, Document& document);

}  // namespace millpond::extract
