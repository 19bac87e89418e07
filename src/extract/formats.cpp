#include "millpond/extract/formats.h"

#include <algorithm>

#include "millpond/extract/html.h"
#include "millpond/extract/markdown.h"
#include "millpond/extract/office.h"
#include "millpond/extract/pdf.h"
#include "millpond/extract/text.h"

namespace millpond::extract {
namespace {

constexpr Format kFormats[] = {
    {"application/pdf", "PDF", parse_pdf, "text with pages and boxes, reading order, headings, outline, lists, code"},
    {"application/vnd.openxmlformats-officedocument.presentationml.presentation", "PPTX", parse_pptx,
     "slides, lists, tables, values of charts, comments, notes"},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX", parse_xlsx,
     "sheets as tables, merged cells, dates, values of charts, comments"},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "DOCX", parse_docx,
     "text, headings by style, lists, tables, footnotes, properties"},
    {"text/html", "HTML", parse_html, "main content, headings, lists, tables, metadata"},
    {"text/markdown", "Markdown", parse_markdown, "headings, lists, tables, code, front matter"},
    {"text/plain", "text", parse_text, "paragraphs, underlined titles, lists, indented code; any encoding"},
    {"text/x-rst", "reStructuredText", parse_text, "as plain text"},
};

}  // namespace

std::span<const Format> formats() { return kFormats; }

const Format* find_format(std::string_view media_type, std::span<const Format> among) {
  media_type = media_type.substr(0, media_type.find_first_of("; "));
  const auto found =
      std::find_if(among.begin(), among.end(), [&](const Format& format) { return format.media_type == media_type; });
  return found == among.end() ? nullptr : &*found;
}

}  // namespace millpond::extract
