// Links of each kind of document: their text and where they lead, in the metadata.
#include "extract/links.h"

#include <gtest/gtest.h>

#include "extract/office/office_links.h"
#include "millpond/extract/html.h"
#include "millpond/extract/markdown.h"
#include "millpond/extract/office.h"
#include "millpond/extract/open_document.h"
#include "millpond/extract/pdf.h"
#include "pdf_maker.h"
#include "zip_maker.h"

namespace millpond::extract {
namespace {

std::string links_of(const Result<Document>& document) {
  if (!document.ok()) return document.status().to_string();
  const auto found = document->metadata.find("links");
  return found == document->metadata.end() ? "" : found->second;
}

TEST(Links, StandOnceInOrderAndWithinBounds) {
  Links links;
  links.add(" the \n mill ", "https://example.org/\"a\"", 3);
  links.add("the mill", "https://example.org/\"a\"", 4);
  links.add("x", "javascript:alert(1)");
  links.add("x", " JavaScript:alert(1)");
  links.add("x", "data:text/html,y");
  links.add("x", "#");
  links.add("", "#part");
  Document document;
  links.settle(document);
  EXPECT_EQ(document.metadata["links"],
            R"([{"text":"the mill","target":"https://example.org/\"a\"","page":3},{"text":"","target":"#part"}])");
  Links many;
  for (int i = 0; i < 1500; ++i) many.add("x", "https://example.org/" + std::to_string(i));
  many.settle(document);
  EXPECT_EQ(document.metadata["links_left_out"], "500");
}

TEST(Links, AddressesAreSeenFromTheirBase) {
  const std::string base = "https://example.org/a/b.html?x#y";
  EXPECT_EQ(resolved_address(base, "c.html"), "https://example.org/a/c.html");
  EXPECT_EQ(resolved_address(base, "../c/./d?e=../f#g"), "https://example.org/c/d?e=../f#g");
  EXPECT_EQ(resolved_address(base, "../../../c"), "https://example.org/c");
  EXPECT_EQ(resolved_address(base, "/c"), "https://example.org/c");
  EXPECT_EQ(resolved_address(base, "//other.org/c"), "https://other.org/c");
  EXPECT_EQ(resolved_address(base, "?z"), "https://example.org/a/b.html?z");
  EXPECT_EQ(resolved_address(base, "#z"), "#z");
  EXPECT_EQ(resolved_address(base, "mailto:a@example.org"), "mailto:a@example.org");
  EXPECT_EQ(resolved_address("https://example.org", "c"), "https://example.org/c");
  EXPECT_EQ(resolved_address("", "c"), "c");
}

TEST(Links, OfAPageOfHtml) {
  EXPECT_EQ(links_of(parse_html(
                "<!doctype html><head><base href='https://example.org/m/'></head><body><nav><a href='/home'>Home</a>"
                "</nav><p>The <a href='wheel.html?a=1&amp;b=2'>old <b>wheel</b></a> turns in the pond all day "
                "long, and <a href='javascript:void(0)'>this</a> does nothing at all.</p>",
                {})),
            R"([{"text":"old wheel","target":"https://example.org/m/wheel.html?a=1&b=2"}])");
}

TEST(Links, OfMarkdown) {
  EXPECT_EQ(
      links_of(parse_markdown("See [the *mill*](https://example.org/a&amp;b \"title\"), <https://example.org/>\n\n"
                              "| a |\n|---|\n| [cell][1] |\n\n[1]: other.md#part\n",
                              {})),
      R"([{"text":"the mill","target":"https://example.org/a&b"},{"text":"https://example.org/","target":)"
      R"("https://example.org/"},{"text":"cell","target":"other.md#part"}])");
}

constexpr const char* kRelations =
    R"(<Relationships><Relationship Id="rId9" Type="x/hyperlink" Target="https://example.org/mill" TargetMode="External"/>)"
    R"(<Relationship Id="rId8" Type="x/worksheet" Target="sheet.xml"/><Relationship Id="rId7" Type="x/slide" Target="slide.xml"/></Relationships>)";
std::string package_relations(const std::string& main) {
  return R"(<Relationships><Relationship Id="rId1" Type="x/officeDocument" Target=")" + main + R"("/></Relationships>)";
}

TEST(Links, OfWord) {
  const std::string body =
      R"(<w:document xmlns:w="w" xmlns:r="r"><w:body><w:p><w:hyperlink r:id="rId9"><w:r><w:t>the </w:t></w:r><w:r><w:t>mill</w:t></w:r></w:hyperlink>)"
      R"(<w:hyperlink w:anchor="pond"><w:r><w:t>below</w:t></w:r></w:hyperlink>)"
      R"(<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPERLINK "https://example.org/field" \l "at" </w:instrText></w:r>)"
      R"(<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>a field</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>)"
      R"(<w:r><w:t> and no link</w:t></w:r></w:p></w:body></w:document>)";
  EXPECT_EQ(links_of(parse_docx(zipped({{"_rels/.rels", package_relations("word/document.xml")},
                                        {"word/document.xml", body},
                                        {"word/_rels/document.xml.rels", kRelations}}),
                                {})),
            R"([{"text":"the mill","target":"https://example.org/mill"},{"text":"below","target":"#pond"},)"
            R"({"text":"a field","target":"https://example.org/field#at"}])");
  EXPECT_EQ(field_target(" HYPERLINK \\l \"x\""), "#x");
  EXPECT_EQ(field_target(" PAGEREF x"), "");
  EXPECT_EQ(field_target("HYPERLINK \"open"), "open");
}

TEST(Links, OfSlides) {
  const std::string slide =
      R"(<p:sld xmlns:p="p" xmlns:a="a" xmlns:r="r"><p:cSld><p:spTree><p:sp><p:txBody><a:p><a:r><a:rPr><a:hlinkClick r:id="rId9"/></a:rPr><a:t>the </a:t></a:r>)"
      R"(<a:r><a:rPr><a:hlinkClick r:id="rId9"/></a:rPr><a:t>mill</a:t></a:r><a:r><a:t> stands</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>)";
  EXPECT_EQ(
      links_of(parse_pptx(
          zipped(
              {{"_rels/.rels", package_relations("ppt/presentation.xml")},
               {"ppt/presentation.xml",
                R"(<p:presentation xmlns:p="p" xmlns:r="r"><p:sldIdLst><p:sldId id="256" r:id="rId7"/></p:sldIdLst></p:presentation>)"},
               {"ppt/_rels/presentation.xml.rels", kRelations},
               {"ppt/slide.xml", slide},
               {"ppt/_rels/slide.xml.rels", kRelations}}),
          {})),
      R"([{"text":"the mill","target":"https://example.org/mill","page":1}])");
}

TEST(Links, OfSheets) {
  const std::string sheet =
      R"(<worksheet xmlns:r="r"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>the mill</t></is></c><c r="B1" t="str"><f>HYPERLINK("https://example.org/f","shown")</f><v>shown</v></c></row></sheetData>)"
      R"(<hyperlinks><hyperlink ref="A1" r:id="rId9"/><hyperlink ref="C4" location="Sheet2!A1" display="there"/></hyperlinks></worksheet>)";
  EXPECT_EQ(
      links_of(
          parse_xlsx(zipped({{"_rels/.rels", package_relations("xl/workbook.xml")},
                             {"xl/workbook.xml",
                              R"(<workbook xmlns:r="r"><sheets><sheet name="One" r:id="rId8"/></sheets></workbook>)"},
                             {"xl/_rels/workbook.xml.rels", kRelations},
                             {"xl/sheet.xml", sheet},
                             {"xl/_rels/sheet.xml.rels", kRelations}}),
                     {})),
      R"([{"text":"shown","target":"https://example.org/f","page":1},{"text":"the mill","target":"https://example.org/mill","page":1},)"
      R"({"text":"there","target":"#Sheet2!A1","page":1}])");
}

TEST(Links, OfOpenDocument) {
  EXPECT_EQ(
      links_of(parse_odt(
          zipped(
              {{"content.xml",
                R"(<o:document-content xmlns:o="o" xmlns:t="t" xmlns:x="x"><o:body><o:text><t:p>See <t:a x:href="https://example.org/"><t:span>the</t:span><t:s/>mill</t:a>.</t:p></o:text></o:body></o:document-content>)"}}),
          {})),
      R"([{"text":"the mill","target":"https://example.org/"}])");
}

TEST(Links, OfAPdf) {
  PdfMaker maker;
  maker.page().text(72, 700, "See the mill today", 10).page().text(72, 700, "The second page");
  const int away =
      maker.object("<</Type/Annot/Subtype/Link/Rect[92 697 125 710]/A<</S/URI/URI(https://example.org/mill)>>>>");
  const int within = maker.object("<</Type/Annot/Subtype/Link/Rect[127 697 165 710]/Dest[" +
                                  std::to_string(PdfMaker::page_object(1)) + " 0 R/Fit]>>");
  maker.annotations(0, {away, within});
  const auto document = parse_pdf(maker.finish(), {});
  EXPECT_EQ(
      links_of(document),
      R"([{"text":"the mill","target":"https://example.org/mill","page":1},{"text":"today","target":"#page=2","page":1}])");
}

}  // namespace
}  // namespace millpond::extract
