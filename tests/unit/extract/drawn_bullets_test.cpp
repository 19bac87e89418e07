// Lists whose bullets are drawn.
#include "millpond/extract/pdf.h"
#include "pdf_maker.h"
#include "text_show.h"

namespace millpond::extract {
namespace {

std::string dot(double x, double y, double side = 3.5) {
  return std::to_string(x) + ' ' + std::to_string(y) + ' ' + std::to_string(side) + ' ' + std::to_string(side) +
         " re f\n";
}

TEST(DrawnBullets, MakeListItems) {
  PdfMaker pdf;
  pdf.page().lines(72, 700, {"What was found:"}).lines(90, 680, {"Three wheels turn", "Two weirs leak"});
  pdf.raw(dot(80, 682)).raw(dot(80, 670));
  EXPECT_EQ(show(document_of(parse_pdf, pdf.finish())),
            "para What was found:\nitem1 Three wheels turn\nitem1 Two weirs leak\n");
}

TEST(DrawnBullets, AloneOrBehindTextAreNone) {
  PdfMaker alone, behind;
  alone.page().lines(90, 680, {"Three wheels turn"}).raw(dot(80, 682));
  EXPECT_EQ(show(document_of(parse_pdf, alone.finish())), "para Three wheels turn\n");
  behind.page().text(72, 680, "Mill").text(102, 680, "Weir").text(72, 640, "Oven").text(102, 640, "Hearth");
  behind.raw(dot(94, 682)).raw(dot(97, 642));
  const std::string shown = show(document_of(parse_pdf, behind.finish()));
  EXPECT_EQ(shown.find("item"), shown.npos) << shown;
}

}  // namespace
}  // namespace millpond::extract
