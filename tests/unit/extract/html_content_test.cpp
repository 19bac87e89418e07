// What parse_html takes for the content of a page, and what for the frame around it.
#include "millpond/extract/html.h"
#include "millpond/extract/render.h"
#include "text_show.h"

namespace millpond::extract {
namespace {

std::string read(const std::string& body, const std::string& head = "") {
  return parsed(parse_html, "<!doctype html><html><head>" + head + "</head><body>" + body + "</body></html>");
}

const std::string kProse =
    "<p>The mill stands at the lower end of the pond, and has ground the corn of three villages for four hundred "
    "years. "
    "Its wheel was rebuilt twice.</p><p>Water reaches it through a channel of oak boards, which the miller opens in "
    "the "
    "morning and closes at night, whatever the season may be.</p>";
const std::string kProseElements =
    "para The mill stands at the lower end of the pond, and has ground the corn of three villages for four hundred "
    "years. "
    "Its wheel was rebuilt twice.\npara Water reaches it through a channel of oak boards, which the miller opens in "
    "the "
    "morning and closes at night, whatever the season may be.\n";
const std::string kArticleHead = "<meta property='og:type' content='article'>";

TEST(HtmlContent, NavigationFormsAndFootersAreLeftOut) {
  EXPECT_EQ(read("<header><a href=/>Home</a></header><nav><ul><li><a href=a>A</a></ul></nav><main>" + kProse +
                 "</main><form><input><label>Search</label></form><footer>© Mill Ltd</footer>"),
            kProseElements);
}

TEST(HtmlContent, NamesOfBlocksAreUnderstood) {
  EXPECT_EQ(
      read("<div class='cookie-banner'>We use cookies</div><div id=breadcrumbs>Home &gt; Mills</div><div class=c>" +
           kProse + "</div><div class='ShareButtons'>Share</div><div class=related-links><a href=x>Ponds</a></div>"),
      kProseElements);
}

TEST(HtmlContent, HiddenBlocksAreLeftOut) {
  EXPECT_EQ(
      read("<div>" + kProse + "<div style='display: none'>no</div><p hidden>no</p><span class=sr-only>no</span></div>"),
      kProseElements);
}

TEST(HtmlContent, AnArticleIsTakenOutOfItsPage) {
  const std::string others =
      "<div class=x><p>Another story of another place, which is told at some length on another page of this "
      "site.</p></div>";
  EXPECT_EQ(read("<div>" + others + "<div class='article-body'>" + kProse + "</div>" + others + "</div>", kArticleHead),
            kProseElements);
}

TEST(HtmlContent, TheHeadingAboveTheArticleIsKept) {
  EXPECT_EQ(read("<div><h1>The mill</h1></div><div class='article-body'>" + kProse + "</div>", kArticleHead),
            "title1 The mill\n" + kProseElements);
}

TEST(HtmlContent, LinksBelowAnArticleAreItsTail) {
  EXPECT_EQ(
      read("<article>" + kProse + "<h3>You may also like</h3><ul><li><a href=a>Ten ponds to see</a></ul></article>",
           kArticleHead),
      kProseElements);
}

TEST(HtmlContent, RowsOfTeasersBelowAnArticleAreLeftOut) {
  const auto card = [](const std::string& target, const std::string& title) {
    return "<div class='item last'><a href=/" + target + "><img src=x.jpg></a><h4><a href=/" + target + ">" + title +
           "</a></h4><p>A teaser of some words, which ends as sentences do.</p></div>";
  };
  const std::string first = card("a", "Ten ponds worth a visit"), second = card("b", "How sluices are kept tight"),
                    third = card("c", "What millers eat at noon");
  EXPECT_EQ(read("<article>" + kProse + first + second + third + "</article>", kArticleHead), kProseElements);
  // Two may be chosen by the author; and what leads to one place is one thing, in several parts.
  EXPECT_NE(read("<article>" + kProse + first + second + "</article>", kArticleHead), kProseElements);
  EXPECT_NE(read("<article>" + kProse + first + first + first + "</article>", kArticleHead), kProseElements);
}

TEST(HtmlContent, AManualKeepsAllItsText) {
  // A box called "sidebar", a short introduction before a long section, footnotes: all of it is text.
  EXPECT_EQ(read("<div class=book><p>What this chapter is about, in short.</p><div class=section>" + kProse + kProse +
                     "</div><div class=sidebar><p>BACK TO BASICS: water flows downhill, and always has.</p></div>"
                     "<div class=footnotes><div class=footnote><p>[1] Except in siphons.</p></div></div></div>",
                 "<meta name=generator content='DocBook XSL Stylesheets'>"),
            "para What this chapter is about, in short.\n" + kProseElements + kProseElements +
                "para BACK TO BASICS: water flows downhill, and always has.\nfootnote [1] Except in siphons.\n");
}

TEST(HtmlContent, PreviousAndNextLinksOfAManualAreLeftOut) {
  EXPECT_EQ(read("<div class=navheader><table><tr><th colspan=3>Wheels<tr><td>Prev<th>Mills<td>Next</table></div>" +
                 kProse + "<div class=navfooter>Prev Up Next</div>"),
            kProseElements);
}

TEST(HtmlContent, APageThatIsAllLinksKeepsThem) {
  EXPECT_EQ(read("<h1>Index</h1><ul><li><a href=a>Mills</a><li><a href=b>Ponds</a></ul>"),
            "title1 Index\nitem1 Mills\nitem1 Ponds\n");
}

TEST(HtmlContent, ABlockThatHoldsMostOfTheTextStaysWhateverItsName) {
  EXPECT_EQ(read("<div class='sidebar share'>" + kProse + "</div>"), kProseElements);
  EXPECT_EQ(read("<form id=aspnet>" + kProse + "</form>"), kProseElements);
}

TEST(HtmlContent, LinesAroundAnArticleAreLeftOut) {
  EXPECT_EQ(read("<article><p>NEWS</p><p>By Ann Miller</p><p>12 May 2024 • 3 min read</p>" + kProse +
                     "<p>Follow us on all networks.</p><p>Filed under: mills</p><p>Advertisement</p></article>",
                 kArticleHead),
            kProseElements);
}

TEST(HtmlContent, TeasersBetweenParagraphsAreLeftOut) {
  const std::string more =
      "<p>READ MORE: <a href=a>Ten ponds to see</a></p><p><a href=b>THE MILLER SPEAKS AT LAST</a></p>"
      "<h3><a href=c>Ponds and their fish</a></h3><h3><a href=d>Wheels of the world</a></h3>";
  EXPECT_EQ(
      read("<article>" + kProse + more +
               "<p>The last miller left in the year nineteen "
               "hundred and seven, and took the key with him, so that nobody could use the wheel again.</p></article>",
           kArticleHead),
      kProseElements +
          "para The last miller left in the year nineteen hundred and seven, and took the key with "
          "him, so that nobody could use the wheel again.\n");
}

TEST(HtmlContent, LinesUnderPicturesAreCaptions) {
  EXPECT_EQ(read("<article>" + kProse +
                     "<img src=a.jpg alt='The mill in winter'><p>The mill in winter, with its pond frozen"
                     "</p><p class='photo-credit'>Photo: Ann Miller</p>" +
                     "</article>",
                 kArticleHead),
            kProseElements +
                "figure The mill in winter\ncaption The mill in winter, with its pond frozen\n"
                "caption Photo: Ann Miller\n");
}

TEST(HtmlContent, AnArticleThatRepeatsItselfIsReadOnce) {
  EXPECT_EQ(read("<article>" + kProse + "<p>The mill stands at the lower end of the pond, and has ground the...</p>" +
                     kProse + "</article>",
                 kArticleHead),
            kProseElements);
}

TEST(HtmlContent, APlanOfShortLinesKeepsThemAll) {
  std::string lines, wanted;
  for (int day = 1; day < 9; ++day) {
    lines += "<p>Day " + std::to_string(day) + "</p><p>Grind two sacks of rye</p>";
    wanted += "para Day " + std::to_string(day) + "\npara Grind two sacks of rye\n";
  }
  EXPECT_EQ(read("<article>" + kProse + lines + "</article>", kArticleHead), kProseElements + wanted);
}

TEST(HtmlContent, APostThatDoesNotSayWhatItIs) {
  EXPECT_EQ(read("<body class='single-post'><article><p>By Ann Miller</p>" + kProse + "</article>"), kProseElements);
}

TEST(HtmlContent, TheTextOfAnArticleIsItsBody) {
  const auto page =
      parse_html("<meta property='og:type' content='article'><title>Mills</title><h1>Mills</h1><article>" + kProse +
                     "<figure><img alt='The mill in winter'><figcaption>In winter</figcaption></figure></article>",
                 {});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->title, "Mills");
  const std::string text = to_text(*page);
  EXPECT_TRUE(text.starts_with("The mill stands")) << text;
  EXPECT_EQ(text.find("winter"), text.npos) << text;
  EXPECT_NE(to_markdown(*page).find("In winter"), text.npos);
}

}  // namespace
}  // namespace millpond::extract
