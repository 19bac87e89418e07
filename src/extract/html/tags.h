#pragma once
// The tags and attributes that matter to extraction, and what each tag does to the tree.

#include <cstdint>
#include <string_view>

namespace millpond::extract {

// clang-format off
#define MILLPOND_HTML_TAGS(X) \
  X(a) X(abbr) X(acronym) X(address) X(annotation) X(applet) X(area) X(article) X(aside) X(audio) X(b) X(base) \
  X(bdi) X(bdo) X(big) X(blockquote) X(body) X(br) X(button) X(canvas) X(caption) X(center) X(cite) X(code) X(col) \
  X(colgroup) X(data) X(datalist) X(dd) X(del) X(details) X(desc) X(dfn) X(dialog) X(dir) X(div) X(dl) X(dt) X(em) \
  X(embed) X(fieldset) X(figcaption) X(figure) X(font) X(footer) X(foreignobject) X(form) X(frame) X(frameset) \
  X(h1) X(h2) X(h3) X(h4) X(h5) X(h6) X(head) X(header) X(hgroup) X(hr) X(html) X(i) X(iframe) X(img) X(input) \
  X(ins) X(kbd) X(label) X(legend) X(li) X(link) X(listing) X(main) X(map) X(mark) X(marquee) X(math) X(menu) \
  X(meta) X(meter) X(mi) X(mn) X(mo) X(ms) X(mtext) X(nav) X(nobr) X(noembed) X(noframes) X(noscript) X(object) \
  X(ol) X(optgroup) X(option) X(output) X(p) X(param) X(picture) X(plaintext) X(pre) X(progress) X(q) X(rb) X(rp) \
  X(rt) X(rtc) X(ruby) X(s) X(samp) X(script) X(search) X(section) X(select) X(semantics) X(small) X(source) X(span) \
  X(strike) X(strong) X(style) X(sub) X(summary) X(sup) X(svg) X(table) X(tbody) X(td) X(template) X(textarea) \
  X(tfoot) X(th) X(thead) X(time) X(title) X(tr) X(track) X(tt) X(u) X(ul) X(var) X(video) X(wbr) X(xmp)

#define MILLPOND_HTML_ATTRIBUTES(X) \
  X(alt) X(alttext) X(align) X(charset) X(class_, "class") X(colspan) X(content) X(datetime) X(display) X(encoding) \
  X(hidden) X(height) X(href) X(http_equiv, "http-equiv") X(id) X(itemprop) X(lang) X(name) X(property) X(rel) \
  X(reversed) X(role) X(rowspan) X(src) X(start) X(style) X(type) X(value) X(width) X(aria_hidden, "aria-hidden") X(xml_lang, "xml:lang")
// clang-format on

enum class Tag : std::uint8_t {
  kNone,  ///< the document itself
  kText,
  kUnknown,
#define X(name) k_##name,
  MILLPOND_HTML_TAGS(X)
#undef X
      kCount
};

enum class Attr : std::uint8_t {
  kOther,
#define X(name, ...) k_##name,
  MILLPOND_HTML_ATTRIBUTES(X)
#undef X
};

/// Case-insensitive. kUnknown for tags that are not listed.
Tag tag_from_name(std::string_view name);
/// Case-insensitive. kOther for attributes that nobody asks for; they are not stored.
Attr attribute_from_name(std::string_view name);

/// What a tag does; a set of these.
enum TagTrait : std::uint16_t {
  kVoid = 1,        ///< has no content
  kBlock = 2,       ///< starts a new line of text
  kClosesP = 4,     ///< ends an open <p>
  kSpecial = 8,     ///< an unmatched end tag does not reach beyond it
  kScope = 16,      ///< a barrier: end tags inside do not close what is outside
  kRaw = 32,        ///< text until its own end tag, without markup
  kInHead = 64,     ///< may stand in <head>
  kBreakout = 128,  ///< ends open <svg> and <math>
  kCellPart = 256,  ///< table, tbody, tr …: white space and stray text inside are not cells
};
unsigned traits(Tag tag);
inline bool is(Tag tag, unsigned any_of) { return (traits(tag) & any_of) != 0; }

}  // namespace millpond::extract
