// Pictures of documents: their bytes, their place, and that nobody gets them unasked.
#include <gtest/gtest.h>

#include "extract/picture_bytes.h"
#include "millpond/extract/book.h"
#include "millpond/extract/captions.h"
#include "millpond/extract/html.h"
#include "millpond/extract/office.h"
#include "millpond/extract/open_document.h"
#include "millpond/extract/pdf.h"
#include "pdf_maker.h"
#include "zip_maker.h"

namespace millpond::extract {
namespace {

const std::string kPng = "\x89PNG\r\n\x1a\n rest of the picture";

Limits with_pictures() {
  Limits limits;
  limits.pictures = true;
  return limits;
}

TEST(Pictures, KindsByTheirFirstBytes) {
  EXPECT_EQ(picture_type(kPng), "image/png");
  EXPECT_EQ(picture_type("\xff\xd8\xff\xe0"), "image/jpeg");
  EXPECT_EQ(picture_type("<svg>"), "");
  EXPECT_EQ(data_uri_bytes("data:image/png;base64,aGVsbG8="), "hello");
  EXPECT_EQ(data_uri_bytes("https://example.org/a.png"), "");
}

TEST(Pictures, OfAWebPageAreThoseWrittenIntoIt) {
  const std::string page =
      "<p>A text that is long enough to be one.</p><img alt='The old mill' "
      "src='data:image/gif;base64,R0lGODlhAQABAAAAACw="
      "'><img src='wheel.png'>";
  const auto read = parse_html(page, with_pictures());
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->pictures.size(), 1u);
  EXPECT_EQ(read->pictures[0].media_type, "image/gif");
  const Element& figure = read->elements.at(static_cast<std::size_t>(read->pictures[0].element));
  EXPECT_EQ(figure.kind, ElementKind::kFigure);
  EXPECT_EQ(figure.text, "The old mill");
  EXPECT_EQ(figure.level, 0);
  const auto unasked = parse_html(page, {});
  ASSERT_TRUE(unasked.ok());
  EXPECT_TRUE(unasked->pictures.empty());
}

TEST(Pictures, OfAWordFileAreItsMedia) {
  const std::string relations =
      "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>"
      "<Relationship Id='rId7' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/image' "
      "Target='media/image1.png'/></Relationships>";
  const std::string document =
      "<w:document xmlns:w='w' xmlns:a='a' xmlns:r='r' xmlns:wp='wp'><w:body><w:p><w:r><w:t>Before</w:t></w:r></w:p>"
      "<w:p><w:r><w:drawing><wp:inline><wp:docPr id='1' name='Picture 1'/><a:graphic><a:blip "
      "r:embed='rId7'/></a:graphic>"
      "</wp:inline></w:drawing></w:r></w:p></w:body></w:document>";
  const std::string file = zipped(
      {{"word/document.xml", document}, {"word/_rels/document.xml.rels", relations}, {"word/media/image1.png", kPng}});
  const auto read = parse_docx(file, with_pictures());
  ASSERT_TRUE(read.ok()) << read.status().to_string();
  ASSERT_EQ(read->pictures.size(), 1u);
  EXPECT_EQ(read->pictures[0].bytes, kPng);
  EXPECT_EQ(read->pictures[0].element, 1);
  const auto unasked = parse_docx(file, {});
  ASSERT_EQ(unasked->elements.size(), 2u);  // its place is the same
  EXPECT_EQ(unasked->elements[1].kind, ElementKind::kFigure);
  EXPECT_TRUE(unasked->pictures.empty());
}

TEST(Pictures, OfOlderWordFilesAndTheirCaptions) {
  const std::string relations =
      "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>"
      "<Relationship Id='rId7' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/image' "
      "Target='media/image1.png'/></Relationships>";
  const std::string document =
      "<w:document xmlns:w='w' xmlns:v='v' xmlns:r='r'><w:body><w:p><w:r><w:pict><v:shape alt='The wheel of the mill'>"
      "<v:imagedata r:id='rId7'/></v:shape></w:pict></w:r></w:p>"
      "<w:p><w:pPr><w:pStyle w:val='Caption'/></w:pPr><w:r><w:t>Figure 1: The wheel</w:t></w:r></w:p>"
      "</w:body></w:document>";
  const std::string styles =
      "<w:styles xmlns:w='w'><w:style w:type='paragraph' w:styleId='Caption'><w:name w:val='caption'/></w:style>"
      "</w:styles>";
  const std::string with_styles =
      relations.substr(0, relations.rfind("</")) +
      "<Relationship Id='rId8' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles' "
      "Target='styles.xml'/></Relationships>";
  const auto read = parse_docx(zipped({{"word/document.xml", document},
                                       {"word/_rels/document.xml.rels", with_styles},
                                       {"word/styles.xml", styles},
                                       {"word/media/image1.png", kPng}}),
                               with_pictures());
  ASSERT_TRUE(read.ok()) << read.status().to_string();
  ASSERT_EQ(read->pictures.size(), 1u);
  EXPECT_EQ(read->elements.at(0).text, "The wheel of the mill");
  EXPECT_EQ(captions_of(read->elements), (std::vector<int>{1, -1}));
}

TEST(Pictures, OfAnOpenDocumentLieInItOrInItsText) {
  const std::string content =
      "<office:document-content xmlns:office='o' xmlns:text='t' xmlns:draw='d' xmlns:svg='s' xmlns:xlink='x' "
      "xmlns:style='y'><office:automatic-styles/><office:body><office:text><text:p>Before</text:p>"
      "<text:p><draw:frame><draw:text-box><text:p text:style-name='Illustration'><draw:frame>"
      "<draw:image xlink:href='Pictures/1.png'/><svg:desc>The old mill</svg:desc></draw:frame>Figure 1: The mill"
      "</text:p></draw:text-box></draw:frame></text:p>"
      "<text:p><draw:frame><draw:image><office:binary-data>R0lGODlhAQABAAAAACw=</office:binary-data></draw:image>"
      "</draw:frame></text:p><text:p>After</text:p></office:text></office:body></office:document-content>";
  const std::string file = zipped({{"content.xml", content}, {"Pictures/1.png", kPng}});
  const auto read = parse_odt(file, with_pictures());
  ASSERT_TRUE(read.ok()) << read.status().to_string();
  ASSERT_EQ(read->elements.size(), 5u);
  ASSERT_EQ(read->pictures.size(), 2u);
  EXPECT_EQ(read->pictures[0].bytes, kPng);
  EXPECT_EQ(read->pictures[1].media_type, "image/gif");
  EXPECT_EQ(read->elements[1].text, "The old mill");
  EXPECT_EQ(captions_of(read->elements), (std::vector<int>{-1, 2, -1, -1, -1}));
  EXPECT_EQ(parse_odt(file, {})->elements.size(), 5u);
}

TEST(Pictures, OfABookAreFoundFromItsChapters) {
  const std::string container = "<container><rootfiles><rootfile full-path='OEBPS/book.opf'/></rootfiles></container>";
  const std::string book =
      "<package><metadata><title>Mills</title></metadata><manifest>"
      "<item id='a' href='text/a.xhtml' media-type='application/xhtml+xml'/>"
      "<item id='b' href='text/b.xhtml' media-type='application/xhtml+xml'/></manifest>"
      "<spine><itemref idref='a'/><itemref idref='b'/></spine></package>";
  const std::string first = "<html><body><p>The first chapter.</p></body></html>";
  const std::string second =
      "<html><body><p>Of wheels.</p><figure><img src='../images/the%20wheel.png' alt='The wheel'/>"
      "<figcaption>Figure 1: The wheel</figcaption></figure><img src='../../outside.png'/>"
      "<img src='http://example.org/wheel.png'/></body></html>";
  const std::string file = zipped({{"META-INF/container.xml", container},
                                   {"OEBPS/book.opf", book},
                                   {"OEBPS/text/a.xhtml", first},
                                   {"OEBPS/text/b.xhtml", second},
                                   {"OEBPS/images/the wheel.png", kPng}});
  const auto read = parse_epub(file, with_pictures());
  ASSERT_TRUE(read.ok()) << read.status().to_string();
  ASSERT_EQ(read->pictures.size(), 1u);
  EXPECT_EQ(read->pictures[0].bytes, kPng);
  ASSERT_EQ(read->pictures[0].element, 2);
  EXPECT_EQ(captions_of(read->elements), (std::vector<int>{-1, -1, 3, -1}));
}

TEST(Pictures, OfAPdfStandWhereTheyAreShown) {
  std::string pixels;
  for (int i = 0; i < 32 * 32; ++i) pixels += "c81e1e";
  PdfMaker pdf;
  pdf.page()
      .text(72, 720, "Above the picture")
      .raw("q 100 0 0 80 72 600 cm BI /W 32 /H 32 /CS /RGB /BPC 8 /F /AHx ID " + pixels + "> EI Q\n")
      .text(72, 560, "Below the picture");
  const auto read = parse_pdf(pdf.finish(), with_pictures());
  ASSERT_TRUE(read.ok()) << read.status().to_string();
  ASSERT_EQ(read->pictures.size(), 1u);
  EXPECT_EQ(read->pictures[0].media_type, "image/png");
  ASSERT_EQ(read->pictures[0].element, 1);
  const Element& figure = read->elements.at(1);
  EXPECT_EQ(figure.kind, ElementKind::kFigure);
  EXPECT_NEAR(figure.box.x0, 72, 1);
  EXPECT_NEAR(figure.box.y0, 792 - 680, 1);
  EXPECT_EQ(read->elements.at(2).text, "Below the picture");
  EXPECT_TRUE(parse_pdf(pdf.finish(), {})->pictures.empty());
}

}  // namespace
}  // namespace millpond::extract
