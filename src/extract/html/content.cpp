#include "extract/html/content.h"

#include <algorithm>

#include "extract/html/cards.h"
#include "extract/html/hints.h"
#include "extract/html/tail.h"

namespace millpond::extract {
namespace {

using enum Tag;

// A block that a name or tag calls furniture stays when it holds this share of the page's running text.
constexpr double kVetoShare = 0.35;
// Running text is followed into a child that holds this share of it.
constexpr double kDescendShare = 0.80;
// A marked body is believed from this size on: characters, and share of the running text.
constexpr std::uint32_t kBodyCharsMin = 200;
constexpr double kBodyShare = 0.3;
// A caption has at most so many characters.
constexpr std::uint32_t kCaptionChars = 600;

bool is_invisible(Tag tag) {
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
    case k_noframes:
    case k_noembed:
    case k_applet:
    case k_meter:
    case k_progress: return true;
    default: return false;
  }
}

class ContentFinder {
 public:
  explicit ContentFinder(const Tree& tree) : tree_(tree), count_(tree.nodes.size()) {
    map_.dropped.assign(count_, 0);
    map_.kinds.assign(count_, NodeKind::kText);
    block_.assign(count_, 0);
    linked_.assign(count_, 0);
    in_article_.assign(count_, 0);
  }

  ContentMap whole() {
    drop_invisible();
    for (NodeId id = 1; id < count_; ++id) {
      if (tree_[id].attribute_count > 0 && read_hint(tree_, id) == Hint::kHidden) map_.dropped[id] = 1;
    }
    measure();
    map_.root = 1;
    return std::move(map_);
  }

  ContentMap run() {
    drop_invisible();
    map_.article = article_page_ = is_article_page(tree_);
    measure();
    drop_furniture();
    measure();
    map_.root = descend(1);
    if (const NodeId body = marked_body()) map_.root = body;
    if (article_page_) {
      drop_tail(tree_, map_);
      drop_cards(tree_, map_);
    }
    return std::move(map_);
  }

 private:
  void drop_invisible() {
    for (NodeId id = 1; id < count_; ++id) {
      if (is_invisible(tree_[id].tag)) map_.dropped[id] = tree_[id].tag != k_script || !is_formula(id);
    }
  }

  bool is_formula(NodeId id) const { return tree_.raw(id, Attr::k_type).starts_with("math/tex"); }

  // Sums text by subtree. Children come after their parents, so one pass down and one up do.
  void measure() {
    map_.chars.assign(count_, 0);
    map_.linked.assign(count_, 0);
    weight_.assign(count_, 0);
    std::vector<std::uint32_t> own(count_, 0), own_linked(count_, 0);  // of a block, without the blocks inside
    gone_.assign(count_, 0);
    for (NodeId id = 1; id < count_; ++id) {
      const Node& node = tree_[id];
      gone_[id] = gone_[node.parent] | map_.dropped[id];
      block_[id] = is(node.tag, kBlock) ? id : block_[node.parent];
      linked_[id] = linked_[node.parent] | std::uint8_t(node.tag == k_a && tree_.has(id, Attr::k_href));
      in_article_[id] = in_article_[node.parent] | std::uint8_t(node.tag == k_article || node.tag == k_main);
      if (node.tag != kText || gone_[id]) continue;
      std::uint32_t chars = 0;
      for (const char c : tree_.text(id)) chars += static_cast<unsigned char>(c) > ' ';
      map_.chars[id] = chars;
      own[block_[id]] += chars;
      if (linked_[id]) map_.linked[id] = chars, own_linked[block_[id]] += chars;
    }
    for (NodeId id = NodeId(count_) - 1; id > 0; --id) {
      // Running text: a block with more than a few words that are not links.
      if (own[id] >= own_linked[id] * 2 && own[id] - own_linked[id] >= 20) weight_[id] += own[id] - own_linked[id];
      const NodeId parent = tree_[id].parent;
      map_.chars[parent] += map_.chars[id];
      map_.linked[parent] += map_.linked[id];
      weight_[parent] += weight_[id];
    }
  }

  void drop_furniture() {
    const double veto = kVetoShare * std::max<double>(weight_[1], 1);
    for (NodeId id = 1; id < count_; ++id) {
      const Tag tag = tree_[id].tag;
      if (gone_[tree_[id].parent] || tag == kText || tag == k_body || tag == k_html || tag == k_main) {
        gone_[id] |= gone_[tree_[id].parent];
        continue;
      }
      if (map_.dropped[id]) continue;
      const Hint hint = tree_[id].attribute_count > 0 ? read_hint(tree_, id) : Hint::kNone;
      if (hint == Hint::kBody) bodies_.push_back(id);
      if (article_page_ && map_.chars[id] < kCaptionChars) {
        if (hint == Hint::kCaption) map_.kinds[id] = NodeKind::kCaption;
        if (hint == Hint::kDeck && is(tag, kBlock)) map_.kinds[id] = NodeKind::kDeck;
      }
      if (is_furniture(id, tag, hint) && double(weight_[id]) < veto) map_.dropped[id] = gone_[id] = 1;
    }
  }

  bool is_furniture(NodeId id, Tag tag, Hint hint) const {
    if (hint == Hint::kHidden) return true;
    if (tag == k_nav || tag == k_dialog || tag == k_search) return true;
    if (tag == k_footer) return true;
    if (tag == k_aside) return !is_note(id);
    if (tag == k_header) return !in_article_[id];
    if (tag == k_form) return map_.chars[id] == 0 || weight_[id] * 4 < map_.chars[id] * 3;
    if (tag == k_article || tag == k_pre || tag == k_code || (tag >= k_h1 && tag <= k_h6)) return false;
    if (tag == k_a && is_anchor_sign(id)) return true;
    if (hint == Hint::kContents) return map_.linked[id] * 10 > map_.chars[id] * 7 && weight_[1] > 500;
    if (article_page_ && hint >= Hint::kAside && quotes(id)) return false;
    if (article_page_ && tag == k_span && is_link_box(id)) return true;
    if (hint == Hint::kAside) return article_page_ ? !is_prose(id) : map_.linked[id] * 2 > map_.chars[id];
    return hint == Hint::kFurniture;
  }

  // Mostly running text, as in a box beside the main line of a book.
  bool is_prose(NodeId id) const {
    return map_.chars[id] > 200 && weight_[id] * 4 > map_.chars[id] * 3 && map_.linked[id] * 5 < map_.chars[id];
  }

  // A post of a social network shown in place: "social-media-embed" around a <blockquote>.
  bool quotes(NodeId id) const {
    for (NodeId child = tree_[id].first_child; child != kNoNode; child = tree_[child].next) {
      if (tree_[child].tag == k_blockquote && map_.chars[child] * 10 > map_.chars[id] * 6) return true;
    }
    return false;
  }

  // A box that opens over a word of the text, made of links.
  bool is_link_box(NodeId id) const {
    if (map_.chars[id] < 80 || map_.linked[id] * 10 < map_.chars[id] * 9) return false;
    int links = 0;
    for (NodeId child = tree_[id].first_child; child != kNoNode; child = tree_[child].next) {
      links += tree_[child].tag == k_a || tree_[child].tag == k_span;
    }
    return links >= 3;
  }

  // Notes, warnings and footnotes are <aside> in documentation.
  bool is_note(NodeId id) const {
    const std::string_view name = tree_.raw(id, Attr::k_class_);
    for (const std::string_view word : {"note", "warning", "tip", "admonition", "topic", "callout", "important",
                                        "caution", "hint", "example", "info"}) {
      if (name.find(word) != name.npos) return true;
    }
    return tree_.raw(id, Attr::k_role).starts_with("doc-");
  }

  // "¶" and "#" behind headings.
  bool is_anchor_sign(NodeId id) const {
    return map_.chars[id] <= 3 && map_.chars[id] > 0 && tree_.raw(id, Attr::k_href).starts_with('#') &&
           tree_[tree_[id].parent].tag >= k_h1 && tree_[tree_[id].parent].tag <= k_h6;
  }

  // The block that the page itself marks as the body of its article, if one stands out.
  NodeId marked_body() const {
    NodeId best = kNoNode;
    std::uint32_t second = 0;
    const auto consider = [&](NodeId id) {
      if (gone_[id]) return;
      if (best == kNoNode || weight_[id] > weight_[best]) {
        // A body inside a body is the same text.
        if (best != kNoNode && !contains(best, id)) second = weight_[best];
        best = id;
      } else if (!contains(best, id)) {
        second = std::max(second, weight_[id]);
      }
    };
    for (const NodeId id : bodies_) consider(id);
    if (best == kNoNode) {
      for (NodeId id = 1; id < count_; ++id) {
        if (tree_[id].tag == k_article) consider(id);
      }
    }
    if (best == kNoNode || weight_[best] < kBodyCharsMin || weight_[best] < second * 3) return kNoNode;
    return double(weight_[best]) >= (article_page_ ? kBodyShare : kDescendShare) * double(weight_[map_.root]) ? best
                                                                                                              : kNoNode;
  }

  bool contains(NodeId above, NodeId id) const {
    while (id > above) id = tree_[id].parent;
    return id == above;
  }

  // Whether running text stands beside `child`, and not only links.
  bool loses_text(NodeId node, NodeId child) const {
    const std::uint32_t chars = map_.chars[node] - map_.chars[child], linked = map_.linked[node] - map_.linked[child];
    return weight_[node] - weight_[child] > 0 && linked * 2 < chars;
  }

  NodeId descend(NodeId node) const {
    while (weight_[node] > 0) {
      NodeId best = kNoNode;
      for (NodeId child = tree_[node].first_child; child != kNoNode; child = tree_[child].next) {
        if (!map_.dropped[child] && (best == kNoNode || weight_[child] > weight_[best])) best = child;
      }
      if (best == kNoNode || double(weight_[best]) < kDescendShare * double(weight_[node])) break;
      if (!article_page_ && loses_text(node, best)) break;
      if (!is(tree_[best].tag, kBlock) || tree_[best].first_child == kNoNode) break;
      const Tag tag = tree_[best].tag;
      if (tag == k_p || tag == k_pre || tag == k_table || tag == k_ul || tag == k_ol || tag == k_dl ||
          tag == k_blockquote)
        break;
      node = best;
    }
    return node;
  }

  const Tree& tree_;
  const std::size_t count_;
  bool article_page_ = false;
  ContentMap map_;
  std::vector<NodeId> bodies_;  // blocks named as the body of an article
  std::vector<NodeId> block_;   // nearest block around a node
  std::vector<std::uint8_t> linked_, in_article_, gone_;
  std::vector<std::uint32_t> weight_;  // running text by subtree
};

}  // namespace

ContentMap find_content(const Tree& tree) { return ContentFinder(tree).run(); }
ContentMap whole_page(const Tree& tree) { return ContentFinder(tree).whole(); }

}  // namespace millpond::extract
