#include "extract/html/article.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>

#include "extract/html/article_lines.h"

namespace millpond::extract {
namespace {

using Kind = ElementKind;

constexpr std::size_t kRunningBytes = 130;  // a paragraph of so many bytes is running text
constexpr std::size_t kLineBytes = 90;      // a line around the text has at most so many
constexpr std::size_t kRepeatBytes = 24;    // shorter lines may well stand twice in a text
constexpr std::size_t kTeaserBytes = 40;
constexpr std::size_t kWholeBytes = 2000;  // a paragraph as long as this may be the whole article once more
constexpr std::size_t kCaptionBytes = 500;
constexpr double kHeadShare = 0.2;       // of the text may stand before its first running paragraph
constexpr std::size_t kTailBytes = 200;  // behind the last one there is this much that is no text,
constexpr double kTailShare = 0.1;       // or this share of the article

bool is_kind(const Element& element, std::initializer_list<Kind> kinds) {
  return std::find(kinds.begin(), kinds.end(), element.kind) != kinds.end();
}

bool ends_with_one(std::string_view text, std::initializer_list<std::string_view> ends) {
  return std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return text.ends_with(end); });
}

bool ends_sentence(std::string_view text) {
  while (ends_with_one(text, {"\"", "'", ")", "]", " ", "*"})) text.remove_suffix(1);
  for (const std::string_view quote : {"\u201D", "\u2019", "\u00BB", "\u201C", "\u300D"}) {
    if (text.ends_with(quote)) text.remove_suffix(quote.size());
  }
  return ends_with_one(text, {".", "!", "?", ":", ";", "\u2026", "\u3002", "\uFF01", "\uFF1F"});
}

bool is_address(std::string_view text) {
  return (text.starts_with("http://") || text.starts_with("https://") || text.starts_with("www.")) &&
         text.find(' ') == text.npos;
}

bool is_number(std::string_view text) {
  return text.size() <= 6 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "READ MORE ON THIS BY CLICKING HERE": letters, and none of them small.
bool is_shouted(std::string_view text) {
  int capitals = 0;
  for (const char c : text) {
    if (c >= 'a' && c <= 'z') return false;
    capitals += c >= 'A' && c <= 'Z';
  }
  return capitals >= 8;
}

class Article {
 public:
  Article(const std::vector<BlockFacts>& facts, Document& document)
      : all_(document.elements), facts_(facts), gone_(document.elements.size(), 0) {
    facts_.resize(all_.size());
  }

  void tidy() {
    find_text();
    if (first_ == all_.size()) return;
    mark_captions();
    drop_repeats();
    drop_lines();
    drop_head();
    drop_tail();
    drop_empty_titles();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (gone_[i]) continue;
      if (kept != i) all_[kept] = std::move(all_[i]);
      ++kept;
    }
    all_.resize(kept);
  }

 private:
  double link_share(std::size_t i) const {
    return facts_[i].chars == 0 ? 0 : double(facts_[i].linked) / double(facts_[i].chars);
  }

  bool is_running(std::size_t i) const {
    const Element& element = all_[i];
    if (is_kind(element, {Kind::kTable, Kind::kCode, Kind::kFormula})) return true;
    return is_kind(element, {Kind::kParagraph, Kind::kListItem}) && element.text.size() >= kRunningBytes &&
           link_share(i) < 0.5 && ends_sentence(element.text) && !is_site_line(element.text);
  }

  // A title that is a link, as those of teasers are.
  bool links_away(std::size_t i) const {
    return all_[i].kind == Kind::kTitle && all_[i].level > 1 && link_share(i) >= 0.8;
  }

  void find_text() {
    first_ = last_ = all_.size();
    for (std::size_t i = 0; i < all_.size(); ++i) {
      bytes_ += all_[i].text.size();
      if (!is_running(i)) continue;
      if (first_ == all_.size()) first_ = i;
      last_ = i;
    }
  }

  void mark_captions() {
    std::string_view picture;  // what the last picture says of itself
    std::size_t pictured = 0;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      Element& element = all_[i];
      if (element.kind == Kind::kFigure) picture = element.text, pictured = i;
      if (i > pictured + 3) picture = {};
      if (!is_kind(element, {Kind::kParagraph, Kind::kListItem}) || element.text.size() > kCaptionBytes) continue;
      const std::string_view text = element.text;
      const std::string_view start = text.substr(0, std::min<std::size_t>(text.size(), 60));
      const bool same = text.size() >= 12 && !picture.empty() &&
                        (picture.find(start) != picture.npos ||
                         (picture.size() >= kRepeatBytes && text.find(picture) != text.npos)) &&
                        text.size() <= picture.size() + 120;
      const bool credit = (facts_[i].after_picture || (i > 0 && all_[i - 1].kind == Kind::kCaption)) &&
                          (is_credit_line(text) || (text.size() <= kLineBytes && !ends_sentence(text)));
      const bool bare = text.size() <= kLineBytes && is_credit_line(text) && !ends_sentence(text);
      if (!same && !credit && !bare) continue;
      element.kind = Kind::kCaption;
      element.level = 0;
    }
  }

  // Plans and tables written as paragraphs say the same thing many times.
  bool repeats_itself() const {
    std::unordered_set<std::string_view> seen;
    std::size_t twice = 0;
    for (const Element& element : all_) {
      twice += is_kind(element, {Kind::kParagraph, Kind::kTitle}) && !seen.insert(element.text).second;
    }
    return twice > 20 && twice * 4 > all_.size();
  }

  void drop_repeats() {
    if (repeats_itself()) return;
    std::unordered_set<std::string_view> seen;
    std::string before;  // all text so far, once something long may repeat it
    std::size_t read = 0;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const std::string_view text = all_[i].text;
      if (text.size() < kRepeatBytes || is_kind(all_[i], {Kind::kTable, Kind::kCode, Kind::kFormula})) continue;
      // Lists say the same thing several times; titles and captions do not.
      const bool line = is_kind(all_[i], {Kind::kParagraph, Kind::kListItem});
      if (!line || text.size() >= kRunningBytes / 2) gone_[i] |= !seen.insert(text).second;
      if (all_[i].kind != Kind::kParagraph) continue;
      // The beginning comes again in teasers, cut short or with the paragraphs run together.
      if (text.size() >= kRunningBytes || (text.size() >= kTeaserBytes && ends_with_one(text, {"...", "\u2026"}))) {
        gone_[i] |= !seen.insert(text.substr(0, kTeaserBytes)).second;
      }
      if (text.size() < kWholeBytes || gone_[i]) continue;
      for (; read < i; ++read) before += all_[read].text, before += ' ';
      int samples = 0;
      for (const std::size_t part : {1, 2, 3})
        samples += before.find(text.substr(text.size() / 4 * part, kTeaserBytes)) != before.npos;
      gone_[i] |= samples >= 2;
    }
  }

  void drop_lines() {
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const Element& element = all_[i];
      const std::string_view text = element.text;
      if (is_kind(element, {Kind::kTable, Kind::kCode, Kind::kFormula, Kind::kFigure, Kind::kFootnote})) continue;
      if (element.kind == Kind::kTitle) {
        gone_[i] |= is_label(text) || (element.level > 1 && (is_pointer_line(text) || is_site_line(text)));
        gone_[i] |= links_away(i) && ((i > 0 && links_away(i - 1)) || (i + 1 < all_.size() && links_away(i + 1)));
        continue;
      }
      const bool linked = link_share(i) >= 0.8;
      const bool line = text.size() <= 2 * kLineBytes;
      gone_[i] |= is_label(text) || is_address(text) || (is_number(text) && element.kind == Kind::kParagraph);
      gone_[i] |= line && is_pointer_line(text) && (facts_[i].linked > 0 || !ends_sentence(text));
      if (element.kind != Kind::kParagraph) continue;
      gone_[i] |= line && linked && (is_shouted(text) || !ends_sentence(text));
      gone_[i] |= line && facts_[i].linked > 0 && is_site_line(text);
    }
  }

  // Dates, bylines, sections, buttons.
  void drop_head() {
    std::size_t before = 0;
    for (std::size_t i = 0; i < first_; ++i)
      before += gone_[i] || is_kind(all_[i], {Kind::kFigure, Kind::kCaption}) ? 0 : all_[i].text.size();
    if (double(before) > kHeadShare * double(bytes_) && before > 600) return;
    for (std::size_t i = 0; i < first_; ++i) {
      const Element& element = all_[i];
      if (!is_kind(element, {Kind::kParagraph, Kind::kListItem})) continue;
      gone_[i] |= element.text.size() <= kLineBytes && (!ends_sentence(element.text) || is_site_line(element.text));
    }
  }

  void drop_tail() {
    std::size_t after = 0;
    for (std::size_t i = last_ + 1; i < all_.size(); ++i) {
      if (!gone_[i] && link_share(i) < 0.8 && is_kind(all_[i], {Kind::kParagraph, Kind::kListItem})) {
        after += all_[i].text.size();
      }
    }
    const bool is_tail = after < kTailBytes || double(after) < kTailShare * double(bytes_);
    for (std::size_t i = last_ + 1; i < all_.size(); ++i) {
      const Element& element = all_[i];
      if (!is_kind(element, {Kind::kParagraph, Kind::kListItem})) continue;
      const std::string_view text = element.text;
      gone_[i] |= is_site_line(text) && (is_tail || element.kind == Kind::kParagraph);
      if (!is_tail) continue;
      gone_[i] |= link_share(i) >= 0.8;
      gone_[i] |= text.size() <= kLineBytes && element.kind == Kind::kParagraph && !ends_sentence(text);
    }
  }

  // A title with nothing below it headed what is gone.
  void drop_empty_titles() {
    bool empty = true;
    for (std::size_t i = all_.size(); i-- > 0;) {
      if (gone_[i]) continue;
      const Element& element = all_[i];
      if (element.kind == Kind::kTitle) {
        if (empty && i > first_) gone_[i] = 1;
        continue;
      }
      empty = false;
    }
  }

  std::vector<Element>& all_;
  std::vector<BlockFacts> facts_;
  std::vector<std::uint8_t> gone_;
  std::size_t first_ = 0, last_ = 0;  // running text
  std::size_t bytes_ = 0;
};

}  // namespace

void tidy_article(const std::vector<BlockFacts>& facts, Document& document) { Article(facts, document).tidy(); }

}  // namespace millpond::extract
