#pragma once
// What the class and id of a block say about its part in the page.

#include <cstdint>

#include "extract/html/tree.h"

namespace millpond::extract {

enum class Hint : std::uint8_t {
  kNone,
  kCaption,    ///< "wp-caption-text", "photo-credit": of a picture
  kDeck,       ///< "standfirst", "subheadline": what stands between headline and text
  kBody,       ///< "article-body", itemprop="articleBody": the content itself
  kContents,   ///< "toc": a list of what the page holds
  kAside,      ///< "sidebar", "widget": beside the content, or a box of text in it
  kFurniture,  ///< "share", "related", "cookie-banner"
  kHidden,     ///< "sr-only", or hidden by attribute or style
};

/// Reads class, id, role and style of a node. The last of the list wins where several are named.
Hint read_hint(const Tree& tree, NodeId id);

/// True when a page says of itself that it is an article (news, blog) rather than a page of a manual. Articles stand
/// among much other text; manuals are nearly all content.
bool is_article_page(const Tree& tree);

}  // namespace millpond::extract
