#pragma once
// Pages that are pictures.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "extract/ocr/ocr.h"
#include "extract/pdf/glyphs.h"
#include "extract/pdf/pictures.h"

namespace millpond::extract::pdf {

/// Reads scanned pages, so that layout finds lines, columns and headings on them as on any other page.
class ScanReader {
 public:
  ScanReader(const Pdfium& api, DocumentHandle* document, const Limits& limits)
      : api_(api), document_(document), quality_(limits.quality), languages_(limits.ocr_languages) {}

  /// Fills the runs of a page that has none but shows something, and adds the running text that stands in pictures
  /// on a page with text. Blank pages stay empty.
  /// Errors: kUnavailable without an engine (for this page and all later ones).
  Status read(int index, Page& page);

  /// What was done, for the metadata: which pages, the engine, its mean confidence.
  void describe(Document& document) const;
  /// The words of pictures that are no running text, with where the pictures stand.
  std::vector<PagePicture> take_labels() { return std::move(labels_); }
  const Status& unavailable() const { return unavailable_; }

 private:
  Status open();
  Status read_whole(PageHandle* handle, Page& page);
  Status read_pictures(PageHandle* handle, const std::vector<Box>& regions, Page& page);
  void count(const std::vector<OcrWord>& words);

  const Pdfium& api_;
  DocumentHandle* const document_;
  const Quality quality_;
  const std::string languages_;
  std::shared_ptr<OcrEngine> engine_;
  Status unavailable_;
  std::vector<PagePicture> labels_;
  std::vector<int> whole_, in_pictures_;  // pages, from 1
  double confidence_ = 0;
  std::int64_t words_ = 0;
};

}  // namespace millpond::extract::pdf
