#include "millpond/extract/pdf.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "millpond/extract/page_image.h"
#include "pdf_maker.h"

namespace millpond::extract {
namespace {

Document parsed(const PdfMaker& pdf, const Limits& limits = {}) {
  Result<Document> document = parse_pdf(pdf.finish(), limits);
  EXPECT_TRUE(document.ok()) << document.status().to_string();
  return document.ok() ? *std::move(document) : Document{};
}

/// "kind level text" of every element, one a line.
std::string outline_of(const Document& document) {
  std::string out;
  for (const Element& e : document.elements) {
    out += kind_name(e.kind);
    if (e.level) out += std::to_string(e.level);
    out += ": " + e.text + "\n";
  }
  return out;
}

const std::vector<std::string> kBody = {
    "The notice period is three months to the end of a quarter for both parties to",
    "the contract. It starts on the day on which the letter reaches the other party and",
    "ends with the last day of the quarter, unless both agree on an earlier day."};

TEST(Pdf, JoinsLinesIntoParagraphsAndFindsTheHeading) {
  PdfMaker pdf;
  pdf.page().text(72, 720, "Notice", 18, PdfMaker::kBold).lines(72, 690, kBody);
  EXPECT_EQ(outline_of(parsed(pdf)), "title1: Notice\nparagraph: " + kBody[0] + " " + kBody[1] + " " + kBody[2] + "\n");
}

TEST(Pdf, UndoesHyphenationButKeepsCompounds) {
  PdfMaker pdf;
  pdf.page().lines(72, 690,
                   {"A well-known rule says that the notice of termination must be given in writ-",
                    "ing, and that it is to be signed by hand, which is one more of the well-", "known rules."});
  EXPECT_EQ(outline_of(parsed(pdf)),
            "paragraph: A well-known rule says that the notice of termination must be given in writing, and that it "
            "is to be signed by hand, which is one more of the well-known rules.\n");
}

TEST(Pdf, GivesBoxesFromTheTopLeft) {
  PdfMaker pdf;
  pdf.page().text(72, 720, "Here", 10);
  const Document document = parsed(pdf);
  ASSERT_EQ(document.elements.size(), 1u);
  const Box box = document.elements[0].box;
  EXPECT_NEAR(box.x0, 72, 1.5);
  EXPECT_NEAR(box.y1, 792 - 720 + 2.2, 1);
  EXPECT_NEAR(box.y0, 792 - 720 - 7.8, 1);
  EXPECT_EQ(document.elements[0].page, 1);
}

TEST(Pdf, TurnsBoxesWithThePage) {
  PdfMaker pdf;
  pdf.page().rotate(90).raw("BT /F1 10 Tf 0 1 -1 0 100 50 Tm (Sideways as stored) Tj ET\n");
  const Document document = parsed(pdf);
  ASSERT_EQ(document.elements.size(), 1u);
  EXPECT_EQ(document.elements[0].text, "Sideways as stored");
  EXPECT_NEAR(document.elements[0].box.x0, 50, 1.5);
  EXPECT_NEAR(document.elements[0].box.y1, 100 + 2.2, 1);
}

TEST(Pdf, ReadsTextThatStandsSidewaysOnAnUprightPage) {
  PdfMaker pdf;
  pdf.page().raw("BT /F1 10 Tf 0 1 -1 0 100 50 Tm (Wide table) Tj ET\n");
  const Document document = parsed(pdf);
  ASSERT_EQ(document.elements.size(), 1u);
  EXPECT_EQ(document.elements[0].text, "Wide table");
  const Box box = document.elements[0].box;  // on the page as displayed: taller than wide
  EXPECT_GT(box.y1 - box.y0, box.x1 - box.x0);
  EXPECT_NEAR(box.y1, 792 - 50, 1.5);
}

TEST(Pdf, ReadsColumnByColumn) {
  std::vector<std::string> left, right;
  for (int i = 0; i < 12; ++i) {
    left.push_back("left column line " + std::to_string(i) + " goes on and on until here");
    right.push_back("right column line " + std::to_string(i) + " goes on and on to the end");
  }
  PdfMaker pdf;
  pdf.page().text(72, 740, "A Heading Across Both Columns of the Page", 20);
  for (int i = 0; i < 12; ++i) {  // the file interleaves them
    pdf.text(72, 700 - 12 * i, left[static_cast<std::size_t>(i)]);
    pdf.text(318, 700 - 12 * i, right[static_cast<std::size_t>(i)]);
  }
  const Document document = parsed(pdf);
  ASSERT_EQ(document.elements.size(), 3u) << outline_of(document);
  EXPECT_EQ(document.elements[0].kind, ElementKind::kTitle);
  EXPECT_TRUE(document.elements[1].text.starts_with("left column line 0"));
  EXPECT_NE(document.elements[1].text.find("left column line 11"), std::string::npos);
  EXPECT_TRUE(document.elements[2].text.starts_with("right column line 0"));
}

TEST(Pdf, KeepsTheRowsOfATableTogether) {
  PdfMaker pdf;
  pdf.page().lines(72, 700, kBody);
  const char* rows[][3] = {{"Grade", "Months", "Weeks"},
                           {"Clerk", "3", "12"},
                           {"Chief", "6", "26"},
                           {"Boss", "12", "52"},
                           {"Owner", "24", "104"}};
  for (int i = 0; i < 5; ++i) {
    for (int c = 0; c < 3; ++c) pdf.text(72 + 180 * c, 600 - 14 * i, rows[i][c]);
  }
  const Document document = parsed(pdf);
  ASSERT_EQ(document.elements.size(), 2u) << outline_of(document);
  EXPECT_EQ(document.elements[1].kind, ElementKind::kTable);
  EXPECT_EQ(document.elements[1].text,
            "Grade\tMonths\tWeeks\nClerk\t3\t12\nChief\t6\t26\nBoss\t12\t52\nOwner\t24\t104");
  EXPECT_TRUE(document.elements[1].html.starts_with("<table><tr><td>Grade</td><td>Months</td><td>Weeks</td></tr>"));
}

TEST(Pdf, FindsListsAndTheirNesting) {
  PdfMaker pdf;
  pdf.page()
      .lines(72, 720, kBody)
      .text(72, 670, "\x95 First item that is long enough to reach the right edge of the text on this page so")
      .text(82, 658, "that it goes on here.")
      .text(72, 646, "\x95 Second item")
      .text(92, 634, "1. Inner one")
      .text(92, 622, "2. Inner two")
      .text(72, 610, "\x95 Third item");
  const std::string text = outline_of(parsed(pdf));
  EXPECT_NE(text.find("list_item1: First item that is long enough to reach the right edge of the text on this page so "
                      "that it goes on here.\nlist_item1: Second item\nlist_item2: 1. Inner one\nlist_item2: 2. Inner "
                      "two\nlist_item1: Third item\n"),
            std::string::npos)
      << text;
}

TEST(Pdf, KeepsCodeLineByLine) {
  PdfMaker pdf;
  pdf.page().lines(72, 720, kBody).lines(90, 670, {"if x:", "    run(x)", "else:"}, 9, PdfMaker::kMono);
  // PDF drops leading spaces from the ink; the indentation comes back from the place of the text.
  EXPECT_NE(outline_of(parsed(pdf)).find("code: if x:\n    run(x)\nelse:\n"), std::string::npos);
}

TEST(Pdf, SetsRunningHeadersAndPageNumbersApart) {
  PdfMaker pdf;
  for (int i = 1; i <= 6; ++i) {
    pdf.page().text(72, 760, "Staff handbook 2024", 9).lines(72, 700, kBody).text(300, 30, std::to_string(i), 9);
  }
  int headers = 0, footers = 0, paragraphs = 0;
  for (const Element& e : parsed(pdf).elements) {
    headers += e.kind == ElementKind::kHeader && e.text == "Staff handbook 2024";
    footers += e.kind == ElementKind::kFooter && e.text == std::to_string(e.page);
    paragraphs += e.kind == ElementKind::kParagraph;
  }
  EXPECT_EQ(headers, 6);
  EXPECT_EQ(footers, 6);
  EXPECT_EQ(paragraphs, 6);
}

TEST(Pdf, TakesLevelsFromTheOutline) {
  PdfMaker pdf;
  pdf.page().text(72, 720, "1 Leave", 16).lines(72, 690, kBody);
  pdf.text(72, 630, "1.1 Parental leave", 12, PdfMaker::kBold).lines(72, 610, kBody);
  const std::string page = std::to_string(PdfMaker::page_object(0));
  const int root = pdf.object("<</First 8 0 R/Last 8 0 R/Count 2>>");
  pdf.object("<</Title(Leave)/Parent 7 0 R/First 9 0 R/Last 9 0 R/Count 1/Dest[" + page + " 0 R/Fit]>>");
  pdf.object("<</Title(Parental leave)/Parent 8 0 R/Dest[" + page + " 0 R/Fit]>>");
  pdf.catalog("/Outlines " + std::to_string(root) + " 0 R");
  const std::string text = outline_of(parsed(pdf));
  EXPECT_NE(text.find("title1: 1 Leave\n"), std::string::npos) << text;
  EXPECT_NE(text.find("title2: 1.1 Parental leave\n"), std::string::npos) << text;
}

TEST(Pdf, TakesLevelsFromSectionNumbersWithoutAnOutline) {
  PdfMaker pdf;
  for (int chapter = 1; chapter <= 3; ++chapter) {
    const std::string number = std::to_string(chapter);
    pdf.page().text(72, 750, "Chapter " + number, 14, PdfMaker::kBold).text(72, 725, "The wheels", 20, PdfMaker::kBold);
    pdf.lines(72, 690, kBody).text(72, 640, number + ".1 Oak and elm", 16, PdfMaker::kBold).lines(72, 610, kBody);
    pdf.text(72, 560, number + ".1.1 Spokes", 12, PdfMaker::kBold).lines(72, 540, kBody);
    pdf.text(90, 490, "NOTE", 10, PdfMaker::kBold).text(100, 475, "Grease them before the frost comes.");
    pdf.text(72, 440, "Rationale", 12, PdfMaker::kBold).lines(72, 420, kBody);
  }
  const std::string text = outline_of(parsed(pdf));
  EXPECT_NE(text.find("title1: The wheels\n"), std::string::npos) << text;
  EXPECT_NE(text.find("title2: 2.1 Oak and elm\n"), std::string::npos) << text;
  EXPECT_NE(text.find("title3: 3.1.1 Spokes\n"), std::string::npos) << text;
  // Labels are none: above a chapter's title, and inset ones that come again. A heading at the margin may come again.
  EXPECT_EQ(text.find(": Chapter 1\n"), text.find("paragraph: Chapter 1\n") + 9) << text;
  EXPECT_NE(text.find("paragraph: NOTE"), std::string::npos) << text;
  EXPECT_NE(text.find("title3: Rationale\n"), std::string::npos) << text;
}

TEST(Pdf, SurvivesAnOutlineThatLoops) {
  PdfMaker pdf;
  pdf.page().lines(72, 690, kBody);
  const int root = pdf.object("<</First 8 0 R/Last 8 0 R>>");
  pdf.object("<</Title(Loop)/Parent 7 0 R/First 8 0 R/Last 8 0 R/Next 8 0 R>>");
  pdf.catalog("/Outlines " + std::to_string(root) + " 0 R");
  EXPECT_EQ(parsed(pdf).elements.size(), 1u);
}

TEST(Pdf, ReadsMetadataAndLanguage) {
  PdfMaker pdf;
  pdf.page().lines(72, 690, kBody);
  pdf.catalog("/Lang(de-DE)").info("/Title(Handbuch)/Author(A. Meyer)/CreationDate(D:20240131120000+01'00')");
  const Document document = parsed(pdf);
  EXPECT_EQ(document.title, "Handbuch");
  EXPECT_EQ(document.language, "de-DE");
  EXPECT_EQ(document.metadata.at("author"), "A. Meyer");
  EXPECT_EQ(document.metadata.at("created"), "2024-01-31T12:00:00+01:00");
  EXPECT_EQ(document.pages, 1);
}

TEST(Pdf, TakesTheLargestHeadingForATitleThatAProgramLeftBehind) {
  PdfMaker pdf;
  pdf.page().text(72, 720, "Notice", 18).lines(72, 690, kBody).info("/Title(Microsoft Word - draft7.doc)");
  EXPECT_EQ(parsed(pdf).title, "Notice");
}

Code code_of(std::string_view bytes, const Limits& limits = {}) { return parse_pdf(bytes, limits).status().code(); }

TEST(PdfErrors, SaysWhatIsWrong) {
  PdfMaker pdf;
  pdf.page().lines(72, 690, kBody);
  const std::string good = pdf.finish();
  EXPECT_EQ(code_of(""), Code::kInvalidArgument);
  EXPECT_EQ(code_of("no PDF at all"), Code::kInvalidArgument);
  EXPECT_EQ(code_of("%PDF-1.7\n"), Code::kInvalidArgument);
  EXPECT_EQ(code_of(good.substr(0, 60)), Code::kInvalidArgument);
  EXPECT_EQ(code_of(PdfMaker().page().finish()), Code::kUnsupported);  // a page without text
  EXPECT_NE(parse_pdf(PdfMaker().page().finish(), {}).status().message().find("no text layer"), std::string::npos);
  Limits limits;
  limits.output_bytes = 40;
  EXPECT_EQ(code_of(good, limits), Code::kResourceExhausted);
  limits = {};
  limits.pages = 1;
  EXPECT_EQ(code_of(pdf.page().finish(), limits), Code::kResourceExhausted);
}

TEST(PdfErrors, RefusesWhatIsEncryptedWithAPassword) {
  PdfMaker pdf;
  pdf.page().lines(72, 690, kBody);
  const std::string key(64, 'a');
  pdf.trailer("/Encrypt<</Filter/Standard/V 1/R 2/P -44/O<" + key + ">/U<" + key + ">>>/ID[<00><00>]");
  const Status status = parse_pdf(pdf.finish(), {}).status();
  EXPECT_EQ(status.code(), Code::kUnsupported);
  EXPECT_NE(status.message().find("encrypted"), std::string::npos);
  EXPECT_FALSE(status.hint().empty());
}

TEST(PdfErrors, OpensWithAPasswordOfTheEnvironment) {
  std::ifstream in(MILLPOND_SOURCE_DIR "/tests/golden/extract/sealed.pdf", std::ios::binary);
  const std::string sealed{std::istreambuf_iterator<char>(in), {}};
  ::setenv("MILLPOND_PASSWORDS", "wrong\n\nopen sesame\nopen", 1);
  const auto opened = parse_pdf(sealed, {});
  ASSERT_TRUE(opened.ok());
  ASSERT_EQ(opened->elements.size(), 1U);
  EXPECT_EQ(opened->elements[0].text, "The letter is sealed.");
  EXPECT_TRUE(draw_pdf_page(sealed, 1, 200, {}).ok());
  ::setenv("MILLPOND_PASSWORDS", "the owner's", 1);
  EXPECT_TRUE(parse_pdf(sealed, {}).ok());
  ::setenv("MILLPOND_PASSWORDS", "secret-word", 1);
  const Status status = parse_pdf(sealed, {}).status();
  EXPECT_EQ(status.code(), Code::kUnsupported);
  EXPECT_EQ(status.message(), "encrypted, and none of the given passwords opens it");
  ::unsetenv("MILLPOND_PASSWORDS");
  EXPECT_EQ(parse_pdf(sealed, {}).status().message(), "encrypted, and no password is given");
}

TEST(PdfErrors, ReadsFilesWhoseTableOfObjectsIsGoneOrWrong) {
  PdfMaker pdf;
  pdf.page().lines(72, 690, kBody).page().lines(72, 690, kBody);
  const std::string good = pdf.finish();
  const auto whole = parse_pdf(good, {});
  ASSERT_TRUE(whole.ok());
  std::string shifted = good;
  shifted.insert(shifted.find('\n') + 1, "% a line that a mail gateway put in\n");
  const std::size_t table = good.find("xref\n0 1");
  std::string no_place = good;
  no_place.replace(no_place.find("startxref"), std::string::npos, "startxref\n99999999\n%%EOF\n");
  std::string no_table = good;
  no_table.erase(table, good.find("trailer") - table);
  for (const std::string& broken : {shifted, no_place, no_table}) {
    const auto read = parse_pdf(broken, {});
    ASSERT_TRUE(read.ok()) << read.status().message();
    EXPECT_EQ(read->elements, whole->elements);
  }
}

TEST(PdfErrors, SurvivesEveryTruncationAndManyFlips) {
  PdfMaker pdf;
  pdf.page().text(72, 720, "Notice", 18).lines(72, 690, kBody).page().lines(72, 690, kBody);
  const std::string good = pdf.finish();
  for (std::size_t size = 0; size < good.size(); size += 37) (void)parse_pdf(good.substr(0, size), {});
  unsigned state = 7;
  for (int i = 0; i < 200; ++i) {
    std::string bad = good;
    for (int k = 0; k < 5; ++k) {
      state = state * 1664525 + 1013904223;
      bad[(state >> 8) % bad.size()] = static_cast<char>(state >> 24);
    }
    const Result<Document> document = parse_pdf(bad, {});
    EXPECT_TRUE(!document.ok() || document->pages >= 1);
  }
}

}  // namespace
}  // namespace millpond::extract
