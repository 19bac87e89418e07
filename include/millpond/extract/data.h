#pragma once
// Files that hold records, read as tables of a document.

#include "millpond/extract/document.h"

namespace millpond::extract {

/// Parses comma-, semicolon- or bar-separated values into one table; the separator is the one that gives the same
/// number of fields on most lines.
///
/// Shape:   quotes, doubled quotes and line breaks inside quotes as in RFC 4180; the first row is a header if all of
/// its
///          fields are filled, differ, and none is a number. A quote that is never closed ends at its line.
/// Errors:  kResourceExhausted for input above `limits.input_bytes` or output above `limits.output_bytes`.
/// Threads: any.
/// Source:  RFC 4180
Result<Document> parse_csv(std::string_view bytes, const Limits& limits);
/// As `parse_csv`, fields parted by tabs.
Result<Document> parse_tsv(std::string_view bytes, const Limits& limits);

/// Parses JSON, or JSON values one after the other (JSON Lines): an array of objects is a table with a column a key, an
/// object a section with its fields as paragraphs, an array of values a list.
///
/// Shape:   objects inside cells are JSON text; numbers stand as in the file; nulls are empty. A nested object is a
///          title with its key.
/// Errors:  kInvalidArgument with the byte where it stops being JSON; kResourceExhausted deeper than `limits.depth`.
/// Threads: any.
/// Source:  RFC 8259
Result<Document> parse_json(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
