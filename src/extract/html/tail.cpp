#include "extract/html/tail.h"

#include <algorithm>

#include "extract/html/writer.h"

namespace millpond::extract {
namespace {

constexpr std::uint32_t kLeadCharsMax = 40;
constexpr int kLeadsMax = 64;  // each looks at all that follows it

// How such lines start, lower case, in the languages most common on the web.
constexpr std::string_view kLeads[] = {"related",
                                       "more from",
                                       "more news",
                                       "more stories",
                                       "more on this",
                                       "you may also",
                                       "you might also",
                                       "you may like",
                                       "recommended",
                                       "read next",
                                       "up next",
                                       "our latest",
                                       "latest stories",
                                       "latest news",
                                       "top rated comments",
                                       "top comments",
                                       "explore further",
                                       "most popular",
                                       "most read",
                                       "leave a comment",
                                       "leave a reply",
                                       "about the author",
                                       "share this",
                                       "like this story",
                                       "join the conversation",
                                       "trending",
                                       "popular now",
                                       "don't miss",
                                       "sign up",
                                       "mehr zum thema",
                                       "das k\u00F6nnte",
                                       "lesen sie auch",
                                       "weitere artikel",
                                       "kommentare",
                                       "\u00E0 lire aussi",
                                       "lire aussi",
                                       "sur le m\u00EAme sujet",
                                       "commentaires",
                                       "te puede interesar",
                                       "noticias relacionadas",
                                       "comentarios",
                                       "lee tambi\u00E9n",
                                       "leia tamb\u00E9m",
                                       "voc\u00EA pode gostar",
                                       "veja tamb\u00E9m",
                                       "leggi anche",
                                       "potrebbe interessarti",
                                       "lees ook",
                                       "\u0447\u0438\u0442\u0430\u0439\u0442\u0435 \u0442\u0430\u043A\u0436\u0435"};

bool starts_tail(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? char(c + 32) : c;
  if (text == "comments" || text == "share" || text == "tags") return true;
  return std::any_of(std::begin(kLeads), std::end(kLeads),
                     [&](std::string_view lead) { return text.starts_with(lead); });
}

bool is_lead_tag(Tag tag) {
  return (tag >= Tag::k_h2 && tag <= Tag::k_h6) || tag == Tag::k_p || tag == Tag::k_div || tag == Tag::k_strong ||
         tag == Tag::k_span || tag == Tag::k_header;
}

bool stands_first(const Tree& tree, const ContentMap& content, NodeId id) {
  for (NodeId before = tree[tree[id].parent].first_child; before != id; before = tree[before].next) {
    if (!content.dropped[before] && content.chars[before] > 0) return false;
  }
  return true;
}

}  // namespace

void drop_tail(const Tree& tree, ContentMap& content) {
  const NodeId root = content.root;
  std::uint32_t read = 0;  // characters before the node
  int leads = 0;
  for (NodeId id = tree[root].first_child; id != kNoNode;) {
    const Tag tag = tree[id].tag;
    if (content.dropped[id]) {
      id = tree.after(id, root);
      continue;
    }
    if (tag == Tag::kText) read += content.chars[id];
    const std::uint32_t chars = content.chars[id];
    if (is_lead_tag(tag) && chars >= 4 && chars <= kLeadCharsMax && read * 2 > content.chars[root] &&
        leads < kLeadsMax && starts_tail(subtree_text(tree, id))) {
      ++leads;
      // Climb while nothing stands before it: the line heads the whole box.
      NodeId box = id;
      while (tree[box].parent != root && stands_first(tree, content, box)) box = tree[box].parent;
      const bool heads_box = box != id && content.chars[box] > chars;
      // "Up next" may also head a paragraph of the article: a tail is made of links.
      std::uint32_t all = 0, linked = 0;
      const NodeId end = heads_box ? tree[box].next : kNoNode;
      for (NodeId sibling = box; sibling != end; sibling = tree[sibling].next) {
        if (!content.dropped[sibling]) all += content.chars[sibling], linked += content.linked[sibling];
      }
      if (linked * 4 >= all) {
        for (NodeId sibling = box; sibling != end; sibling = tree[sibling].next) content.dropped[sibling] = 1;
      }
      id = tree.after(box, root);
      continue;
    }
    id = tree[id].first_child != kNoNode ? tree[id].first_child : tree.after(id, root);
  }
}

}  // namespace millpond::extract
