#include "extract/html/tags.h"

#include <array>
#include <cstddef>

#include "extract/html/name_table.h"

namespace millpond::extract {
namespace {

constexpr auto make_tags() {
  NameTable<512> table;
#define X(name) table.add(#name, std::uint8_t(Tag::k_##name));
  MILLPOND_HTML_TAGS(X)
#undef X
  return table;
}

constexpr std::string_view spelling(std::string_view own, std::string_view given = {}) {
  return given.empty() ? own : given;
}
constexpr auto make_attributes() {
  NameTable<128> table;
#define X(name, ...) table.add(spelling(#name __VA_OPT__(, ) __VA_ARGS__), std::uint8_t(Attr::k_##name));
  MILLPOND_HTML_ATTRIBUTES(X)
#undef X
  return table;
}

using TraitTable = std::array<std::uint16_t, std::size_t(Tag::kCount)>;

template <class... Tags>
constexpr void mark(TraitTable& table, unsigned trait, Tags... tags) {
  ((table[std::size_t(tags)] = std::uint16_t(table[std::size_t(tags)] | trait)), ...);
}

constexpr TraitTable make_traits() {
  using enum Tag;
  TraitTable t{};
  mark(t, kVoid, k_area, k_base, k_br, k_col, k_embed, k_frame, k_hr, k_img, k_input, k_link, k_meta, k_param, k_source,
       k_track, k_wbr);
  mark(t, kBlock | kClosesP | kSpecial, k_address, k_article, k_aside, k_blockquote, k_center, k_details, k_dialog,
       k_dir, k_div, k_dl, k_fieldset, k_figcaption, k_figure, k_footer, k_form, k_h1, k_h2, k_h3, k_h4, k_h5, k_h6,
       k_header, k_hgroup, k_hr, k_li, k_dd, k_dt, k_listing, k_main, k_menu, k_nav, k_ol, k_p, k_plaintext, k_pre,
       k_search, k_section, k_summary, k_table, k_ul, k_xmp);
  mark(t, kBlock | kSpecial, k_body, k_caption, k_html, k_tbody, k_td, k_tfoot, k_th, k_thead, k_tr, k_option,
       k_optgroup, k_legend, k_frameset, k_noframes);
  mark(t, kSpecial, k_applet, k_button, k_marquee, k_object, k_select, k_template, k_textarea, k_title, k_iframe,
       k_noscript, k_foreignobject);
  mark(t, kScope, k_applet, k_caption, k_html, k_marquee, k_object, k_table, k_td, k_template, k_th, k_foreignobject,
       k_body);
  mark(t, kRaw, k_iframe, k_noembed, k_noframes, k_script, k_style, k_textarea, k_title, k_xmp, k_plaintext);
  mark(t, kInHead, k_base, k_link, k_meta, k_noscript, k_script, k_style, k_template, k_title);
  mark(t, kBreakout, k_b, k_big, k_blockquote, k_body, k_br, k_center, k_code, k_dd, k_div, k_dl, k_dt, k_em, k_embed,
       k_h1, k_h2, k_h3, k_h4, k_h5, k_h6, k_head, k_hr, k_i, k_img, k_li, k_listing, k_menu, k_meta, k_nobr, k_ol, k_p,
       k_pre, k_ruby, k_s, k_small, k_span, k_strong, k_strike, k_sub, k_sup, k_table, k_tt, k_u, k_ul, k_var);
  mark(t, kCellPart, k_table, k_tbody, k_thead, k_tfoot, k_tr, k_colgroup);
  return t;
}

constexpr auto kTags = make_tags();
constexpr auto kAttributes = make_attributes();
constexpr TraitTable kTraits = make_traits();

}  // namespace

Tag tag_from_name(std::string_view name) { return Tag(kTags.find(name, std::uint8_t(Tag::kUnknown))); }
Attr attribute_from_name(std::string_view name) { return Attr(kAttributes.find(name, 0)); }
unsigned traits(Tag tag) { return kTraits[std::size_t(tag)]; }

}  // namespace millpond::extract
