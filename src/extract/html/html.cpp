#include "millpond/extract/html.h"

#include <utility>

#include "extract/html/content.h"
#include "extract/html/html_page.h"
#include "extract/html/metadata.h"
#include "extract/html/tree.h"
#include "extract/html/writer.h"
#include "extract/links.h"
#include "extract/text/encoding.h"

namespace millpond::extract {
namespace {
constexpr std::size_t kOffsetMax = (std::size_t{1} << 32) - 2;  // nodes address the source with 32 bits

/// The links of the content, as seen from the page's own address.
void collect_links(const Tree& tree, const ContentMap& content, const Document& document, Links& links) {
  const auto url = document.metadata.find("url");
  std::string base = url == document.metadata.end() ? std::string() : url->second;
  for (NodeId id = 1; id < tree.nodes.size(); ++id) {
    if (tree[id].tag != Tag::k_base || !tree.has(id, Attr::k_href)) continue;
    base = resolved_address(base, tree.value(id, Attr::k_href));
    break;
  }
  for (NodeId id = content.root; id != kNoNode || id == content.root;) {
    const bool dropped = content.dropped[id] != 0;
    if (!dropped && tree[id].tag == Tag::k_a && tree.has(id, Attr::k_href)) {
      std::string text = subtree_text(tree, id);
      links.add(text, resolved_address(base, tree.value(id, Attr::k_href)));
    }
    const NodeId child = dropped ? kNoNode : tree[id].first_child;
    id = child != kNoNode ? child : tree.after(id, content.root);
    if (id == kNoNode) break;
  }
}

Result<Document> parse_page(std::string_view bytes, const Limits& limits, ContentMap (*choose)(const Tree&),
                            Links& links, FindPicture find = {}) {
  if (std::int64_t(bytes.size()) > limits.input_bytes) {
    return exhausted("the page passes input_bytes: ", bytes.size()).hint("Raise input_bytes, or split the file.");
  }
  Decoded source;
  decode_text(bytes, declared_encoding(bytes), source);
  if (source.text.size() > kOffsetMax) return exhausted("the page is too large in UTF-8: ", source.text.size());
  const Tree tree = parse_tree(source.text, limits.depth);
  Document document;
  read_metadata(tree, document);
  const ContentMap content = choose(tree);
  std::vector<BlockFacts> facts;
  Pictures pictures(limits);
  pictures.find = std::move(find);
  MP_TRY(write_elements(tree, content, limits, document, facts, pictures));
  if (content.article) {
    document.metadata["type"] = "article";
    tidy_article(facts, document);
  }
  pictures.settle(document);
  collect_links(tree, content, document, links);
  return document;
}

}  // namespace

Result<Document> parse_html(std::string_view bytes, const Limits& limits) {
  Links links;
  MP_ASSIGN(Document document, parse_page(bytes, limits, find_content, links));
  links.settle(document);
  return document;
}

Result<Document> parse_whole_html(std::string_view bytes, const Limits& limits) {
  Links links;
  MP_ASSIGN(Document document, parse_page(bytes, limits, whole_page, links));
  links.settle(document);
  return document;
}

Result<Document> parse_whole_html(std::string_view bytes, const Limits& limits, FindPicture find, Links& links) {
  return parse_page(bytes, limits, whole_page, links, std::move(find));
}

}  // namespace millpond::extract
