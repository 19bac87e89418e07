#pragma once
#include "millpond/extract/document.h"

namespace millpond::extract {

/// Parses XML: articles in JATS, books in DocBook, texts in TEI, feeds in RSS and Atom; other vocabularies by what
/// their elements look like.
///
/// Shape:   sections nest by their titles; lists, tables with spans, listings, formulas (TeX where there is some),
/// notes
///          and captions are taken as such. Elsewhere an element with text of its own is a paragraph, and records of
///          the same fields are a table. Title, authors, dates and journal as metadata. Entities that a document type
///          declares are not expanded, and nothing outside the file is read.
/// Errors:  kInvalidArgument with the byte where it stops being XML; kResourceExhausted deeper than `limits.depth`.
/// Threads: any.
/// Source:  JATS 1.3, DocBook 5.1, TEI P5
Result<Document> parse_xml(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
