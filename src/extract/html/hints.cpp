#include "extract/html/hints.h"

#include <algorithm>
#include <array>
#include <vector>

#include "extract/html/name_table.h"

namespace millpond::extract {
namespace {

// Words that stand in names such as "c-related-articles__list"; names are split at '-', '_', ':' and inner capitals.
constexpr std::string_view kFurniture[] = {
    "nav",           "navbar",        "navigation",   "navheader",   "navfooter",      "navlinks",
    "topnav",        "subnav",        "sidenav",      "submenu",     "topmenu",        "breadcrumb",
    "breadcrumbs",   "crumb",         "crumbs",       "footer",      "sitefooter",     "pagefooter",
    "sphinxsidebar", "cookie",        "cookies",      "consent",     "gdpr",           "ad",
    "ads",           "adv",           "advert",       "adverts",     "advertisement",  "advertising",
    "adsense",       "adbox",         "adslot",       "sponsor",     "sponsored",      "sponsors",
    "promo",         "promos",        "promoted",     "promotion",   "social",         "socials",
    "share",         "shares",        "sharing",      "sharebar",    "sharedaddy",     "addthis",
    "addtoany",      "related",       "relatedposts", "recommended", "recommendation", "recommendations",
    "recirc",        "recirculation", "newsletter",   "newsletters", "subscribe",      "subscription",
    "signup",        "paywall",       "comment",      "comments",    "commentlist",    "disqus",
    "respond",       "replies",       "pagination",   "pager",       "paging",         "popup",
    "popups",        "lightbox",      "login",        "signin",      "skiplink",       "trending",
    "outbrain",      "taboola",       "copyright",    "masthead",    "editsection",    "headerlink",
    "permalink",     "linenos",       "lineno",       "linenumber",  "noprint",        "printonly",
    "byline",        "bylines",       "dateline",     "timestamp",   "taglist",        "hashtags",
    "followus",      "authorbox",     "bio",          "jumpto",      "mostread",       "mostpopular",
    "backtotop",     "disclaimer",    "donation",     "storylinks",  "moreon",         "readmore",
    "readnext",      "upnext"};
constexpr std::string_view kAside[] = {
    "sidebar", "sidebars", "sidebox", "rail",    "widget",    "widgets",  "menu",         "menus",
    "toolbar", "banner",   "banners", "tags",    "keywords",  "popular",  "teaser",       "teasers",
    "modal",   "overlay",  "rating",  "ratings", "legal",     "skip",     "follow",       "membership",
    "donate",  "privacy",  "more",    "extra",   "secondary", "tertiary", "complementary"};
// Where these two kinds meet in one name it is the body: "article-body", "entry__content", "storyText".
constexpr std::string_view kSubjects[] = {"article", "entry", "post", "story", "news", "blog", "single"};
constexpr std::string_view kBodies[] = {"body", "content", "text", "contents", "copy"};
constexpr std::string_view kBodyNames[] = {"articlebody",  "articlecontent", "articletext",  "postbody",
                                           "postcontent",  "storybody",      "storycontent", "storytext",
                                           "entrycontent", "newstext"};
constexpr std::string_view kCaptions[] = {"caption",    "captions",     "credit",       "credits",
                                          "figcaption", "imagecaption", "photocredit",  "imgcaption",
                                          "wpcaption",  "piccaption",   "mediacaption", "imagecredit"};
constexpr std::string_view kDecks[] = {"standfirst", "deck",     "dek",       "subheadline",
                                       "subhead",    "subtitle", "strapline", "subheading"};
constexpr std::string_view kContents[] = {"toc", "localtoc", "toctree", "pagetoc", "tableofcontents"};
constexpr std::string_view kHidden[] = {"visuallyhidden", "screenreader", "offscreen", "invisible", "hide", "hidden"};

constexpr auto make_words() {
  NameTable<512> table;
  for (const std::string_view word : kFurniture) table.add(word, std::uint8_t(Hint::kFurniture));
  for (const std::string_view word : kAside) table.add(word, std::uint8_t(Hint::kAside));
  for (const std::string_view word : kBodyNames) table.add(word, std::uint8_t(Hint::kBody));
  for (const std::string_view word : kCaptions) table.add(word, std::uint8_t(Hint::kCaption));
  for (const std::string_view word : kDecks) table.add(word, std::uint8_t(Hint::kDeck));
  for (const std::string_view word : kContents) table.add(word, std::uint8_t(Hint::kContents));
  for (const std::string_view word : kHidden) table.add(word, std::uint8_t(Hint::kHidden));
  return table;
}
constexpr auto kWords = make_words();

enum Half : std::uint8_t { kSubject = 1, kBodyWord = 2 };
constexpr auto make_halves() {
  NameTable<64> table;
  for (const std::string_view word : kSubjects) table.add(word, kSubject);
  for (const std::string_view word : kBodies) table.add(word, kBodyWord);
  return table;
}
constexpr auto kHalves = make_halves();

// Names that describe a state or a subject, not a part: "has-sidebar", "category-social", "tag-ads".
constexpr std::string_view kPrefixes[] = {"has-",      "no-", "is-",       "with-", "tag-",
                                          "category-", "js-", "wp-image-", "post-"};
constexpr std::string_view kWholeNames[] = {"sr-only", "screen-reader-text", "visually-hidden", "u-hidden"};

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_separator(char c) { return c == '-' || c == '_' || c == ':' || c == '.' || c == '/'; }

Hint stronger(Hint a, Hint b) { return a > b ? a : b; }

Hint read_name(std::string_view name) {
  for (const std::string_view prefix : kPrefixes) {
    if (name.starts_with(prefix)) return Hint::kNone;
  }
  for (const std::string_view whole : kWholeNames) {
    if (name == whole) return Hint::kHidden;
  }
  Hint hint = Hint::kNone;
  std::size_t begin = 0;
  int parts = 0;
  unsigned halves = 0;
  bool other = false;
  for (std::size_t i = 0; i <= name.size() && parts < 12; ++i) {
    const bool end = i == name.size() || is_separator(name[i]);
    const bool hump = !end && i > begin && is_upper(name[i]) && is_lower(name[i - 1]);
    if (!end && !hump) continue;
    if (i > begin) {
      Hint word = Hint(kWords.find(name.substr(begin, i - begin), 0));
      // "hidden" alone hides; "hidden-xs" and "hide-on-print" hide from some.
      if (word == Hint::kHidden && i - begin != name.size() && name.substr(begin, i - begin).size() < 8)
        word = Hint::kNone;
      const unsigned half = kHalves.find(name.substr(begin, i - begin), 0);
      halves |= half;
      other |= half == 0;
      hint = stronger(hint, word);
      ++parts;
    }
    begin = end ? i + 1 : i;
  }
  if (halves == (kSubject | kBodyWord) && !(other && parts > 3)) hint = stronger(hint, Hint::kBody);
  return hint;
}

Hint read_names(std::string_view names) {
  Hint hint = Hint::kNone;
  while (!names.empty()) {
    const std::size_t end = names.find_first_of(" \t\n\r\f");
    if (end != 0) hint = stronger(hint, read_name(names.substr(0, end)));
    if (end == names.npos) break;
    names.remove_prefix(end + 1);
  }
  return hint;
}

bool hides(std::string_view style) {
  const auto says = [&](std::string_view property, std::string_view value) {
    std::size_t at = style.find(property);
    if (at == style.npos) return false;
    at += property.size();
    while (at < style.size() && (style[at] == ' ' || style[at] == ':')) ++at;
    return style.substr(at).starts_with(value);
  };
  return says("display", "none") || says("visibility", "hidden");
}

}  // namespace

Hint read_hint(const Tree& tree, NodeId id) {
  const Node& node = tree[id];
  Hint hint = Hint::kNone;
  for (std::uint32_t i = 0; i < node.attribute_count; ++i) {
    const Attribute& attribute = tree.attributes[node.first_attribute + i];
    const std::string_view value = tree.source.substr(attribute.begin, attribute.length);
    switch (attribute.name) {
      case Attr::k_hidden: return Hint::kHidden;
      case Attr::k_aria_hidden:
        if (value == "true") return Hint::kHidden;
        break;
      case Attr::k_style:
        if (hides(value)) return Hint::kHidden;
        break;
      case Attr::k_role:
        if (value == "navigation" || value == "banner" || value == "contentinfo" || value == "search" ||
            value == "complementary" || value == "dialog" || value == "menu" || value == "menubar" ||
            value == "toolbar" || value == "alertdialog" || value == "tablist") {
          hint = stronger(hint, Hint::kFurniture);
        }
        break;
      case Attr::k_itemprop:
        if (value == "articleBody") hint = stronger(hint, Hint::kBody);
        if (value == "publisher" || value == "keywords" || value == "mainEntityOfPage" || value == "dateCreated" ||
            value == "dateModified" || value == "datePublished") {
          hint = stronger(hint, Hint::kFurniture);
        }
        break;
      case Attr::k_class_:
      case Attr::k_id: hint = stronger(hint, read_names(value)); break;
      default: break;
    }
  }
  return hint;
}

// Names of a page that shows one post, and of what stands around posts.
bool names_post(std::string_view names) {
  for (const std::string_view name : {"hentry", "h-entry", "single-post", "postid-", "post-template", "blog-post",
                                      "blogpost", "news-article", "article-page", "press-release"}) {
    if (names.find(name) != names.npos) return true;
  }
  return false;
}

bool names_company(std::string_view names) {
  for (const std::string_view name : {"byline", "author", "share", "related", "comments", "published", "dateline"}) {
    if (names.find(name) != names.npos) return true;
  }
  return false;
}

// Most of the long paragraphs stand side by side, and there are some.
bool is_one_text(const Tree& tree) {
  std::vector<std::uint32_t> bytes(tree.nodes.size(), 0);  // of the long paragraphs below a node
  std::uint32_t all = 0, most = 0, long_ones = 0;
  for (NodeId id = 1; id < tree.nodes.size(); ++id) {
    if (tree[id].tag != Tag::k_p) continue;
    std::uint32_t length = 0;
    for (NodeId child = tree[id].first_child; child != kNoNode; child = tree[child].next) length += tree[child].length;
    if (length < 120) continue;
    ++long_ones;
    all += length;
    most = std::max(most, bytes[tree[id].parent] += length);
  }
  return long_ones >= 3 && most * 10 >= all * 6;
}

// Pages that do not say what they are: a date in the head, one <article>, a byline, buttons to share it.
bool looks_like_article(const Tree& tree) {
  int articles = 0, posts = 0, company = 0, times = 0, code = 0, headings = 0;
  bool dated = false;
  for (NodeId id = 1; id < tree.nodes.size(); ++id) {
    const Tag tag = tree[id].tag;
    if (tag == Tag::kText) continue;
    articles += tag == Tag::k_article;
    times += tag == Tag::k_time;
    headings += tag == Tag::k_h1;
    code += tag == Tag::k_pre || tag == Tag::k_dt;
    if (tree[id].attribute_count == 0) continue;
    if (tag == Tag::k_meta) {
      for (const std::string_view name : {"date", "pubdate", "datePublished", "publish-date", "parsely-pub-date",
                                          "sailthru.date", "article.published", "DC.date.issued"}) {
        dated |= tree.raw(id, Attr::k_name) == name || tree.raw(id, Attr::k_itemprop) == name;
      }
      continue;
    }
    const std::string_view names = tree.raw(id, Attr::k_class_);
    if (tag == Tag::k_body && (names.find("single-") != names.npos || names.find("postid-") != names.npos)) return true;
    posts += names_post(names);
    company += names_company(names);
    dated |= tree.raw(id, Attr::k_itemprop) == "datePublished";
  }
  if (code > 4 || posts > 3 || articles > 3) return false;  // a manual, or a list of posts
  if (headings == 1 && code == 0 && is_one_text(tree)) return true;
  return (posts > 0) * 2 + dated * 2 + (articles == 1) + (company > 1) + (times > 0) >= 2;
}

bool is_article_page(const Tree& tree) {
  static constexpr std::string_view kManuals[] = {"DocBook", "Sphinx",   "Doxygen",     "Publican",
                                                  "mkdocs",  "Docutils", "texi2",       "javadoc",
                                                  "rustdoc", "LaTeX2",   "Asciidoctor", "pandoc"};
  static constexpr std::string_view kTypes[] = {"NewsArticle\"", "BlogPosting\"", "\"Article\"",
                                                "ReportageNewsArticle\""};
  bool article = false;
  for (NodeId id = 1; id < tree.nodes.size(); ++id) {
    const Tag tag = tree[id].tag;
    if (tag == Tag::k_meta) {
      const std::string_view content = tree.raw(id, Attr::k_content);
      const std::string_view property = tree.raw(id, Attr::k_property);
      if (property.starts_with("article:") || (property == "og:type" && content.starts_with("article"))) article = true;
      if (tree.raw(id, Attr::k_name) == "generator") {
        for (const std::string_view manual : kManuals) {
          if (content.find(manual) != content.npos) return false;
        }
      }
    } else if (tag == Tag::k_script && !article && tree[id].first_child != kNoNode &&
               tree.raw(id, Attr::k_type) == "application/ld+json") {
      const std::string_view data = tree.text(tree[id].first_child);
      for (const std::string_view type : kTypes) article |= data.find(type) != data.npos;
    } else if (!article && tree[id].attribute_count > 0 && tag != Tag::kText) {
      article = tree.raw(id, Attr::k_itemprop) == "articleBody";
    }
  }
  return article || looks_like_article(tree);
}

}  // namespace millpond::extract
