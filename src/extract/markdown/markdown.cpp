#include "millpond/extract/markdown.h"

#include <md4c.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "extract/html/entities.h"
#include "extract/links.h"
#include "extract/markdown/front_matter.h"
#include "extract/text/clean.h"
#include "extract/text/encoding.h"
#include "millpond/extract/html.h"

namespace millpond::extract {
namespace {

// Receives md4c's events. A non-zero return stops the parser.
class MarkdownWriter {
 public:
  MarkdownWriter(const Limits& limits, Document& document) : limits_(limits), document_(document) {}

  Links links;

  int enter(MD_BLOCKTYPE type, const void* detail) {
    switch (type) {
      case MD_BLOCK_DOC: break;
      case MD_BLOCK_QUOTE: flush(); break;
      case MD_BLOCK_UL:
      case MD_BLOCK_OL:
        flush();
        ++list_depth_;
        lists_.emplace_back();
        if (type == MD_BLOCK_OL) {
          const auto* const list = static_cast<const MD_BLOCK_OL_DETAIL*>(detail);
          lists_.back() = {list->start, list->mark_delimiter};
        }
        break;
      case MD_BLOCK_LI:
        flush();
        item_open_ = true;
        mark_.clear();
        if (!lists_.empty() && lists_.back().delimiter != 0)
          mark_ = std::to_string(lists_.back().number++) + lists_.back().delimiter + ' ';
        break;
      case MD_BLOCK_H: begin(ElementKind::kTitle, int(static_cast<const MD_BLOCK_H_DETAIL*>(detail)->level)); break;
      case MD_BLOCK_CODE: begin(ElementKind::kCode, 0); break;
      case MD_BLOCK_P: begin(ElementKind::kParagraph, 0); break;
      case MD_BLOCK_HTML:
        flush();
        in_html_ = true;
        break;
      case MD_BLOCK_TABLE:
        flush();
        table_ = Element();
        table_.kind = ElementKind::kTable;
        table_.html = "<table>";
        break;
      case MD_BLOCK_TR:
        table_.html += "<tr>";
        first_cell_ = true;
        break;
      case MD_BLOCK_TH:
      case MD_BLOCK_TD: text_.clear(); break;
      default: break;
    }
    return 0;
  }

  int leave(MD_BLOCKTYPE type) {
    switch (type) {
      case MD_BLOCK_DOC:
      case MD_BLOCK_QUOTE:
      case MD_BLOCK_P:
      case MD_BLOCK_H:
      case MD_BLOCK_CODE: flush(); break;
      case MD_BLOCK_UL:
      case MD_BLOCK_OL:
        flush();
        --list_depth_;
        if (!lists_.empty()) lists_.pop_back();
        break;
      case MD_BLOCK_LI:
        flush();
        item_open_ = false;
        break;
      case MD_BLOCK_HTML: end_html(); break;
      case MD_BLOCK_TH:
      case MD_BLOCK_TD: end_cell(type == MD_BLOCK_TH ? "th" : "td"); break;
      case MD_BLOCK_TR:
        table_.html += "</tr>";
        table_.text += '\n';
        break;
      case MD_BLOCK_TABLE:
        table_.html += "</table>";
        while (!table_.text.empty() && table_.text.back() == '\n') table_.text.pop_back();
        if (table_.text.find_first_not_of("\t\n ") != std::string::npos) add(std::move(table_));
        break;
      default: break;
    }
    return over_limit() ? 1 : 0;
  }

  int enter_span(MD_SPANTYPE type, const void* detail) {
    if (type == MD_SPAN_A) {
      const MD_ATTRIBUTE& address = static_cast<const MD_SPAN_A_DETAIL*>(detail)->href;
      link_target_ = decode_entities(std::string_view(address.text, address.size));
      link_from_ = text_.size();
    }
    if (type == MD_SPAN_IMG) ++image_depth_;
    if (type == MD_SPAN_LATEXMATH_DISPLAY) formula_from_ = text_.size();
    return 0;
  }

  int leave_span(MD_SPANTYPE type) {
    if (type == MD_SPAN_IMG) --image_depth_;
    if (type == MD_SPAN_A) links.add(std::string_view(text_).substr(std::min(link_from_, text_.size())), link_target_);
    // A paragraph that is one displayed formula is a formula.
    if (type == MD_SPAN_LATEXMATH_DISPLAY && kind_ == ElementKind::kParagraph && formula_from_ == 0) {
      kind_ = ElementKind::kFormula;
    }
    return 0;
  }

  int text(MD_TEXTTYPE type, std::string_view text) {
    if (in_html_) {
      html_.append(text);
      return 0;
    }
    if (kind_ == ElementKind::kFormula && type != MD_TEXT_LATEXMATH) kind_ = ElementKind::kParagraph;
    switch (type) {
      case MD_TEXT_NULLCHAR: text_ += "\uFFFD"; break;
      case MD_TEXT_BR:
        while (!text_.empty() && text_.back() == ' ') text_.pop_back();
        text_ += '\n';
        break;
      case MD_TEXT_SOFTBR: append_collapsed(text_, " "); break;
      case MD_TEXT_ENTITY: append_collapsed(text_, decode_entities(text)); break;
      case MD_TEXT_CODE:
        if (kind_ == ElementKind::kCode)
          append_verbatim(text_, text);
        else
          append_collapsed(text_, text);
        break;
      case MD_TEXT_HTML:
        if (text.starts_with("<br")) text_ += '\n';
        break;
      default: append_collapsed(text_, text);
    }
    return text_.size() > std::size_t(limits_.output_bytes) ? 1 : 0;
  }

  bool over_limit() const { return written_bytes_ > limits_.output_bytes; }

 private:
  void begin(ElementKind kind, int level) {
    flush();
    kind_ = kind;
    level_ = level;
  }

  void flush() {
    if (kind_ == ElementKind::kCode)
      trim_lines(text_);
    else
      trim(text_);
    if (!text_.empty()) {
      Element element;
      element.kind = kind_;
      element.level = level_;
      if (item_open_ && kind_ == ElementKind::kParagraph) {
        element.kind = ElementKind::kListItem;
        element.level = list_depth_;
        text_.insert(0, mark_);
      }
      if (kind_ == ElementKind::kParagraph || kind_ == ElementKind::kTitle) item_open_ = false;
      element.text = std::move(text_);
      normalize(element.text);
      add(std::move(element));
    }
    text_.clear();
    kind_ = ElementKind::kParagraph;
    level_ = 0;
  }

  void end_cell(std::string_view tag) {
    trim(text_);
    std::replace(text_.begin(), text_.end(), '\n', ' ');
    normalize(text_);
    table_.html.append("<").append(tag).append(">");
    append_escaped(table_.html, text_);
    table_.html.append("</").append(tag).append(">");
    if (!first_cell_) table_.text += '\t';
    table_.text += text_;
    first_cell_ = false;
    text_.clear();
  }

  void end_html() {
    in_html_ = false;
    Result<Document> page = parse_html(html_, limits_);
    html_.clear();
    if (!page.ok()) return;
    for (Element& element : page->elements) add(std::move(element));
  }

  void add(Element element) {
    written_bytes_ += std::int64_t(element.text.size() + element.html.size());
    document_.elements.push_back(std::move(element));
  }

  struct List {
    unsigned number = 0;  // of the next item
    char delimiter = 0;   // 0 for bullets
  };

  const Limits& limits_;
  Document& document_;
  std::string text_, html_;
  std::vector<List> lists_;
  std::string mark_;  // of the open item
  Element table_;
  ElementKind kind_ = ElementKind::kParagraph;
  int level_ = 0;
  int list_depth_ = 0;
  int image_depth_ = 0;
  std::size_t formula_from_ = 0, link_from_ = 0;
  std::string link_target_;
  bool item_open_ = false;  // the item's mark is not yet on an element
  bool in_html_ = false;
  bool first_cell_ = true;
  std::int64_t written_bytes_ = 0;
};

MarkdownWriter& writer(void* data) { return *static_cast<MarkdownWriter*>(data); }

}  // namespace

Result<Document> parse_markdown(std::string_view bytes, const Limits& limits) {
  if (std::int64_t(bytes.size()) > limits.input_bytes || bytes.size() > std::numeric_limits<MD_SIZE>::max() / 2) {
    return exhausted("the text passes input_bytes: ", bytes.size()).hint("Raise input_bytes, or split the file.");
  }
  Decoded source;
  decode_text(bytes, {}, source);
  std::string_view text = source.text;
  Document document;
  read_front_matter(text, document);

  MD_PARSER parser = {};
  parser.flags = MD_DIALECT_GITHUB | MD_FLAG_LATEXMATHSPANS;
  parser.enter_block = [](MD_BLOCKTYPE type, void* detail, void* data) { return writer(data).enter(type, detail); };
  parser.leave_block = [](MD_BLOCKTYPE type, void*, void* data) { return writer(data).leave(type); };
  parser.enter_span = [](MD_SPANTYPE type, void* detail, void* data) { return writer(data).enter_span(type, detail); };
  parser.leave_span = [](MD_SPANTYPE type, void*, void* data) { return writer(data).leave_span(type); };
  parser.text = [](MD_TEXTTYPE type, const MD_CHAR* from, MD_SIZE size, void* data) {
    return writer(data).text(type, std::string_view(from, size));
  };
  MarkdownWriter out(limits, document);
  if (md_parse(text.data(), MD_SIZE(text.size()), &parser, &out) != 0) {
    if (out.over_limit()) return exhausted("the text passes output_bytes: ", limits.output_bytes);
    return exhausted("the text passes output_bytes or memory: ", bytes.size());
  }
  out.links.settle(document);
  if (document.title.empty()) {
    const auto first = std::find_if(document.elements.begin(), document.elements.end(), [](const Element& element) {
      return element.kind == ElementKind::kTitle && element.level == 1;
    });
    if (first != document.elements.end()) document.title = first->text;
  }
  return document;
}

}  // namespace millpond::extract
