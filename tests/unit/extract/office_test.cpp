// What parse_docx reads. The documents are zipped here from their XML.
#include "millpond/extract/office.h"

#include "text_show.h"
#include "zip_maker.h"

namespace millpond::extract {
namespace {

constexpr std::string_view kRoot = R"( xmlns:w="w" xmlns:m="m" xmlns:mc="mc" xmlns:wp="wp">)";

Members members_of(std::string_view body) {
  const std::string office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  return {
      {"_rels/.rels",
       R"(<Relationships><Relationship Id="1" Type=")" + office +
           R"(/officeDocument" Target="word/document.xml"/><Relationship Id="2" Type="x/core-properties" )"
           R"(Target="docProps/core.xml"/></Relationships>)"},
      {"word/_rels/document.xml.rels",
       R"(<Relationships><Relationship Id="1" Type="x/styles" Target="styles.xml"/>)"
       R"(<Relationship Id="2" Type="x/numbering" Target="/word/numbering.xml"/>)"
       R"(<Relationship Id="3" Type="x/footnotes" Target="footnotes.xml"/>)"
       R"(<Relationship Id="4" Type="x/endnotes" Target="endnotes.xml"/></Relationships>)"},
      {"word/document.xml", "<?xml version=\"1.0\"?><w:document" + std::string(kRoot) + "<w:body>" + std::string(body) +
                                "</w:body></w:document>"},
      {"word/styles.xml",
       R"(<w:styles xmlns:w="w"><w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="de-DE"/></w:rPr></w:rPrDefault></w:docDefaults>
          <w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
          <w:style w:type="paragraph" w:styleId="Mine"><w:name w:val="My heading"/><w:basedOn w:val="berschrift1"/></w:style>
          <w:style w:type="paragraph" w:styleId="Out"><w:name w:val="x"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>
          <w:style w:type="paragraph" w:styleId="Titel"><w:name w:val="Title"/></w:style>
          <w:style w:type="paragraph" w:styleId="Cap"><w:name w:val="caption"/></w:style>
          <w:style w:type="paragraph" w:styleId="Toc1"><w:name w:val="toc 1"/></w:style>
          <w:style w:type="paragraph" w:styleId="Code"><w:name w:val="HTML Preformatted"/></w:style>
          <w:style w:type="paragraph" w:styleId="Loop"><w:name w:val="y"/><w:basedOn w:val="Loop"/></w:style></w:styles>)"},
      {"word/numbering.xml",
       R"(<w:numbering xmlns:w="w"><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/>
          <w:lvlText w:val="o"/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/><w:lvlText w:val="o"/></w:lvl></w:abstractNum>
          <w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/>
          </w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2"/></w:lvl></w:abstractNum>
          <w:abstractNum w:abstractNumId="2"><w:styleLink w:val="L"/><w:lvl w:ilvl="0"><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1."/>
          </w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1-%2"/></w:lvl><w:lvl w:ilvl="2"><w:isLgl/>
          <w:lvlText w:val="%1.%2.%3"/></w:lvl></w:abstractNum>
          <w:abstractNum w:abstractNumId="3"><w:numStyleLink w:val="L"/></w:abstractNum>
          <w:num w:numId="3"><w:abstractNumId w:val="2"/></w:num><w:num w:numId="4"><w:abstractNumId w:val="2"/>
          <w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>
          <w:num w:numId="5"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/>
          <w:lvlText w:val="[%1]"/></w:lvl></w:lvlOverride></w:num><w:num w:numId="6"><w:abstractNumId w:val="3"/></w:num>
          <w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num></w:numbering>)"},
      {"word/footnotes.xml",
       R"(<w:footnotes xmlns:w="w"><w:footnote w:type="separator" w:id="0"><w:p><w:r><w:t>no</w:t></w:r></w:p></w:footnote>
          <w:footnote w:id="2"><w:p><w:r><w:t>Since 1620.</w:t></w:r></w:p></w:footnote></w:footnotes>)"},
      {"word/endnotes.xml",
       R"(<w:endnotes xmlns:w="w"><w:endnote w:id="2"><w:p><w:r><w:t>See the register.</w:t></w:r></w:p></w:endnote></w:endnotes>)"},
      {"docProps/core.xml",
       R"(<cp:coreProperties xmlns:cp="c" xmlns:dc="d" xmlns:dcterms="t"><dc:title>The Mill</dc:title><dc:creator>Jo</dc:creator>
          <dcterms:created>2024-05-01T00:00:00Z</dcterms:created></cp:coreProperties>)"},
  };
}

std::string read(std::string_view body) { return parsed(parse_docx, zipped(members_of(body))); }

std::string para(std::string_view text, std::string_view properties = "") {
  return "<w:p><w:pPr>" + std::string(properties) + "</w:pPr><w:r><w:t xml:space=\"preserve\">" + std::string(text) +
         "</w:t></w:r></w:p>";
}
std::string styled(std::string_view style, std::string_view text) {
  return para(text, "<w:pStyle w:val=\"" + std::string(style) + "\"/>");
}
std::string listed(int list, int level, std::string_view text) {
  return para(text, "<w:numPr><w:ilvl w:val=\"" + std::to_string(level) + "\"/><w:numId w:val=\"" +
                        std::to_string(list) + "\"/></w:numPr>");
}
std::string cell(std::string_view text, std::string_view properties = "") {
  return "<w:tc><w:tcPr>" + std::string(properties) + "</w:tcPr>" + para(text) + "</w:tc>";
}

TEST(Docx, HeadingsComeFromStylesWhateverTheirIds) {
  EXPECT_EQ(
      read(styled("Titel", "The Mill") + styled("berschrift1", "One") + styled("Mine", "Two") + styled("Out", "Three") +
           para("Four", "<w:outlineLvl w:val=\"1\"/>") + styled("Loop", "text") + styled("Unknown", "more")),
      "title1 The Mill\ntitle1 One\ntitle1 Two\ntitle3 Three\ntitle2 Four\npara text\npara more\n");
}

TEST(Docx, RunsTabsAndBreaks) {
  EXPECT_EQ(read("<w:p><w:r><w:t>Hel</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t xml:space='preserve'>lo  "
                 "</w:t></w:r><w:hyperlink>"
                 "<w:r><w:t>link</w:t></w:r></w:hyperlink><w:r><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/"
                 "></w:r></w:p>"),
            "para Hello link⇥b⏎c-\n");
}

TEST(Docx, ListsAndNumberedHeadings) {
  EXPECT_EQ(read(listed(1, 0, "a") + listed(1, 1, "b") + listed(2, 0, "c") + listed(2, 1, "d") + listed(2, 1, "e") +
                 para("Scope", "<w:pStyle w:val=\"berschrift1\"/><w:numPr><w:numId w:val=\"2\"/></w:numPr>")),
            "item1 a\nitem2 b\nitem1 1. c\nitem2 1.a d\nitem2 1.b e\ntitle1 2. Scope\n");
}

TEST(Docx, NumbersGoOnAfterOtherTextAndCountWhatIsEmptyOrSkipped) {
  EXPECT_EQ(read(listed(2, 0, "a") + listed(1, 0, "bullet") + para("text") + listed(2, 0, "b")),
            "item1 1. a\nitem1 bullet\npara text\nitem1 2. b\n");
  EXPECT_EQ(read(listed(2, 0, "a") + listed(2, 0, "") + listed(2, 0, "c")), "item1 1. a\nitem1 3. c\n");
  EXPECT_EQ(read(listed(3, 0, "one") + listed(3, 2, "skips a level") + listed(3, 1, "next")),
            "item1 I. one\nitem3 1.1.1 skips a level\nitem2 I-2 next\n");
}

TEST(Docx, AListMayStartElsewhereAndBorrowItsLevels) {
  EXPECT_EQ(read(listed(3, 0, "a") + listed(3, 0, "b") + listed(4, 0, "again") + listed(4, 0, "on")),
            "item1 I. a\nitem1 II. b\nitem1 V. again\nitem1 VI. on\n");
  EXPECT_EQ(read(listed(5, 0, "own level")), "item1 [1] own level\n");
  EXPECT_EQ(read(listed(6, 0, "by style")), "item1 I. by style\n");
}

TEST(Docx, NumbersStandInCellsToo) {
  EXPECT_EQ(read("<w:tbl><w:tr><w:tc>" + listed(2, 0, "a") + listed(2, 0, "b") + "</w:tc>" + cell("x") +
                 "</w:tr></w:tbl>" + listed(2, 0, "c")),
            "table 1. a 2. b⇥x\nitem1 3. c\n");
}

TEST(Docx, ANestedTableIsTextOfItsCell) {
  const std::string inner = "<w:tbl><w:tr>" + cell("p") + cell("q") + "</w:tr></w:tbl>";
  EXPECT_EQ(read("<w:tbl><w:tr>" + cell("a") + "<w:tc>" + inner + para("after") +
                 "</w:tc></w:tr><w:tr><w:sdt><w:sdtContent>" + cell("b") + "</w:sdtContent></w:sdt>" + cell("c") +
                 "</w:tr></w:tbl>"),
            "table a⇥p q after⏎b⇥c\n");
}

TEST(Docx, ChartsGiveTheirValuesAfterTheirParagraph) {
  Members members = members_of(
      "<w:p><w:r><w:t>before </w:t><w:drawing><wp:inline><a:graphic><a:graphicData><c:chart "
      "r:id='9'/></a:graphicData>"
      "</a:graphic></wp:inline></w:drawing></w:r><w:r><w:t>after</w:t></w:r></w:p>" +
      para("next"));
  std::string& relations = members["word/_rels/document.xml.rels"];
  relations.insert(relations.rfind("</"), "<Relationship Id='9' Type='x/chart' Target='charts/chart1.xml'/>");
  members["word/charts/chart1.xml"] =
      "<c:chartSpace><c:chart><c:plotArea><c:barChart><c:ser><c:tx><c:strRef><c:strCache><c:pt "
      "idx='0'><c:v>Rain</c:v>"
      "</c:pt></c:strCache></c:strRef></c:tx><c:cat><c:strRef><c:strCache><c:pt idx='0'><c:v>May</c:v></c:pt>"
      "</c:strCache></c:strRef></c:cat><c:val><c:numRef><c:numCache><c:pt "
      "idx='0'><c:v>4.4000000000000004</c:v></c:pt></c:numCache>"
      "</c:numRef></c:val></c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>";
  EXPECT_EQ(parsed(parse_docx, zipped(members)),
            "para before after\nfigure Bar chart\ntable ⇥Rain⏎May⇥4.4\npara next\n");
}

TEST(Docx, DiagramsGiveTheTextsOfTheirNodes) {
  Members members = members_of(
      "<w:p><w:r><w:drawing><a:graphic><a:graphicData><dgm:relIds r:dm='8' r:lo='7'/></a:graphicData></a:graphic>"
      "</w:drawing></w:r></w:p>");
  std::string& relations = members["word/_rels/document.xml.rels"];
  relations.insert(relations.rfind("</"), "<Relationship Id='8' Type='x/diagramData' Target='diagrams/data1.xml'/>");
  const std::string text = "<dgm:t><a:p><a:r><a:t>Grind</a:t></a:r></a:p></dgm:t></dgm:pt>";
  members["word/diagrams/data1.xml"] = "<dgm:dataModel><dgm:ptLst><dgm:pt type='doc'>" + text + "<dgm:pt>" + text +
                                       "<dgm:pt type='pres'>" + text + "</dgm:ptLst></dgm:dataModel>";
  EXPECT_EQ(parsed(parse_docx, zipped(members)), "item1 Grind\n");
}

TEST(Docx, TablesWithSpans) {
  const Document document = document_of(
      parse_docx,
      zipped(members_of("<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr>" + cell("A", "<w:gridSpan w:val=\"2\"/>") +
                        cell("B") + "</w:tr><w:tr>" + cell("1", "<w:vMerge w:val=\"restart\"/>") + cell("2") +
                        cell("3 &amp; 4") + "</w:tr><w:tr>" + cell("", "<w:vMerge/>") + cell("5") + cell("6") +
                        "</w:tr></w:tbl>")));
  ASSERT_EQ(show(document), "table A⇥B⏎1⇥2⇥3 & 4⏎5⇥6\n");
  EXPECT_EQ(document.elements[0].html,
            "<table><tr><th colspan=\"2\">A</th><th>B</th></tr><tr><td rowspan=\"2\">1</td><td>2</td><td>3 &amp; "
            "4</td></tr>"
            "<tr><td>5</td><td>6</td></tr></table>");
}

TEST(Docx, ATableOfOneCellIsAFrame) {
  EXPECT_EQ(read("<w:tbl><w:tr>" + cell("framed") + "</w:tr></w:tbl>"), "para framed\n");
}

TEST(Docx, NotesFollowTheirParagraphOrStandAtTheEnd) {
  EXPECT_EQ(read("<w:p><w:r><w:t>Old</w:t><w:footnoteReference w:id='2'/></w:r><w:r><w:t xml:space='preserve'> and "
                 "kept</w:t>"
                 "<w:endnoteReference w:id='2'/></w:r></w:p>" +
                 para("next")),
            "para Old[1] and kept[2]\nfootnote [1] Since 1620.\npara next\nfootnote [2] See the register.\n");
}

TEST(Docx, TrackedChangesAreAccepted) {
  EXPECT_EQ(read("<w:p><w:ins><w:r><w:t>new </w:t></w:r></w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del>"
                 "<w:r><w:t>text</w:t></w:r></w:p><w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>joined</w:t></"
                 "w:r></w:p>" +
                 para(" paragraph")),
            "para new text\npara joined paragraph\n");
}

TEST(Docx, TextBoxesAreReadOnceAfterTheirParagraph) {
  const std::string box = "<w:txbxContent>" + para("boxed") + "</w:txbxContent>";
  EXPECT_EQ(
      read("<w:p><w:r><w:t>host </w:t></w:r><w:r><mc:AlternateContent><mc:Choice>" + box + "</mc:Choice><mc:Fallback>" +
           box + "</mc:Fallback></mc:AlternateContent></w:r><w:r><w:t>goes on</w:t></w:r></w:p>"),
      "para host goes on\npara boxed\n");
}

TEST(Docx, CaptionsCodeContentsFiguresAndFormulas) {
  EXPECT_EQ(
      read(styled("Toc1", "One 3") + styled("Cap", "Figure 1") + styled("Code", "int x;") + styled("Code", "  x++;") +
           "<w:p><w:r><w:drawing><wp:docPr descr='A mill beside a pond'/></w:drawing></w:r></w:p>"
           "<w:p><m:oMath><m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></"
           "m:oMath></w:p>"),
      "caption Figure 1\ncode int x;⏎  x++;\nfigure A mill beside a pond\nformula x^{2}\n");
}

TEST(Docx, TickBoxesOfFontsAndFormsAreSeen) {
  const std::string box = "<w:p><w:r><w:fldChar><w:ffData><w:checkBox><w:default w:val='0'/>";
  const std::string end =
      "</w:checkBox></w:ffData></w:fldChar></w:r><w:r><w:t xml:space='preserve'> tea</w:t></w:r></w:p>";
  EXPECT_EQ(read(box + "<w:checked/>" + end + box + end + box + "<w:checked w:val='0'/>" + end),
            "para ☒ tea\npara ☐ tea\npara ☐ tea\n");
  EXPECT_EQ(read("<w:p><w:r><w:sym w:font='Wingdings' w:char='F0FE'/><w:t xml:space='preserve'> yes </w:t>"
                 "<w:sym w:font='Symbol' w:char='F070'/><w:sym w:font='Webdings' w:char='F070'/></w:r></w:p>"),
            "para ☑ yes π\n");
}

TEST(Docx, HiddenRunsAndFieldCodesAreLeftOut) {
  EXPECT_EQ(read("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>no</w:t></w:r><w:r><w:instrText>PAGE</w:instrText></"
                 "w:r><w:r><w:t>3"
                 "</w:t></w:r></w:p>"),
            "para 3\n");
}

TEST(Docx, Metadata) {
  const Document document = document_of(parse_docx, zipped(members_of(para("x"))));
  EXPECT_EQ(document.title, "The Mill");
  EXPECT_EQ(document.language, "de-DE");
  EXPECT_EQ(document.metadata.at("author"), "Jo");
  EXPECT_EQ(document.metadata.at("created"), "2024-05-01T00:00:00Z");
}

TEST(Docx, WhatIsNoDocumentSaysSo) {
  EXPECT_EQ(parse_docx("hello", {}).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(parse_docx("PK\x03\x04 broken", {}).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(parse_docx(zipped({{"xl/workbook.xml", "<workbook/>"}}), {}).status().code(), Code::kInvalidArgument);
  std::string ole("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
  EXPECT_EQ(parse_docx(ole, {}).status().code(), Code::kUnsupported);
  for (const char c : std::string("EncryptedPackage")) ole += c, ole += '\0';
  const Status status = parse_docx(ole, {}).status();
  EXPECT_EQ(status.code(), Code::kUnsupported);
  EXPECT_FALSE(status.hint().empty());
}

TEST(Docx, TruncatedDocumentsAreErrorsNotCrashes) {
  const std::string bytes = zipped(members_of(para("text")));
  for (std::size_t n = 0; n < bytes.size(); n += 37) EXPECT_FALSE(parse_docx(bytes.substr(0, n), {}).ok());
}

TEST(Docx, ExpansionAndDepthAreLimited) {
  Members members = members_of(para("x"));
  members["word/document.xml"] += std::string(32 << 20, ' ');
  EXPECT_EQ(parse_docx(zipped(members), {}).status().code(), Code::kResourceExhausted);
  std::string deep;
  for (int i = 0; i < 20'000; ++i) deep += "<w:sdt><w:sdtContent>";
  EXPECT_FALSE(parse_docx(zipped(members_of(deep)), {}).ok());  // unbalanced, so broken
  for (int i = 0; i < 20'000; ++i) deep += "</w:sdtContent></w:sdt>";
  EXPECT_EQ(parse_docx(zipped(members_of(deep)), {}).status().code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace millpond::extract
