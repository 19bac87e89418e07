#pragma once
// Pictures as documents, by OCR.

#include <string_view>

#include "millpond/extract/document.h"

namespace millpond::extract {

/// Reads PNG, JPEG, WebP and TIFF (a page each) by OCR: lines, columns, headings and lists as on a scanned page.
///
/// Shape:   elements have `page` and `box`, in points by the picture's resolution (200 dots an inch if it says none).
/// Errors:  kInvalidArgument (broken), kUnsupported (`quality: fast`; no text found), kResourceExhausted (too large),
///          kUnavailable without Tesseract.
/// Threads: as `parse_pdf`.
Result<Document> parse_image(std::string_view bytes, const Limits& limits);

/// Names the languages of scanned pages and pictures, as Tesseract does: "deu+fra".
/// Errors: kInvalidArgument for what cannot be such a list.
Status set_ocr_languages(std::string_view languages, Limits& limits);

}  // namespace millpond::extract
