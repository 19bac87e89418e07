// What parse_html reads: elements, tables, encodings, metadata.
#include "millpond/extract/html.h"

#include "text_show.h"

namespace millpond::extract {
namespace {

std::string read(std::string_view bytes) { return parsed(parse_html, bytes); }

TEST(Html, BlocksBecomeElements) {
  EXPECT_EQ(read("<h1>Top</h1><p>One <b>bold</b>\n   word.<p>Two<br>lines<div>In a div<h3>Sub</h3></div>"
                 "<blockquote>Said</blockquote>"),
            "title1 Top\npara One bold word.\npara Two⏎lines\npara In a div\ntitle3 Sub\npara Said\n");
}

TEST(Html, ListsKeepTheirNesting) {
  EXPECT_EQ(read("<ul><li>one<ul><li>inner</ul><li><p>two</p><p>more of two</p></ul><ol><li>first</ol>"),
            "item1 one\nitem2 inner\nitem1 two\npara more of two\nitem1 1. first\n");
  EXPECT_EQ(read("<dl><dt>mill<dd>grinds<dt>pond<dd>holds water</dl>"),
            "item1 mill\npara grinds\nitem1 pond\npara holds water\n");
}

TEST(Html, OrderedListsKeepTheNumbersThatABrowserShows) {
  EXPECT_EQ(
      read("<ol start=3><li><p>three</p><p>more</p><li>four<ol type=a><li>inner<li><b>next</b></ol><li value=9>nine"
           "<li>ten</ol><ol><li>again</ol>"),
      "item1 3. three\npara more\nitem1 4. four\nitem2 a. inner\nitem2 b. next\nitem1 9. nine\nitem1 10. ten\n"
      "item1 1. again\n");
  EXPECT_EQ(read("<ol reversed type=I><li>x<li>y</ol><ol start=27 type=A><li>z</ol>"),
            "item1 II. x\nitem1 I. y\nitem1 AA. z\n");
  EXPECT_EQ(read("<ol style='list-style-type: none'><li>plain</ol><ol><li><ul><li>bullet</ul></ol>"),
            "item1 plain\nitem2 bullet\n");
}

TEST(Html, PreKeepsItsLayout) {
  EXPECT_EQ(read("<pre>\nint x;\n  <b>return</b> x &lt; 1;\n</pre><p>a   b"),
            "code int x;⏎  return x < 1;\npara a b\n");
}

TEST(Html, TablesKeepSpansAndLoseEverythingElse) {
  const Document document = document_of(
      parse_html,
      "<table class=x><caption>Prices</caption><thead><tr><td style='a'>Item<th rowspan=2 onclick=e>Price</thead>"
      "<tr><td colspan='2'><p>Tea &amp; <a href=y>milk</a></p><tr><td>a<td>b</table>");
  ASSERT_EQ(show(document), "caption Prices\ntable Item⇥Price⏎Tea & milk⏎a⇥b\n");
  EXPECT_EQ(document.elements[1].html,
            "<table><tr><th>Item</th><th rowspan=\"2\">Price</th></tr><tr><td colspan=\"2\">Tea &amp; milk</td></tr>"
            "<tr><td>a</td><td>b</td></tr></table>");
}

TEST(Html, LayoutTablesAreUnwrapped) {
  EXPECT_EQ(read("<table><tr><td><h2>News</h2><p>Text</p></td></tr></table>"), "title2 News\npara Text\n");
  EXPECT_EQ(read("<table role=presentation><tr><td>left<td>right</table>"), "para left\npara right\n");
  EXPECT_EQ(read("<table><tr><td>side<td><table><tr><th>a<th>b<tr><td>1<td>2</table></table>"),
            "para side\ntable a⇥b⏎1⇥2\n");
}

TEST(Html, FiguresCaptionsAndFormulas) {
  EXPECT_EQ(
      read("<figure><img alt='A mill beside a pond' src=x><figcaption>Fig. 1</figcaption></figure><img alt=logo>"),
      "figure A mill beside a pond\ncaption Fig. 1\n");
  EXPECT_EQ(read("<p>With <math alttext='x^2'><mi>x</mi></math> in it</p><math display=block><semantics><mi>E</mi>"
                 "<annotation encoding='application/x-tex'>E=mc^2</annotation></semantics></math>"),
            "para With x^2 in it\nformula E=mc^2\n");
}

TEST(Html, FootnotesAreMarked) {
  EXPECT_EQ(read("<p>Text<sup>1</sup></p><aside role=doc-footnote><p>1 A note.</p></aside>"),
            "para Text1\nfootnote 1 A note.\n");
}

TEST(Html, ReferencesAreDecoded) {
  EXPECT_EQ(read("<p>&lt;a&gt; &eacute;&nbsp;&#8364;&#x20AC;&#150; AT&T &copy 2 &notit; &unknown;"),
            "para <a> é €€– AT&T © 2 ¬it; &unknown;\n");
}

TEST(Html, Encodings) {
  EXPECT_EQ(read("<meta charset=iso-8859-2><p>\xBElut\xFD"), "para žlutý\n");
  EXPECT_EQ(read("<meta http-equiv=Content-Type content='text/html; charset=Shift_JIS'><p>\x93\xFA\x96\x7B"),
            "para 日本\n");
  EXPECT_EQ(read("<p>caf\xE9 \x80"), "para café €\n");
  EXPECT_EQ(read("<meta charset=latin1><p>caf\xC3\xA9"), "para café\n");  // the bytes know better
  EXPECT_EQ(read(std::string_view("\xFF\xFE<\0p\0>\0\xE9\0", 10)), "para é\n");
}

TEST(Html, Metadata) {
  const Document document = document_of(parse_html, R"(<html lang=en-GB><head>
    <title>The mill &amp; the pond - Water News</title><meta property="og:site_name" content="Water News">
    <meta name=author content="Jo Miller"><meta name=description content=" About  mills ">
    <meta property="article:published_time" content="2024-05-01"><link rel=canonical href="https://x.org/mill">
    </head><body><p>Text</p></body></html>)");
  EXPECT_EQ(document.title, "The mill & the pond");
  EXPECT_EQ(document.language, "en-GB");
  EXPECT_EQ(document.metadata.at("author"), "Jo Miller");
  EXPECT_EQ(document.metadata.at("description"), "About mills");
  EXPECT_EQ(document.metadata.at("created"), "2024-05-01");
  EXPECT_EQ(document.metadata.at("url"), "https://x.org/mill");
  EXPECT_EQ(show(document), "para Text\n");
}

TEST(Html, TheTitleKeepsADashOfItsOwn) {
  EXPECT_EQ(document_of(parse_html, "<title>Mills - a history</title><p>x").title, "Mills - a history");
  EXPECT_EQ(document_of(parse_html, "<h1>Only <i>a</i> heading</h1>").title, "Only a heading");
}

TEST(Html, MisplacedTagsLoseNoText) {
  EXPECT_EQ(read("<p>a<b>b<p>c</b>d</i></div></p>e"), "para ab\npara cd\npara e\n");
  EXPECT_EQ(read("<table>stray<tr><td>a<td>b<tr><td>c<td>d</table>"), "para stray\ntable a⇥b⏎c⇥d\n");
  EXPECT_EQ(read("text < 3 and <3 & <!- odd -> <?php x ?> end"), "para text < 3 and <3 & end\n");
  EXPECT_EQ(read("<p>unfinished <a href='x"), "para unfinished\n");
  EXPECT_EQ(read("<svg><path/><p>out of svg"), "para out of svg\n");
  EXPECT_EQ(read("<script>var a = '<p>no</p>';</script><style>p{}</style><p>yes<!-- no -->!"), "para yes!\n");
}

TEST(Html, DeepNestingIsFlattened) {
  std::string page;
  for (int i = 0; i < 100'000; ++i) page += "<div>";
  EXPECT_EQ(read(page + "<p>deep"), "para deep\n");
  page.clear();
  for (int i = 0; i < 50'000; ++i) page += "<table><tr><td>";
  EXPECT_NE(read(page + "deep").find("deep"), std::string::npos);
}

TEST(Html, LimitsAreErrors) {
  Limits limits;
  limits.output_bytes = 10;
  EXPECT_EQ(parse_html("<p>more than ten bytes<p>and again more<p>x", limits).status().code(),
            Code::kResourceExhausted);
  limits.input_bytes = 5;
  EXPECT_EQ(parse_html("<p>more", limits).status().code(), Code::kResourceExhausted);
  EXPECT_EQ(read(""), "");
}

}  // namespace
}  // namespace millpond::extract
