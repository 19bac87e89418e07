// Text markup, subtitles, source code, XML: what single constructs become.
#include "millpond/extract/markup.h"

#include <fstream>

#include "millpond/extract/formats.h"
#include "millpond/extract/rtf.h"
#include "millpond/extract/source_code.h"
#include "millpond/extract/subtitles.h"
#include "millpond/extract/xml.h"
#include "text_show.h"

namespace millpond::extract {
namespace {

TEST(Rst, TablesDirectivesAndRoles) {
  EXPECT_EQ(
      parsed(parse_rst,
             "+-----+-----------+\n| a   | b         |\n+=====+=====+=====+\n| c d | e   | f   |\n|     +-----+-----+\n"
             "|     | g         |\n+-----+-----------+\n"),
      "table a⇥b⇥⏎c d⇥e⇥f⏎⇥g⇥\n");
  EXPECT_EQ(parsed(parse_rst,
                   ".. note:: Mind\n   the gap.\n\n.. code-block:: c\n   :linenos:\n\n   int x;\n\n.. a comment\n\n"
                   "See :ref:`the wheel <wheel>` and :class:`~mill.Wheel`, ``x*y``, |v|.\n\n.. |v| replace:: 2.0\n"),
            "para Mind\npara the gap.\ncode int x;\npara See the wheel and Wheel, x*y, 2.0.\n");
  EXPECT_EQ(parsed(parse_rst,
                   ".. list-table:: Wheels\n   :header-rows: 1\n\n   * - Kind\n     - Share\n   * - oak\n     - 3\n"),
            "caption Wheels\ntable Kind⇥Share⏎oak⇥3\n");
  EXPECT_EQ(parsed(parse_rst, "Literal::\n\n    a\n      b\n\n#. one\n#. two\n"),
            "para Literal:\ncode a⏎  b\nitem1 one\nitem1 two\n");
}

TEST(AsciiDoc, TablesListsAndMacros) {
  EXPECT_EQ(parsed(parse_asciidoc, "[cols=\"1,1\"]\n|===\n|a |b\n\n2+|both\n.2+|down |x\n|y\n|===\n"),
            "table a⇥b⏎both⇥⏎down⇥x⏎⇥y\n");
  EXPECT_EQ(
      parsed(parse_asciidoc,
             "* one\n** two\n. numbered\n* three\n\nSee link:x.html[the page] or <<wheel,the wheel>> and *b* `c_d`.\n"
             "\nNOTE: Mind it.\n\n----\ncode *x*\n----\n\n// comment\nimage::w.png[A water wheel]\n"),
      "item1 one\nitem2 two\nitem3 1. numbered\nitem1 three\npara See the page or the wheel and b c_d.\n"
      "para NOTE: Mind it.\ncode code *x*\nfigure A water wheel\n");
}

TEST(Latex, CommandsFormulasAndTables) {
  EXPECT_EQ(parsed(parse_latex,
                   "\\documentclass{article}\\title{A \\& B}\\begin{document}\\maketitle\\section{Intro}\\label{s}\n"
                   "Caf\\'e na\\\"{\\i}ve ``q''--x~y \\emph{it} 5\\% $a_1$ \\cite{k}.\\footnote{Note.}% gone\n\n"
                   "\\begin{equation}\\label{e}x=1\\end{equation}\n"
                   "\\begin{tabular}{ll}\\hline a & b \\\\ \\multicolumn{2}{c}{wide} \\\\ \\hline\\end{tabular}\n"
                   "\\begin{enumerate}\\item one\\item[b)] two\\end{enumerate}\n\\subsection*{Sub}\\end{document}"),
            "title1 A & B\ntitle2 Intro\npara Café naïve “q”–x y it 5% $a_1$ [k].\nfootnote Note.\nformula x=1\n"
            "table a⇥b⏎wide⇥\nitem1 1. one\nitem1 b) two\ntitle3 Sub\n");
}

TEST(Subtitles, CuesBecomeParagraphs) {
  EXPECT_EQ(
      parsed(parse_subtitles,
             "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Good</i> morning\r\n\r\n2\r\n00:00:02,600 --> 00:00:04,000\r\n"
             "everyone.\r\n\r\n3\r\n01:00:09,000 --> 01:00:10,000\r\nLater.\r\n"),
      "para [0:00:01] Good morning everyone.\npara [1:00:09] Later.\n");
  EXPECT_EQ(parsed(parse_subtitles,
                   "WEBVTT\n\nNOTE no\nthis\n\nid\n00:01.000 --> 00:02.000 align:left\n<v Ann>Hi &amp; bye\n\n"
                   "00:02.100 --> 00:03.000\n<v Bob>No\n"),
            "para [0:00:01] Ann: Hi & bye\npara [0:00:02] Bob: No\n");
  EXPECT_EQ(parse_subtitles("nothing", Limits()).status().code(), Code::kInvalidArgument);
}

TEST(SourceCode, DefinitionsAreSections) {
  EXPECT_EQ(
      parsed(
          parse_python,
          "import os\n\n# turns\n@fast\ndef turn(n):\n    return n\n\nclass Wheel:\n    def go(self):\n        pass\n"),
      "code import os\ntitle1 def turn(n)\ncode # turns⏎@fast⏎def turn(n):⏎    return n\ntitle1 class Wheel\n"
      "code class Wheel:⏎    def go(self):⏎        pass\n");
  EXPECT_EQ(parsed(parse_brace_code,
                   "#include <a>\n\nnamespace m {\n\n// Adds { a }.\nint add(int a,\n        int b) {\n  return '}' + "
                   "a + b;\n}\n\n"
                   "struct P {\n  int x;\n};\n\n}  // namespace m\n"),
            "code #include <a>⏎⏎namespace m {\ntitle1 int add(int a, int b)\ncode // Adds { a }.⏎int add(int a,⏎       "
            " int b) {⏎"
            "  return '}' + a + b;⏎}\ntitle1 struct P\ncode struct P {⏎  int x;⏎};\ncode }  // namespace m\n");
  EXPECT_EQ(parsed(parse_end_code, "def a\n  1\nend\nputs a\n"), "title1 def a\ncode def a⏎  1⏎end\ncode puts a\n");
}

TEST(Xml, RecordsFeedsAndMixedText) {
  EXPECT_EQ(parsed(parse_xml, "<rows><r><a>1</a><b>x</b></r><r><a>2</a><c>y</c></r></rows>"),
            "table a⇥b⇥c⏎1⇥x⇥⏎2⇥⇥y\n");
  EXPECT_EQ(parsed(parse_xml,
                   "<rss><channel><title>News</title><item><title>One</title><description>&lt;p&gt;Hello &lt;b&gt;you"
                   "&lt;/b&gt;&lt;/p&gt;</description></item></channel></rss>"),
            "title1 News\ntitle2 One\npara Hello you\n");
  EXPECT_EQ(parsed(parse_xml, "<memo><to>Ann</to><say>Come <em>now</em>.</say></memo>"), "para Ann\npara Come now.\n");
  EXPECT_EQ(parse_xml("<a><b></a>", Limits()).status().code(), Code::kInvalidArgument);
  // Entities are not expanded: this would be a gigabyte.
  EXPECT_LT(parsed(parse_xml, "<!DOCTYPE a [<!ENTITY x \"xxxxxxxxxx\"><!ENTITY y \"&x;&x;&x;\">]><a>&y;</a>").size(),
            100u);
}

TEST(Rtf, CodePagesTablesAndSkippedText) {
  EXPECT_EQ(parsed(parse_rtf,
                   "{\\rtf1\\ansi\\ansicpg1251{\\fonttbl{\\f0\\fcharset204 A;}{\\f1\\fcharset0 B;}}{\\stylesheet{\\s1 "
                   "heading 1;}}"
                   "{\\info{\\title Doc}{\\author Ann}}{\\header skip}\\pard\\s1 \\f0\\'cf\\'f0\\par\\pard\\f1 "
                   "na\\u239?ve {\\v hid}x"
                   "{\\footnote Note}\\par\\trowd\\intbl a\\cell b\\cell\\row\\pard {\\*\\unknown y}end\\par}"),
            "title1 Пр\npara naïve x\nfootnote Note\ntable a⇥b\npara end\n");
  const Document document = document_of(parse_rtf, "{\\rtf1{\\info{\\title Doc}{\\author Ann}}x}");
  EXPECT_EQ(document.title, "Doc");
  EXPECT_EQ(document.metadata.at("author"), "Ann");
  EXPECT_EQ(parse_rtf("{\\rtf1" + std::string(100'000, '{'), Limits()).status().code(), Code::kResourceExhausted);
}

TEST(Formats, AreSortedAndStandInTheDocumentation) {
  std::ifstream in(MILLPOND_SOURCE_DIR "/docs/formats/documents.md");
  const std::string page((std::istreambuf_iterator<char>(in)), {});
  for (const Format& format : formats()) {
    std::string row = "| " + std::string(format.name) + " | `" + std::string(format.media_type) + "` | ";
    row += std::string(format.summary) + " |\n";
    EXPECT_NE(page.find(row), std::string::npos) << "docs/formats/documents.md lacks this row:\n" << row;
  }
  for (std::size_t i = 1; i < formats().size(); ++i) EXPECT_LT(formats()[i - 1].media_type, formats()[i].media_type);
}

}  // namespace
}  // namespace millpond::extract
