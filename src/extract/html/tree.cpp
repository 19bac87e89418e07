#include "extract/html/tree.h"

#include "extract/html/entities.h"
#include "extract/html/tree_builder.h"

namespace millpond::extract {

const Attribute* Tree::find(NodeId id, Attr name) const {
  const Node& node = nodes[id];
  for (std::uint32_t i = 0; i < node.attribute_count; ++i) {
    if (attributes[node.first_attribute + i].name == name) return &attributes[node.first_attribute + i];
  }
  return nullptr;
}

std::string_view Tree::raw(NodeId id, Attr name) const {
  const Attribute* const attribute = find(id, name);
  return attribute == nullptr ? std::string_view() : source.substr(attribute->begin, attribute->length);
}

std::string Tree::value(NodeId id, Attr name) const { return decode_entities(raw(id, name), true); }

NodeId Tree::after(NodeId id, NodeId root) const {
  while (id != root && nodes[id].next == kNoNode) id = nodes[id].parent;
  return id == root ? kNoNode : nodes[id].next;
}

Tree parse_tree(std::string_view source, int depth) {
  Tree tree;
  tree.source = source;
  tree.nodes.reserve(source.size() / 32 + 16);
  tree.attributes.reserve(source.size() / 96 + 16);
  Tokenizer(source, TreeBuilder(tree, depth)).run();
  return tree;
}

}  // namespace millpond::extract
