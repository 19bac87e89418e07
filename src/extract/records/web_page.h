#pragma once
// A WARC record → the text of the page in it.

#include <string>
#include <string_view>

#include "extract/records/record_fields.h"
#include "millpond/context.h"
#include "millpond/extract/document.h"

namespace millpond::extract {

/// What a record is.
enum class PageKind { kPage, kNoPage, kNotOk };

/// A page as the record holds it: WET text as it is, an HTTP answer unpacked, its body not yet read.
struct WebPage {
  PageKind kind = PageKind::kNoPage;
  std::string media_type;  ///< lower case, without parameters
  std::string charset;     ///< as declared by HTTP; may be empty
  std::string_view body;   ///< of the record, or of `unpacked`
  std::string unpacked;
};

/// Reads the headers, takes chunks and compression away, and adds `id`, `url`, `date`, `languages` and `status` to
/// `fields` where the record has them.
/// Errors: kDataCorrupt, kUnsupported (an encoding), kResourceExhausted (a body above `limits.output_bytes`).
Status read_web_page(std::string_view record, const Limits& limits, WebPage& page, RecordFields& fields);

/// The page's text: plain text is decoded; HTML, PDF and what else has a parser is parsed in a child process, and its
/// elements joined by line breaks. Errors: those of the parser; kUnsupported where there is none.
Result<std::string> page_text(const WebPage& page, const Limits& limits, Context& context);

}  // namespace millpond::extract
