#pragma once
// Pages that are pictures.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "extract/ocr/ocr.h"
#include "extract/pdf/glyphs.h"

namespace millpond::extract::pdf {

/// Gives a page a run for each line of what OCR read on a picture of it. Units: `scale` pixels are a point.
void add_words(const std::vector<OcrWord>& words, float scale, Page& page);
/// 0 to 100; 0 without words.
float mean_confidence(const std::vector<OcrWord>& words);

/// Reads scanned pages, so that layout finds lines, columns and headings on them as on any other page.
class ScanReader {
 public:
  ScanReader(const Pdfium& api, DocumentHandle* document, const Limits& limits)
      : api_(api), document_(document), quality_(limits.quality), languages_(limits.ocr_languages) {}

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
  const std::string languages_;
  std::unique_ptr<OcrEngine> engine_;
  Status unavailable_;
  std::vector<std::pair<int, int>> ranges_;  // of pages, both ends included
  double confidence_ = 0;
  std::int64_t words_ = 0;
};

}  // namespace millpond::extract::pdf
