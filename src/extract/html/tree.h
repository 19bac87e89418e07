#pragma once
// A web page as a tree. A parser of our own: it follows HTML's rules for implied, missing and misplaced tags as far as
// they decide where text belongs, copies nothing, and is several times faster than a full tree builder.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "extract/html/tags.h"

namespace millpond::extract {

using NodeId = std::uint32_t;  ///< index in `Tree::nodes`; children come after their parent; 0 is the document
inline constexpr NodeId kNoNode = 0;

struct Node {
  Tag tag = Tag::kNone;
  bool has_entities = false;  ///< of a text node: `&` occurs
  std::uint16_t attribute_count = 0;
  std::uint32_t first_attribute = 0;
  NodeId parent = kNoNode, first_child = kNoNode, last_child = kNoNode, next = kNoNode;
  std::uint32_t begin = 0;   ///< text: offset in the source
  std::uint32_t length = 0;  ///< text: bytes
};

struct Attribute {
  Attr name = Attr::kOther;
  bool has_entities = false;
  std::uint32_t begin = 0, length = 0;
};

/// Lifetime: holds a view of the source.
struct Tree {
  std::string_view source;
  std::vector<Node> nodes;
  std::vector<Attribute> attributes;

  const Node& operator[](NodeId id) const { return nodes[id]; }
  std::string_view text(NodeId id) const { return source.substr(nodes[id].begin, nodes[id].length); }
  bool has(NodeId id, Attr name) const { return find(id, name) != nullptr; }
  /// The value as written, references not decoded; empty if missing.
  std::string_view raw(NodeId id, Attr name) const;
  /// The value with references decoded.
  std::string value(NodeId id, Attr name) const;
  /// The node after `id` and all that is in it, in reading order, up to `end`'s subtree; kNoNode at the end of `root`.
  NodeId after(NodeId id, NodeId root) const;

 private:
  const Attribute* find(NodeId id, Attr name) const;
};

/// Parses valid UTF-8 of at most 4 GiB. Any input gives a tree; elements nested deeper than `depth` become siblings.
/// Time is linear in the input for a given `depth`.
Tree parse_tree(std::string_view source, int depth);

}  // namespace millpond::extract
