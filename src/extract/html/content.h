#pragma once
// Which part of a page is its content, and which is the frame around it.

#include <cstdint>
#include <vector>

#include "extract/html/tree.h"

namespace millpond::extract {

enum class NodeKind : std::uint8_t {
  kText,
  kCaption,  ///< of a picture, or its credit
  kDeck      ///< between an article's headline and its text
};

/// What a page's nodes hold, and which of them to read.
struct ContentMap {
  NodeId root = kNoNode;              ///< the content is inside this node
  std::vector<std::uint8_t> dropped;  ///< by node; a dropped node's subtree is not read
  std::vector<NodeKind> kinds;        ///< by node: what its name says it is
  std::vector<std::uint32_t> chars;   ///< by node: bytes of visible text in its subtree, white space not counted
  std::vector<std::uint32_t> linked;  ///< by node: those of them that are inside links
  bool article = false;               ///< the page calls itself an article
};

/// Finds the content: hidden nodes, forms and site furniture are dropped, then the smallest subtree is taken that holds
/// nearly all running text. Where this is not certain, more is kept.
ContentMap find_content(const Tree& tree);

/// All that is visible: for pages without a frame, such as the chapters of a book.
ContentMap whole_page(const Tree& tree);

}  // namespace millpond::extract
