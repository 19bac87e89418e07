#pragma once
// The document model: what every extractor produces, whatever the format.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/schema.h"
#include "millpond/status.h"

namespace millpond::extract {

enum class ElementKind : unsigned char {
  kTitle,
  kParagraph,
  kListItem,
  kTable,
  kFigure,
  kCaption,
  kFootnote,
  kHeader,
  kFooter,
  kCode,
  kFormula,
  kPageBreak
};
std::string_view kind_name(ElementKind kind);       ///< snake_case: "list_item"
ElementKind kind_from_name(std::string_view name);  ///< kParagraph if unknown

/// A rectangle on a page. Units: PDF points (1/72 inch), origin at the top left, y grows downwards.
struct Box {
  float x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  bool empty() const { return x1 <= x0 || y1 <= y0; }
  bool operator==(const Box&) const = default;
};

/// One block of a document, in reading order.
struct Element {
  ElementKind kind = ElementKind::kParagraph;
  int level = 0;     ///< titles: 1 is the highest; list items: nesting from 1; otherwise 0
  std::string text;  ///< UTF-8, NFC, no control characters but \n and \t; tables: cells by \t, rows by \n
  int page = 0;      ///< from 1; 0 where the format has no pages
  Box box;           ///< on `page`; empty where the format has no geometry
  std::string html;  ///< tables: a <table> with spans; otherwise empty
  bool operator==(const Element&) const = default;
};

struct Part;

/// The bytes of a picture that a figure shows.
struct Picture {
  int element = 0;  ///< index of the figure in `elements`
  std::string media_type;
  std::string bytes;
  bool operator==(const Picture&) const = default;
};

/// A parsed document.
struct Document {
  std::string title;
  std::string language;  ///< BCP 47, as declared by the document; empty if it declares none
  int pages = 0;
  std::map<std::string, std::string> metadata;  ///< author, created, modified … as the document states them
  std::vector<Element> elements;
  std::vector<Part> parts;        ///< documents inside this file, in its order: attachments, members of archives
  std::vector<Picture> pictures;  ///< if they were asked for (`Limits::pictures`); by element
  bool operator==(const Document&) const;
};

/// A document inside a file. A part has no parts of its own: those of an archive in an archive stand beside it.
struct Part {
  std::string name;  ///< where it lies in the file: "letters/offer.docx", "1.eml/invoice.pdf"
  std::string media_type;
  Document document;
  bool operator==(const Part&) const;
};

/// What is done for pages that are pictures.
enum class Quality : unsigned char {
  kFast,      ///< nothing: only text that is there
  kBalanced,  ///< read by OCR at 200 dots an inch, where a page has no text
  kBest       ///< the same at 300
};

/// What a parser may use. A parser that meets a limit returns kResourceExhausted or kDeadlineExceeded.
struct Limits {
  std::int64_t input_bytes = std::int64_t{2} << 30;     ///< larger files are rejected unread
  std::int64_t output_bytes = std::int64_t{256} << 20;  ///< text and HTML of all elements together
  std::int64_t expansion_ratio = 200;                   ///< of compressed members (zip bombs)
  int pages = 20'000;
  int depth = 512;                                    ///< nesting of markup
  Quality quality = Quality::kBalanced;               ///< of scanned pages
  char ocr_languages[48] = "eng";                     ///< as Tesseract names them: "deu+fra"
  bool as_printed = false;                            ///< PDF: keep the pages' own lines, leaders and bullets
  bool pictures = false;                              ///< also collect the bytes of pictures
  int nesting = 4;                                    ///< of files inside files
  int time_ms = 60'000;                               ///< enforced by the worker's parent
  std::int64_t memory_bytes = std::int64_t{1} << 30;  ///< address space beyond start-up, of the worker
};

/// Parses one format. Pure: the same bytes and limits give the same document.
/// Errors: kInvalidArgument (not this format, broken), kUnsupported (encrypted …), kResourceExhausted (a limit).
/// Threads: called from several at once.
using ParseFunction = Result<Document> (*)(std::string_view bytes, const Limits& limits);

/// Serialises for the pipe between a worker and its parent, which reads it as an `EncodedDocument`; private to one
/// version of millpond.
void encode(const Document& document, std::string& out);

/// The Arrow shape of `elements` in the `documents` table.
const Type& elements_type();

}  // namespace millpond::extract
