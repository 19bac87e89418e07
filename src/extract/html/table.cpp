#include <algorithm>
#include <charconv>

#include "extract/html/writer.h"
#include "extract/text/clean.h"

namespace millpond::extract {
namespace {

constexpr int kSpanMax = 1000;  // as in browsers

int span_of(const Tree& tree, NodeId cell, Attr name) {
  const std::string_view raw = tree.raw(cell, name);
  int span = 1;
  std::from_chars(raw.data(), raw.data() + raw.size(), span);
  return std::clamp(span, 1, kSpanMax);
}

struct Shape {
  int rows = 0, cells = 0, headers = 0, columns = 0;
  int paragraphs = 0, headings = 0, lists = 0, listings = 0;
  std::uint32_t longest_cell = 0;
  bool nested = false, caption = false;
};

Shape shape_of(const Tree& tree, const ContentMap& content, NodeId table) {
  using enum Tag;
  Shape shape;
  int columns = 0;
  for (NodeId id = tree[table].first_child; id != kNoNode;) {
    const Tag tag = tree[id].tag;
    bool skip = content.dropped[id] != 0;
    if (!skip) {
      if (tag == k_tr) ++shape.rows, columns = 0;
      if (tag == k_td || tag == k_th) {
        ++shape.cells, shape.headers += tag == k_th;
        shape.columns = std::max(shape.columns, ++columns);
        shape.longest_cell = std::max(shape.longest_cell, content.chars[id]);
      }
      if (tag == k_table) shape.nested = skip = true;
      shape.caption |= tag == k_caption;
      shape.paragraphs += tag == k_p;
      shape.headings += tag >= k_h1 && tag <= k_h4;
      shape.lists += tag == k_ul || tag == k_ol;
      shape.listings += tag == k_pre;
    }
    id = !skip && tree[id].first_child != kNoNode ? tree[id].first_child : tree.after(id, table);
  }
  return shape;
}

}  // namespace

bool is_layout_table(const Tree& tree, const ContentMap& content, NodeId table) {
  const std::string_view role = tree.raw(table, Attr::k_role);
  if (role == "presentation" || role == "none") return true;
  const Shape shape = shape_of(tree, content, table);
  if (shape.nested || shape.cells <= 1) return true;
  if (shape.caption) return false;
  const bool sections = shape.headings > 0 || shape.listings > 0 || shape.lists > 0 || shape.paragraphs > 1;
  if (shape.cells <= 4 && shape.headers <= 1 && sections) return true;
  if (shape.headers > 0) return false;
  if ((shape.rows == 1 || shape.columns == 1) && (sections || shape.longest_cell > 400)) return true;
  return shape.headings > 0 || shape.longest_cell > 3000;
}

void write_table(const Tree& tree, const ContentMap& content, NodeId table, std::vector<Element>& out) {
  using enum Tag;
  Element element;
  element.kind = ElementKind::kTable;
  std::string cell, caption, stray, picture;
  NodeId open_cell = kNoNode, open_caption = kNoNode;
  bool in_row = false, in_head = false, first_cell = true;
  const auto end_row = [&] {
    if (in_row) element.html += "</tr>", element.text += '\n';
    in_row = false;
  };
  const auto end_cell = [&] {
    trim(cell);
    if (cell.empty()) cell = picture;
    normalize(cell);
    std::replace(cell.begin(), cell.end(), '\n', ' ');
    const bool header = tree[open_cell].tag == k_th || in_head;
    element.html += header ? "<th" : "<td";
    const int rows = span_of(tree, open_cell, Attr::k_rowspan), columns = span_of(tree, open_cell, Attr::k_colspan);
    if (rows > 1) element.html += " rowspan=\"" + std::to_string(rows) + '"';
    if (columns > 1) element.html += " colspan=\"" + std::to_string(columns) + '"';
    element.html += '>';
    append_escaped(element.html, cell);
    element.html += header ? "</th>" : "</td>";
    if (!first_cell) element.text += '\t';
    element.text += cell;
    first_cell = false;
    cell.clear(), picture.clear();
    open_cell = kNoNode;
  };
  for (NodeId id = tree[table].first_child; id != kNoNode;) {
    const Node& node = tree[id];
    std::string& text = open_cell != kNoNode ? cell : open_caption != kNoNode ? caption : stray;
    if (!content.dropped[id]) {
      switch (node.tag) {
        case kText: append_node_text(tree, id, false, text); break;
        case k_img:
          if (open_cell != kNoNode) picture = clean(tree.value(id, Attr::k_alt));
          break;
        case k_math: append_collapsed(text, formula_text(tree, id)); break;
        case k_thead: in_head = true; break;
        case k_tbody:
        case k_tfoot: in_head = false; break;
        case k_caption: open_caption = id; break;
        case k_tr:
          end_row();
          in_row = first_cell = true;
          element.html += "<tr>";
          break;
        case k_td:
        case k_th: open_cell = id; break;
        default:
          if (is(node.tag, kBlock) || node.tag == k_br) append_collapsed(text, " ");
      }
      if (node.first_child != kNoNode && node.tag != k_math && node.tag != k_script) {
        id = node.first_child;
        continue;
      }
    }
    // Climb to the next node, closing what is left on the way.
    for (;; id = tree[id].parent) {
      if (id == open_cell)
        end_cell();
      else if (id == open_caption)
        open_caption = kNoNode;
      else if (tree[id].tag == k_thead)
        in_head = false;
      else if (is(tree[id].tag, kBlock))
        append_collapsed(open_cell != kNoNode ? cell : open_caption != kNoNode ? caption : stray, " ");
      if (id == table || tree[id].next != kNoNode) break;
    }
    id = id == table ? kNoNode : tree[id].next;
  }
  end_row();
  for (const auto& [kind, text] : {std::pair(ElementKind::kCaption, &caption), {ElementKind::kParagraph, &stray}}) {
    trim(*text);
    if (text->empty()) continue;
    normalize(*text);
    Element& before = out.emplace_back();
    before.kind = kind;
    before.text = std::move(*text);
  }
  while (!element.text.empty() && element.text.back() == '\n') element.text.pop_back();
  if (element.text.find_first_not_of("\t\n ") == std::string::npos) return;
  element.html = "<table>" + element.html + "</table>";
  out.push_back(std::move(element));
}

}  // namespace millpond::extract
