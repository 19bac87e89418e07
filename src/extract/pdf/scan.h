#pragma once
// Pages that are pictures.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "extract/ocr/ocr.h"
#include "extract/pdf/glyphs.h"

namespace millpond::extract::pdf {

/// Reads scanned pages, so that layout finds lines, columns and headings on them as on any other page.
class ScanReader {
 public:
  ScanReader(const Pdfium& api, DocumentHandle* document, Quality quality)
      : api_(api), document_(document), quality_(quality) {}

  /// Fills the runs of a page that has none but shows something. Blank pages stay empty.
  /// Errors: kUnavailable without an engine (for this page and all later ones).
  Status read(int index, Page& page);

  /// What was done, for the metadata: which pages, the engine, its mean confidence.
  void describe(Document& document) const;
  const Status& unavailable() const { return unavailable_; }

 private:
  const Pdfium& api_;
  DocumentHandle* const document_;
  const Quality quality_;
  std::unique_ptr<OcrEngine> engine_;
  Status unavailable_;
  std::vector<std::pair<int, int>> ranges_;  // of pages, both ends included
  double confidence_ = 0;
  std::int64_t words_ = 0;
};

}  // namespace millpond::extract::pdf
