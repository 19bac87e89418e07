// What parse_pptx and parse_xlsx read. The documents are zipped here from their XML.
#include "millpond/extract/office.h"
#include "text_show.h"
#include "zip_maker.h"

namespace millpond::extract {
namespace {

std::string relations(std::string_view inner) { return "<Relationships>" + std::string(inner) + "</Relationships>"; }
std::string relation(std::string_view id, std::string_view type, std::string_view target) {
  return "<Relationship Id=\"" + std::string(id) + "\" Type=\"x/" + std::string(type) + "\" Target=\"" +
         std::string(target) + "\"/>";
}

std::string workbook(std::string_view rows, std::string_view after = "") {
  return zipped({
      {"_rels/.rels", relations(relation("1", "officeDocument", "xl/workbook.xml"))},
      {"xl/workbook.xml", R"(<workbook xmlns:r="r"><sheets><sheet name="Prices" r:id="a"/>)"
                          R"(<sheet name="Gone" state="hidden" r:id="a"/></sheets></workbook>)"},
      {"xl/_rels/workbook.xml.rels",
       relations(relation("a", "worksheet", "sheet.xml") + relation("b", "sharedStrings", "s.xml") +
                 relation("c", "styles", "t.xml"))},
      {"xl/s.xml", "<sst><si><t>Fruit</t></si><si><r><t>Ap</t></r><r><t>ple</t></r></si></sst>"},
      {"xl/t.xml",
       R"(<styleSheet><numFmts><numFmt numFmtId="170" formatCode="&quot;day&quot; 0"/><numFmt numFmtId="171" )"
       R"(formatCode="yyyy\-mm"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/>)"
       R"(<xf numFmtId="171"/></cellXfs></styleSheet>)"},
      {"xl/sheet.xml",
       "<worksheet><sheetData>" + std::string(rows) + "</sheetData>" + std::string(after) + "</worksheet>"},
  });
}

TEST(Xlsx, StringsNumbersDatesAndFormulas) {
  EXPECT_EQ(
      parsed(parse_xlsx,
             workbook(R"(<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>in</t></is></c></row>
      <row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2"><f>1+1</f><v>0.30000000000000004</v></c></row>
      <row r="3"><c r="A3" t="b"><v>1</v></c><c r="B3" s="1"><v>45292</v></c></row>
      <row r="4"><c r="A4" s="2"><v>3</v></c><c r="B4" s="3"><v>45292.5</v></c></row>
      <row r="5"><c r="A5" t="s"><v>99</v></c><c r="B5" s="1"><v>59</v></c></row>)")),
      "title1 Prices\ntable Fruit⇥in⏎Apple⇥0.3⏎True⇥2024-01-01⏎3⇥2024-01-01 12:00:00⏎⇥1900-02-28\n");
}

TEST(Xlsx, BlocksOfCellsAreTables) {
  EXPECT_EQ(
      parsed(parse_xlsx, workbook(R"(<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c><c r="E1"><v>3</v></c></row>
      <row r="2"><c r="A2"><v>4</v></c><c r="E2"><v>5</v></c></row>
      <row r="4"><c r="C4"><v>6</v></c></row>)")),
      "title1 Prices\ntable 1⇥2⏎4⇥\ntable 3⏎5\npara 6\n");
}

TEST(Xlsx, MergedCellsSpanAndATableKeepsItsName) {
  const std::string bytes = workbook(R"(<row r="1"><c r="A1"><v>7</v></c></row>
      <row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c></row><row r="3"><c r="B3"><v>3</v></c></row>)",
                                     R"(<mergeCells><mergeCell ref="A1:B1"/><mergeCell ref="A2:A3"/></mergeCells>)");
  EXPECT_EQ(parsed(parse_xlsx, bytes), "title1 Prices\npara 7\ntable 1⇥2⏎⇥3\n");
  EXPECT_EQ(document_of(parse_xlsx, bytes).elements[2].html,
            "<table><tr><td rowspan=\"2\">1</td><td>2</td></tr><tr><td>3</td></tr></table>");
}

TEST(Xlsx, HostileReferencesDoNoHarm) {
  EXPECT_EQ(parsed(parse_xlsx,
                   workbook(R"(<row r="9999999999"><c r="ZZZZ1"><v>1</v></c><c r="A0"><v>2</v></c></row>)",
                            R"(<mergeCells><mergeCell ref="A1:XFD1048576"/><mergeCell ref="B2:A1"/></mergeCells>)"))
                .substr(0, 14),
            "title1 Prices\n");
  // A corner far away from the rest does not make a table of all cells between.
  const Document document = document_of(
      parse_xlsx,
      workbook(R"(<row r="1"><c r="A1"><v>1</v></c></row><row r="1000000"><c r="XFD1000000"><v>2</v></c></row>)"));
  EXPECT_EQ(document.elements.size(), 3u);
}

TEST(Xlsx, AWideCrossOfCellsStaysSmall) {
  std::string rows = "<row r=\"1\">";
  for (int i = 0; i < 5000; ++i) rows += "<c><v>1</v></c>";
  rows += "</row>";
  for (int i = 2; i < 5000; ++i) rows += "<row><c><v>2</v></c></row>";
  const Document document = document_of(parse_xlsx, workbook(rows));
  ASSERT_EQ(document.elements.size(), 2u);
  EXPECT_LT(document.elements[1].text.size(), 40'000u);
}

TEST(Xlsx, SaysWhatIsWrong) {
  Limits tight;
  tight.output_bytes = 3;
  EXPECT_NE(parsed(parse_xlsx, workbook(R"(<row r="1"><c r="A1" t="s"><v>0</v></c></row>)"), tight).find("limit of 3"),
            std::string::npos);
  EXPECT_NE(parsed(parse_pptx, workbook("")).find("not a presentation"), std::string::npos);
}

std::string presentation(std::string_view shapes) {
  return zipped({
      {"_rels/.rels", relations(relation("1", "officeDocument", "ppt/p.xml"))},
      {"ppt/p.xml",
       R"(<p:presentation xmlns:p="p" xmlns:r="r"><p:sldIdLst><p:sldId id="256" r:id="a"/></p:sldIdLst></p:presentation>)"},
      {"ppt/_rels/p.xml.rels", relations(relation("a", "slide", "s.xml") + relation("b", "commentAuthors", "w.xml"))},
      {"ppt/w.xml", R"(<p:l xmlns:p="p"><p:cmAuthor id="0" name="Jo" initials="J"/></p:l>)"},
      {"ppt/_rels/s.xml.rels", relations(relation("n", "notesSlide", "n.xml") + relation("c", "comments", "c.xml"))},
      {"ppt/n.xml",
       R"(<p:notes xmlns:p="p" xmlns:a="a"><p:cSld><p:spTree><p:sp><p:nvSpPr><p:nvPr><p:ph type="body"/></p:nvPr></p:nvSpPr>)"
       R"(<p:txBody><a:p><a:r><a:t>Say it slowly.</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:notes>)"},
      {"ppt/c.xml", R"(<p:l xmlns:p="p"><p:cm authorId="0" dt="2026-01-01"><p:text>Why?</p:text></p:cm></p:l>)"},
      {"ppt/s.xml",
       R"(<p:sld xmlns:p="p" xmlns:a="a"><p:cSld><p:spTree>)" + std::string(shapes) + "</p:spTree></p:cSld></p:sld>"},
  });
}
std::string shape(std::string_view holder, int y, std::string_view paragraphs) {
  return "<p:sp><p:nvSpPr><p:nvPr>" + std::string(holder) + "</p:nvPr></p:nvSpPr><p:spPr><a:xfrm><a:off x=\"0\" y=\"" +
         std::to_string(y) + "\"/></a:xfrm></p:spPr><p:txBody>" + std::string(paragraphs) + "</p:txBody></p:sp>";
}
std::string para(std::string_view text, std::string_view properties = "") {
  return "<a:p>" + std::string(properties) + "<a:r><a:t>" + std::string(text) + "</a:t></a:r></a:p>";
}

TEST(Pptx, TitleListsTextNotesAndComments) {
  EXPECT_EQ(parsed(parse_pptx, presentation(shape("", 5'000'000, para("Below")) +
                                            shape("<p:ph idx=\"1\"/>", 2'000'000,
                                                  para("one") + para("in it", "<a:pPr lvl=\"1\"/>") +
                                                      para("plain", "<a:pPr><a:buNone/></a:pPr>") +
                                                      para("a", "<a:pPr><a:buAutoNum/></a:pPr>") +
                                                      para("b", "<a:pPr><a:buAutoNum/></a:pPr>")) +
                                            shape("<p:ph type=\"title\"/>", 9'000'000, para("Mill")) +
                                            shape("<p:ph type=\"sldNum\"/>", 1, para("4")))),
            "title1 Mill\nitem1 one\nitem2 in it\npara plain\nitem1 1. a\nitem1 2. b\npara Below\n"
            "footnote [author: Jo (J), time: 2026-01-01]: Why?\nfootnote Say it slowly.\n");
}

TEST(Pptx, TablesWithSpans) {
  const std::string cells =
      R"(<a:tr><a:tc gridSpan="2"><a:txBody><a:p><a:r><a:t>both</a:t></a:r></a:p></a:txBody></a:tc><a:tc hMerge="1"/></a:tr>)"
      R"(<a:tr><a:tc><a:txBody><a:p><a:r><a:t>l</a:t></a:r></a:p></a:txBody></a:tc><a:tc><a:txBody><a:p><a:r><a:t>r</a:t></a:r></a:p></a:txBody></a:tc></a:tr>)";
  const Document document =
      document_of(parse_pptx, presentation("<p:graphicFrame><a:graphic><a:graphicData><a:tbl>" + cells +
                                           "</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"));
  ASSERT_FALSE(document.elements.empty());
  EXPECT_EQ(document.elements[0].html,
            "<table><tr><td colspan=\"2\">both</td></tr><tr><td>l</td><td>r</td></tr></table>");
  EXPECT_EQ(document.elements[0].page, 1);
}

TEST(Pptx, DeepGroupsAreRefused) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<p:grpSp>";
  for (int i = 0; i < 100; ++i) deep += "</p:grpSp>";
  EXPECT_NE(parsed(parse_pptx, presentation(deep)).find("nested deeper"), std::string::npos);
}

}  // namespace
}  // namespace millpond::extract
