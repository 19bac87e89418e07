#pragma once
// What stands on a page, before any layout: runs of text with their place and type.

#include <cmath>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "extract/links.h"
#include "extract/pdf/formula_glyph.h"
#include "extract/pdf/rulings.h"
#include "extract/pdf/tex_fonts.h"
#include "millpond/extract/document.h"

namespace millpond::extract::pdf {

/// How a piece of text is set.
struct Style {
  float size = 0;  ///< points, as it appears on the page
  bool bold = false;
  bool italic = false;
  bool mono = false;
};

/// Where a word begins within a run.
struct WordStart {
  std::size_t offset = 0;  ///< in the text
  float x0 = 0;
};

/// Finds the type size of most characters in one pass (majority vote): a few small exponents do not count.
struct SizeVote {
  float winner = 0;
  int lead = 0;
  void vote(float size, int chars) {
    if (std::abs(size - winner) < 0.05f) {
      lead += chars;
    } else if ((lead -= chars) < 0) {
      winner = size;
      lead = -lead;
    }
  }
};

/// Characters set one after the other on one baseline without a large gap.
/// Units: points from the top left of the page as it is read: turned so that most of its text is upright.
struct Run {
  std::string text;  ///< UTF-8; single spaces between words
  Box box;           ///< x: ink; y: from ascent to descent of the type
  float baseline = 0;
  float size = 0;  ///< of most of its characters
  int chars = 0;   ///< code points that are not spaces
  int bold_chars = 0, italic_chars = 0, mono_chars = 0;
  std::vector<WordStart> words;                    ///< of all words but the first
  bool upright = true;                             ///< reads from left to right; false for text turned on the page
  int table = -1;                                  ///< stands for this table of the page: has a box and no text
  std::uint32_t glyphs_begin = 0, glyphs_end = 0;  ///< of `Page::glyphs`
};

struct Page {
  int number = 0;               ///< from 1
  float width = 0, height = 0;  ///< as it is read
  int turned = 0;               ///< quarters clockwise from the page as displayed to the page as it is read
  float skew = 0;               ///< degrees clockwise from the page as it is read to the paper in the picture of it
  std::vector<Run> runs;        ///< in the order of the content stream
  std::vector<FormulaGlyph> glyphs;  ///< those of all runs, if the page has a font for formulas
  Rulings rulings;

  Box displayed(const Box& box) const;  ///< a box on this page, in the coordinates of the page as displayed
};

/// Reads the pages of one open document.
class PageReader {
 public:
  PageReader(const Pdfium& api, DocumentHandle* document, bool with_formulas)
      : api_(api), document_(document), with_formulas_(with_formulas) {}
  /// Errors: kInvalidArgument if the page is broken.
  Result<Page> read(int index);
  /// Also adds the links of each page that is read.
  void collect(Links* links) { links_ = links; }

 private:
  Links* links_ = nullptr;
  struct Face {
    bool bold, italic, mono;
    TexFont tex;
    Alphabet alphabet;
  };
  Face face_of(ObjectHandle* object);

  const Pdfium& api_;
  DocumentHandle* const document_;
  const bool with_formulas_;                     // also collects what formulas are read from
  std::unordered_map<FontHandle*, Face> faces_;  // of the page at hand: PDFium may reuse a handle after it
};

}  // namespace millpond::extract::pdf
