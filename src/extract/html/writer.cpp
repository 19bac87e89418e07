#include "extract/html/writer.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "extract/html/entities.h"
#include "extract/text/clean.h"
#include "extract/text/list_number.h"

namespace millpond::extract {
namespace {

// Walks the tree without recursion; remembers the block that it is in, and collects the text of that block.
class Writer {
 public:
  Writer(const Tree& tree, const ContentMap& content, const Limits& limits, Document& document,
         std::vector<BlockFacts>& facts, Pictures& pictures)
      : tree_(tree), content_(content), limits_(limits), out_(document.elements), facts_(facts), pictures_(pictures) {}

  Status run() {
    const NodeId root = content_.root;
    const int number = tree_[root].tag == Tag::k_ol ? first_number(root) : 0;
    blocks_.push_back({root, ElementKind::kParagraph, 0, 0, false, number, {}});
    rescue_heading();
    NodeId id = root;
    while (true) {
      if (!content_.dropped[id] && enter(id) && tree_[id].first_child != kNoNode) {
        id = tree_[id].first_child;
        continue;
      }
      leave(id);
      while (id != root && tree_[id].next == kNoNode) leave(id = tree_[id].parent);
      if (id == root) break;
      id = tree_[id].next;
      if (written_bytes_ > limits_.output_bytes) {
        return exhausted("the text of the page passes output_bytes: ", limits_.output_bytes);
      }
    }
    flush();
    return {};
  }

 private:
  struct Block {
    NodeId node;
    ElementKind kind;
    int level;
    int list_depth;
    bool verbatim;
    int number = 0;    // of an ordered list: that of its next item
    std::string mark;  // of an item: its number as shown
  };

  // The page's heading often stands above the block that holds the text.
  void rescue_heading() {
    NodeId heading = kNoNode;
    for (NodeId id = 1; id < tree_.nodes.size(); ++id) {
      if (tree_[id].tag != Tag::k_h1) continue;
      if (heading != kNoNode || id >= content_.root) return;  // several, or it will be read in its place
      heading = id;
    }
    if (heading == kNoNode || content_.root <= 1) return;
    for (NodeId id = content_.root; id > 0; id = tree_[id].parent) {
      if (id == heading) return;
    }
    std::string text = subtree_text(tree_, heading);
    if (!text.empty()) add(ElementKind::kTitle, 1, std::move(text));
  }

  // Returns whether to read the children.
  bool enter(NodeId id) {
    using enum Tag;
    const Tag tag = tree_[id].tag;
    switch (tag) {
      case kText:
        append_node_text(tree_, id, blocks_.back().verbatim, text_);
        now_.chars += content_.chars[id];
        now_.linked += content_.linked[id];
        return false;
      case k_br: line_break(); return false;
      case k_hr: flush(); return false;
      case k_img:
        figure(id);
        now_.after_picture |= text_.empty();
        return false;
      case k_math: formula(id); return false;
      case k_script: script_formula(id); return false;
      case k_table:
        open(id, blocks_.back().kind, blocks_.back().level);
        if (is_layout_table(tree_, content_, id)) return true;
        table(id);
        return false;
      case k_pre:
      case k_listing:
      case k_xmp: open(id, ElementKind::kCode, 0).verbatim = true; return true;
      case k_h1:
      case k_h2:
      case k_h3:
      case k_h4:
      case k_h5:
      case k_h6: open(id, ElementKind::kTitle, int(tag) - int(k_h1) + 1); return true;
      case k_ul:
      case k_ol:
      case k_menu:
      case k_dir:
      case k_dl: {
        Block& block = open(id, ElementKind::kParagraph, 0);
        ++block.list_depth;
        if (tag == k_ol) block.number = first_number(id);
        return true;
      }
      case k_li:
      case k_dt: {
        const int depth = std::max(1, blocks_.back().list_depth);
        std::string mark = next_mark(id);
        open(id, is_footnote(id) ? ElementKind::kFootnote : ElementKind::kListItem, depth);
        if (blocks_.back().kind == ElementKind::kFootnote) blocks_.back().level = 0;
        blocks_.back().mark = std::move(mark);
        return true;
      }
      case k_dd: open(id, ElementKind::kParagraph, 0); return true;
      case k_figcaption:
      case k_caption: open(id, ElementKind::kCaption, 0); return true;
      case k_q: text_ += "\u201C"; return true;
      default: break;
    }
    if (content_.kinds[id] == NodeKind::kCaption) {
      open(id, ElementKind::kCaption, 0);
    } else if (content_.kinds[id] == NodeKind::kDeck && blocks_.back().kind == ElementKind::kParagraph) {
      open(id, ElementKind::kTitle, 2);
    } else if (is(tag, kBlock)) {
      const Block above = blocks_.back();
      open(id, is_footnote(id) ? ElementKind::kFootnote : above.kind, above.level);
    }
    return true;
  }

  void leave(NodeId id) {
    if (tree_[id].tag == Tag::k_q && !content_.dropped[id]) text_ += "\u201D";
    if (blocks_.back().node != id || blocks_.size() == 1) return;
    flush();
    blocks_.pop_back();
  }

  Block& open(NodeId id, ElementKind kind, int level) {
    flush();
    Block block = blocks_.back();
    block.node = id;
    block.kind = kind;
    block.level = level;
    return blocks_.emplace_back(block);
  }

  void flush() {
    Block& block = blocks_.back();
    if (block.verbatim)
      trim_lines(text_);
    else
      trim(text_);
    if (text_.empty()) return;
    if (block.kind == ElementKind::kListItem) text_.insert(0, block.mark);
    add(block.kind, block.level, std::move(text_));
    text_.clear();
    facts_.resize(out_.size());
    if (!facts_.empty()) facts_.back() = now_;
    now_ = {};
    // Only the first block of a list item carries its mark.
    if (block.kind != ElementKind::kListItem) return;
    for (std::size_t i = blocks_.size(); i-- > 0 && blocks_[i].kind == ElementKind::kListItem;) {
      blocks_[i].kind = ElementKind::kParagraph;
      blocks_[i].level = 0;
    }
  }

  static int number_in(std::string_view text, int missing) {
    while (!text.empty() && text[0] == ' ') text.remove_prefix(1);
    std::from_chars(text.data(), text.data() + text.size(), missing);
    return std::clamp(missing, -1'000'000'000, 1'000'000'000);
  }

  int first_number(NodeId list) const {
    int items = 1;
    if (tree_.has(list, Attr::k_reversed)) {
      items = 0;
      for (NodeId id = tree_[list].first_child; id != kNoNode; id = tree_[id].next) items += tree_[id].tag == Tag::k_li;
    }
    return number_in(tree_.raw(list, Attr::k_start), items);
  }

  bool hides_marks(NodeId id) const {
    const std::string_view style = tree_.raw(id, Attr::k_style);
    const std::size_t at = style.find("list-style");
    return at != style.npos && style.substr(at, style.find(';', at) - at).find("none") != style.npos;
  }

  // The number of an item as a browser shows it, and the list's next one; empty where it shows a bullet or nothing.
  std::string next_mark(NodeId item) {
    const NodeId list = tree_[item].parent;
    if (tree_[item].tag != Tag::k_li || list == kNoNode || tree_[list].tag != Tag::k_ol) return {};
    const auto block = std::find_if(blocks_.rbegin(), blocks_.rend(), [&](const Block& b) { return b.node == list; });
    if (block == blocks_.rend()) return {};
    const int number = number_in(tree_.raw(item, Attr::k_value), block->number);
    block->number = number + (tree_.has(list, Attr::k_reversed) ? -1 : 1);
    if (hides_marks(list) || hides_marks(item)) return {};
    const std::string_view type = tree_.raw(list, Attr::k_type);
    std::string text = std::to_string(number);
    if ((type == "i" || type == "I") && number > 0) {
      text = roman_number(number);
    } else if ((type == "a" || type == "A") && number > 0) {
      text.clear();
      for (int rest = number; rest > 0; rest = (rest - 1) / 26) text += char('a' + (rest - 1) % 26);
      std::reverse(text.begin(), text.end());
    }
    if (type == "A" || type == "I") {
      for (char& c : text) c = c >= 'a' && c <= 'z' ? char(c - 32) : c;
    }
    return text + ". ";
  }

  // Pages show captions twice: in place and in a gallery.
  bool repeats(ElementKind kind, const std::string& text) const {
    return text.size() >= 60 && kind != ElementKind::kCode && !out_.empty() && out_.back().text == text;
  }

  void add(ElementKind kind, int level, std::string text) {
    if (repeats(kind, text)) return;
    Element& element = out_.emplace_back();
    element.kind = kind;
    element.level = level;
    element.text = std::move(text);
    normalize(element.text);
    written_bytes_ += std::int64_t(element.text.size());
  }

  void line_break() {
    if (blocks_.back().verbatim) {
      text_ += '\n';
      return;
    }
    while (!text_.empty() && text_.back() == ' ') text_.pop_back();
    if (text_.empty()) return;
    if (text_.back() == '\n' && blocks_.back().kind == ElementKind::kParagraph)
      flush();
    else if (text_.back() != '\n')
      text_ += '\n';
  }

  void table(NodeId id) {
    const std::size_t first = out_.size();
    write_table(tree_, content_, id, out_);
    for (std::size_t i = first; i < out_.size(); ++i) {
      written_bytes_ += std::int64_t(out_[i].text.size() + out_[i].html.size());
    }
  }

  // A picture counts when its text tells something: words, not a file name or "logo".
  void figure(NodeId id) {
    std::string alt = clean(tree_.value(id, Attr::k_alt));
    if (pictures_.wanted() && tree_.raw(id, Attr::k_src).starts_with("data:image/")) {
      if (const int ticket = pictures_.keep(data_uri_bytes(tree_.value(id, Attr::k_src))); ticket != 0) {
        return add(ElementKind::kFigure, ticket, std::move(alt));
      }
    }
    if (pictures_.find) {
      if (auto bytes = pictures_.find(tree_.value(id, Attr::k_src), pictures_.wanted())) {
        const int ticket = pictures_.wanted() ? pictures_.keep(*std::move(bytes)) : 0;
        return add(ElementKind::kFigure, ticket, std::move(alt));
      }
    }
    if (alt.size() < 8 || alt.find(' ') == alt.npos || blocks_.back().kind == ElementKind::kTitle) return;
    const auto small = [&](Attr side) {
      const std::string_view size = tree_.raw(id, side);
      return !size.empty() && size.size() <= 2 && size[0] >= '0' && size[0] <= '9';
    };
    if (small(Attr::k_width) || small(Attr::k_height)) return;
    if (!out_.empty() && out_.back().kind == ElementKind::kFigure && out_.back().text == alt) return;
    add(ElementKind::kFigure, 0, std::move(alt));  // before the text that it stands in
  }

  void formula(NodeId id) {
    std::string tex = formula_text(tree_, id);
    if (tex.empty()) return;
    if (tree_.raw(id, Attr::k_display) == "block") {
      flush();
      add(ElementKind::kFormula, 0, std::move(tex));
    } else {
      append_collapsed(text_, tex);
    }
  }

  // MathJax keeps formulas in <script type="math/tex; mode=display">.
  void script_formula(NodeId id) {
    const std::string_view type = tree_.raw(id, Attr::k_type);
    const NodeId child = tree_[id].first_child;
    if (!type.starts_with("math/tex") || child == kNoNode) return;
    std::string tex = clean(tree_.text(child));
    if (type.find("display") != type.npos) {
      flush();
      if (!tex.empty()) add(ElementKind::kFormula, 0, std::move(tex));
    } else {
      append_collapsed(text_, tex);
    }
  }

  bool is_footnote(NodeId id) const {
    const std::string_view role = tree_.raw(id, Attr::k_role);
    if (role == "doc-footnote" || role == "doc-endnote") return true;
    const std::string_view name = tree_.raw(id, Attr::k_class_);
    if (name == "footnote" || name.starts_with("footnote ") || name.ends_with(" footnote")) return true;
    const std::string_view anchor = tree_.raw(id, Attr::k_id);
    const auto numbered = [&](std::string_view start) {
      return anchor.starts_with(start) && anchor.size() > start.size() && anchor.back() >= '0' && anchor.back() <= '9';
    };
    return tree_[id].tag == Tag::k_li && (numbered("fn:") || numbered("fn") || numbered("cite_note"));
  }

  const Tree& tree_;
  const ContentMap& content_;
  const Limits& limits_;
  std::vector<Element>& out_;
  std::vector<BlockFacts>& facts_;
  Pictures& pictures_;
  BlockFacts now_;  // of the text being collected
  std::vector<Block> blocks_;
  std::string text_;
  std::int64_t written_bytes_ = 0;
};

}  // namespace

Status write_elements(const Tree& tree, const ContentMap& content, const Limits& limits, Document& document,
                      std::vector<BlockFacts>& facts, Pictures& pictures) {
  return Writer(tree, content, limits, document, facts, pictures).run();
}

void append_node_text(const Tree& tree, NodeId text, bool verbatim, std::string& out) {
  std::string_view rest = tree.text(text);
  const auto append = verbatim ? append_verbatim : append_collapsed;
  if (!tree[text].has_entities) return append(out, rest);
  std::string reference;
  while (true) {
    const std::size_t at = rest.find('&');
    append(out, rest.substr(0, at));
    if (at == rest.npos) return;
    rest.remove_prefix(at);
    reference.clear();
    const std::size_t length = append_entity(rest, false, reference);
    append(out, length == 0 ? std::string_view("&") : reference);
    rest.remove_prefix(length == 0 ? 1 : length);
  }
}

std::string subtree_text(const Tree& tree, NodeId root) {
  std::string out;
  for (NodeId id = tree[root].first_child; id != kNoNode;) {
    if (tree[id].tag == Tag::kText)
      append_node_text(tree, id, false, out);
    else if (is(tree[id].tag, kBlock) || tree[id].tag == Tag::k_br)
      append_collapsed(out, " ");
    id = tree[id].first_child != kNoNode ? tree[id].first_child : tree.after(id, root);
  }
  trim(out);
  normalize(out);
  return out;
}

std::string formula_text(const Tree& tree, NodeId math) {
  std::string alternative = clean(tree.value(math, Attr::k_alttext));
  if (!alternative.empty()) return alternative;
  for (NodeId id = tree[math].first_child; id != kNoNode;) {
    if (tree[id].tag == Tag::k_annotation && tree.raw(id, Attr::k_encoding).find("tex") != std::string_view::npos) {
      return subtree_text(tree, id);
    }
    id = tree[id].first_child != kNoNode ? tree[id].first_child : tree.after(id, math);
  }
  return subtree_text(tree, math);
}

}  // namespace millpond::extract
