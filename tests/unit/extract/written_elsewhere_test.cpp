// One document as other programs write it (tests/golden/extract): every format gives the same elements, but for what a
// format cannot say.
#include <fstream>

#include "millpond/extract/detect.h"
#include "millpond/extract/formats.h"
#include "text_show.h"

namespace millpond::extract {
namespace {

Document golden(const std::string& name) {
  std::ifstream in(MILLPOND_SOURCE_DIR "/tests/golden/extract/" + name, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  const Format* const format = find_format(detect_media_type(bytes.substr(0, kDetectBytes), name));
  EXPECT_NE(format, nullptr) << name;
  return format ? document_of(format->parse, bytes) : Document();
}

/// The parts of the text that every format has.
void expect_mill(const std::string& name, int top) {
  SCOPED_TRACE(name);
  const Document document = golden(name);
  const std::string text = show(document);
  const auto title = [&](int level, const std::string& words) {
    return "title" + std::to_string(top + level) + " " + words + "\n";
  };
  std::size_t from = 0;
  for (const std::string& part :
       {title(0, "Water"), std::string("The mill stands at the pond, as "), std::string("everyone"),
        std::string("see the map"),
        std::string("item1 first item\nitem1 second item\nitem2 nested item\nitem1 third item\n"),
        std::string("count one\n"), std::string("count two\n"), title(1, "Wheels"),
        std::string("table Kind⇥Share⇥Note⏎oak⇥3⇥old⏎elm⇥12⇥new\n"), std::string("def turn(n):"),
        std::string("return n + 1\n"), std::string("A quoted line of the miller"), std::string("Term"),
        std::string("Its definition.\n"), title(0, "Grain"),
        std::string("para Last paragraph with inline code and x1 ü ñ 漢字.\n")}) {
    const std::size_t at = text.find(part, from);
    ASSERT_NE(at, std::string::npos) << part << "\n in\n" << text;
    from = at + part.size();
  }
  EXPECT_NE(text.find("A footnote on the map."), std::string::npos);
}

TEST(WrittenElsewhere, OneDocumentInEveryFormat) {
  expect_mill("mill.odt", 1);
  expect_mill("mill.epub", 1);
  expect_mill("mill.rtf", 1);
  expect_mill("mill.jats.xml", 2);
  expect_mill("mill.dbk.xml", 2);
  expect_mill("mill.tei.xml", 2);
  expect_mill("mill.rst", 2);
  expect_mill("mill.adoc", 2);
  expect_mill("mill.tex", 2);
}

TEST(WrittenElsewhere, TitlesAndAuthors) {
  for (const char* name : {"mill.odt", "mill.epub", "mill.tei.xml", "mill.rst", "mill.adoc", "mill.tex"}) {
    const Document document = golden(name);
    EXPECT_EQ(document.title, "The Mill") << name;
    EXPECT_EQ(document.metadata.count("author"), 1u) << name;
  }
  for (const char* name : {"mill.odt", "mill.rst", "mill.adoc", "mill.tex", "mill.jats.xml"}) {
    const std::string text = show(golden(name));
    EXPECT_TRUE(text.find("E = mc^2") != std::string::npos || text.find("$E=mc^2$") != std::string::npos)
        << name << text;
  }
  for (const char* name : {"mill.odt", "mill.rst", "mill.adoc", "mill.tex"}) {
    EXPECT_NE(show(golden(name)).find("code def turn(n):⏎    return n + 1\n"), std::string::npos) << name;
  }
}

TEST(WrittenElsewhere, SheetsAndSlides) {
  EXPECT_EQ(show(golden("wheels.ods")), "title1 Wheels\ntable Kind⇥Share⏎oak⇥3⏎elm⇥12\ntable both⇥⇥2026-03-01\n");
  const Document slides = golden("slides.odp");
  EXPECT_EQ(show(slides), "title1 The Mill\nitem1 water\nitem1 grain\nfootnote Say hello.\n");
  EXPECT_EQ(slides.pages, 1);
}

}  // namespace
}  // namespace millpond::extract
