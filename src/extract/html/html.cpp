#include "millpond/extract/html.h"

#include <utility>

#include "extract/html/content.h"
#include "extract/html/html_page.h"
#include "extract/html/metadata.h"
#include "extract/html/tree.h"
#include "extract/html/writer.h"
#include "extract/text/encoding.h"

namespace millpond::extract {
namespace {
constexpr std::size_t kOffsetMax = (std::size_t{1} << 32) - 2;  // nodes address the source with 32 bits

Result<Document> parse_page(std::string_view bytes, const Limits& limits, ContentMap (*choose)(const Tree&),
                            FindPicture find = {}) {
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
  return document;
}

}  // namespace

Result<Document> parse_html(std::string_view bytes, const Limits& limits) {
  return parse_page(bytes, limits, find_content);
}

Result<Document> parse_whole_html(std::string_view bytes, const Limits& limits) {
  return parse_page(bytes, limits, whole_page);
}

Result<Document> parse_whole_html(std::string_view bytes, const Limits& limits, FindPicture find) {
  return parse_page(bytes, limits, whole_page, std::move(find));
}

}  // namespace millpond::extract
