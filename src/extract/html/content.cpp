#include "extract/html/content.h"

namespace millpond::extract {
namespace {

bool is_invisible(Tag tag) {
  using enum Tag;
  switch (tag) {
    case k_script:
    case k_style:
    case k_noscript:
    case k_template:
    case k_iframe:
    case k_svg:
    case k_canvas:
    case k_object:
    case k_embed:
    case k_audio:
    case k_video:
    case k_select:
    case k_option:
    case k_textarea:
    case k_button:
    case k_input:
    case k_datalist:
    case k_head:
    case k_nav:
    case k_dialog:
    case k_noframes:
    case k_noembed:
    case k_applet: return true;
    default: return false;
  }
}

}  // namespace

ContentMap find_content(const Tree& tree) {
  ContentMap map;
  const std::size_t count = tree.nodes.size();
  map.dropped.assign(count, 0);
  map.chars.assign(count, 0);
  map.linked.assign(count, 0);
  map.root = 1;
  for (NodeId id = 1; id < count; ++id) {
    if (is_invisible(tree[id].tag)) map.dropped[id] = 1;
  }
  for (NodeId id = NodeId(count) - 1; id > 0; --id) {
    if (map.dropped[id]) continue;
    const Node& node = tree[id];
    if (node.tag == Tag::kText) {
      std::uint32_t chars = 0;
      for (const char c : tree.text(id)) chars += static_cast<unsigned char>(c) > ' ';
      map.chars[id] = chars;
    }
    if (node.tag == Tag::k_a && tree.has(id, Attr::k_href)) map.linked[id] = map.chars[id];
    map.chars[node.parent] += map.chars[id];
    map.linked[node.parent] += map.linked[id];
  }
  return map;
}

}  // namespace millpond::extract
