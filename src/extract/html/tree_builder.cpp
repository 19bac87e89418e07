#include "extract/html/tree_builder.h"

#include <algorithm>

namespace millpond::extract {
namespace {

bool is_heading(Tag tag) { return tag >= Tag::k_h1 && tag <= Tag::k_h6; }
bool is_list(Tag tag) { return tag == Tag::k_ul || tag == Tag::k_ol || tag == Tag::k_dl || tag == Tag::k_menu; }

// Inside these, <svg> and <math> hold HTML again.
bool is_integration_point(Tag tag) {
  using enum Tag;
  return tag == k_foreignobject || tag == k_desc || tag == k_title || tag == k_mi || tag == k_mo || tag == k_mn ||
         tag == k_ms || tag == k_mtext;
}

bool blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; });
}

}  // namespace

TreeBuilder::TreeBuilder(Tree& tree, int depth) : tree_(tree), depth_(std::size_t(std::max(depth, 16))) {
  tree_.nodes.emplace_back();
  open_.push_back({Tag::kNone, false, 0, 0});
  push(insert(Tag::k_html), {.tag = Tag::k_html}, false);
}

NodeId TreeBuilder::insert(Tag tag) {
  const NodeId id = NodeId(tree_.nodes.size());
  const NodeId parent = open_.back().node;
  Node& node = tree_.nodes.emplace_back();
  node.tag = tag;
  node.parent = parent;
  Node& above = tree_.nodes[parent];
  if (above.last_child == kNoNode)
    above.first_child = id;
  else
    tree_.nodes[above.last_child].next = id;
  above.last_child = id;
  return id;
}

void TreeBuilder::push(NodeId node, const TagToken& token, bool foreign) {
  if (open_.size() >= depth_) return;
  open_.push_back({token.tag, foreign, node, token.key});
  ++open_count_[std::size_t(token.tag)];
}

void TreeBuilder::pop() {
  --open_count_[std::size_t(open_.back().tag)];
  open_.pop_back();
}

void TreeBuilder::pop_through(std::size_t index) {
  while (open_.size() > index) pop();
}

void TreeBuilder::open_body() {
  if (body_ != kNoNode) return;
  pop_through(2);
  body_ = insert(Tag::k_body);
  push(body_, {.tag = Tag::k_body}, false);
  at_block_edge_ = true;
}

void TreeBuilder::adopt_attributes(NodeId node, const TagToken& token) {
  if (tree_.nodes[node].attribute_count > 0) return;
  tree_.nodes[node].first_attribute = token.first_attribute;
  tree_.nodes[node].attribute_count = token.attribute_count;
}

void TreeBuilder::text(std::size_t begin, std::size_t end, bool has_entities) {
  const std::string_view content = tree_.source.substr(begin, end - begin);
  const Tag parent = open_.back().tag;
  if ((at_block_edge_ || body_ == kNoNode || is(parent, kCellPart)) && !is_open(Tag::k_pre) && blank(content)) return;
  open_body();
  Node& node = tree_.nodes[insert(Tag::kText)];
  node.begin = std::uint32_t(begin);
  node.length = std::uint32_t(end - begin);
  node.has_entities = has_entities;
  at_block_edge_ = false;
}

void TreeBuilder::raw_text(std::size_t begin, std::size_t end) {
  const Tag tag = tree_.nodes[raw_parent_].tag;
  if (begin == end || tag == Tag::k_style || tag == Tag::k_iframe) return;
  open_.push_back({tag, false, raw_parent_, 0});
  Node& node = tree_.nodes[insert(Tag::kText)];
  open_.pop_back();
  node.begin = std::uint32_t(begin);
  node.length = std::uint32_t(end - begin);
  node.has_entities = tag == Tag::k_title || tag == Tag::k_textarea;
}

// True when the tag has been dealt with.
bool TreeBuilder::before_body(const TagToken& token) {
  switch (token.tag) {
    case Tag::k_html: adopt_attributes(1, token); return true;
    case Tag::k_head:
      if (body_ == kNoNode && !head_seen_) {
        head_seen_ = true;
        push(insert(Tag::k_head), token, false);
      }
      return true;
    case Tag::k_body:
      open_body();
      adopt_attributes(body_, token);
      return true;
    default: break;
  }
  if (body_ != kNoNode) return false;
  if (!is(token.tag, kInHead)) open_body();
  return false;
}

bool TreeBuilder::start(const TagToken& token) {
  if (before_body(token)) return false;
  if (open_.back().foreign && is(token.tag, kBreakout) && !is_integration_point(open_.back().tag)) {
    while (open_.back().foreign) pop();
  }
  const bool foreign = token.tag == Tag::k_svg || token.tag == Tag::k_math ||
                       (open_.back().foreign && !is_integration_point(open_.back().tag));
  if (!foreign) {
    if (token.tag == Tag::k_form && (is_open(Tag::k_form) || is(open_.back().tag, kCellPart))) return false;
    close_implied(token.tag);
    if (!enter_table_part(token.tag)) return false;
  }
  const NodeId node = insert(token.tag);
  tree_.nodes[node].first_attribute = token.first_attribute;
  tree_.nodes[node].attribute_count = token.attribute_count;
  if (is(token.tag, kBlock) || token.tag == Tag::k_br)
    at_block_edge_ = true;
  else if (token.tag == Tag::k_img)
    at_block_edge_ = false;
  if (foreign && token.self_closing) return false;
  if (!foreign && is(token.tag, kRaw)) {
    raw_parent_ = node;
    return true;
  }
  if (!is(token.tag, kVoid)) push(node, token, foreign);
  return false;
}

void TreeBuilder::close_implied(Tag tag) {
  const Tag current = open_.back().tag;
  if (tag == Tag::k_li || tag == Tag::k_dd || tag == Tag::k_dt) close_item(tag);
  if (is(tag, kClosesP)) {
    if (is_open(Tag::k_p)) close_paragraph();
    if (is_heading(tag) && is_heading(open_.back().tag)) pop();
    // An unclosed <select> would swallow the rest of the page.
    if (is_open(Tag::k_select)) {
      if (const std::size_t i = find_open(Tag::k_select, kScope)) pop_through(i);
    }
    return;
  }
  switch (tag) {
    case Tag::k_option:
    case Tag::k_optgroup:
      if (current == Tag::k_option) pop();
      if (tag == Tag::k_optgroup && open_.back().tag == Tag::k_optgroup) pop();
      break;
    case Tag::k_button:
    case Tag::k_a:
      if (const std::size_t i = is_open(tag) ? find_open(tag, tag == Tag::k_a ? kScope | kSpecial : kScope) : 0) {
        pop_through(i);
      }
      break;
    case Tag::k_rt:
    case Tag::k_rp:
    case Tag::k_rb:
      if (current == Tag::k_rt || current == Tag::k_rp || current == Tag::k_rb) pop();
      break;
    default: break;
  }
}

void TreeBuilder::close_paragraph() {
  for (std::size_t i = open_.size() - 1; i > 0; --i) {
    const Tag tag = open_[i].tag;
    if (tag == Tag::k_p) return pop_through(i);
    if (tag == Tag::k_button || is(tag, kScope)) return;
  }
}

void TreeBuilder::close_item(Tag tag) {
  for (std::size_t i = open_.size() - 1; i > 0; --i) {
    const Tag open = open_[i].tag;
    if (tag == Tag::k_li ? open == Tag::k_li : open == Tag::k_dd || open == Tag::k_dt) return pop_through(i);
    if (is(open, kSpecial | kScope) && open != Tag::k_address && open != Tag::k_div && open != Tag::k_p) return;
  }
}

std::size_t TreeBuilder::find_table() const {
  if (!is_open(Tag::k_table)) return 0;
  for (std::size_t i = open_.size() - 1; i > 0; --i) {
    if (open_[i].tag == Tag::k_table) return i;
    if (open_[i].tag == Tag::k_template || open_[i].tag == Tag::k_foreignobject) return 0;
  }
  return 0;
}

// Clears the stack back to where a part of a table belongs. False: there is no table, the tag is ignored.
bool TreeBuilder::enter_table_part(Tag tag) {
  using enum Tag;
  if (tag == k_table) {
    if (is(open_.back().tag, kCellPart)) {
      if (const std::size_t table = find_table()) pop_through(table);
    }
    return true;
  }
  const bool cell = tag == k_td || tag == k_th;
  const bool group = tag == k_tbody || tag == k_thead || tag == k_tfoot || tag == k_caption || tag == k_colgroup;
  if (!cell && !group && tag != k_tr) return true;
  const std::size_t table = find_table();
  if (table == 0) return false;
  std::size_t keep = table;
  for (std::size_t i = table + 1; !group && i < open_.size(); ++i) {
    const Tag open = open_[i].tag;
    if (open == k_tbody || open == k_thead || open == k_tfoot || (cell && open == k_tr))
      keep = i;
    else
      break;
  }
  pop_through(keep + 1);
  if (cell && open_.back().tag != k_tr) push(insert(k_tr), {.tag = k_tr}, false);
  return true;
}

std::size_t TreeBuilder::find_open(Tag tag, unsigned barriers) const {
  for (std::size_t i = open_.size() - 1; i > 0; --i) {
    if (open_[i].tag == tag) return i;
    if (is(open_[i].tag, barriers)) return 0;
  }
  return 0;
}

// </form> closes the form but not what stands open in it.
void TreeBuilder::end_form() {
  const std::size_t i = find_open(Tag::k_form, kScope);
  if (i == 0) return;
  --open_count_[std::size_t(Tag::k_form)];
  open_.erase(open_.begin() + std::ptrdiff_t(i));
}

void TreeBuilder::end(const TagToken& token) {
  const Tag tag = token.tag;
  if (is(tag, kBlock)) at_block_edge_ = true;
  if (tag == Tag::k_html || tag == Tag::k_body) return;
  if (tag == Tag::k_br) {
    start(token);
    return;
  }
  if (!is_open(tag) && !is_heading(tag)) return;
  std::size_t found = 0;
  if (tag == Tag::k_form) return end_form();
  if (tag == Tag::k_p) return close_paragraph();
  if (is_heading(tag)) {
    for (std::size_t i = open_.size() - 1; i > 0 && found == 0 && !is(open_[i].tag, kScope); --i) {
      if (is_heading(open_[i].tag)) found = i;
    }
  } else if (tag == Tag::k_td || tag == Tag::k_th || tag == Tag::k_tr || is(tag, kCellPart) || tag == Tag::k_caption) {
    const std::size_t table = find_table();
    for (std::size_t i = open_.size() - 1; table > 0 && i >= table && found == 0; --i) {
      if (open_[i].tag == tag) found = i;
    }
  } else if (tag == Tag::k_li) {
    for (std::size_t i = open_.size() - 1; i > 0 && found == 0; --i) {
      if (open_[i].tag == tag)
        found = i;
      else if (is_list(open_[i].tag) || is(open_[i].tag, kScope))
        break;
    }
  } else if (is(tag, kSpecial)) {
    found = find_open(tag, kScope);
  } else {
    for (std::size_t i = open_.size() - 1; i > 0 && found == 0; --i) {
      if (open_[i].tag == tag && open_[i].key == token.key)
        found = i;
      else if (is(open_[i].tag, kSpecial))
        break;
    }
  }
  if (found > 1) pop_through(found);
}

}  // namespace millpond::extract
