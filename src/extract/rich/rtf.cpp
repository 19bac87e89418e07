// Rich Text Format.

#include "millpond/extract/rtf.h"

#include <algorithm>
#include <map>

#include "extract/document_builder.h"
#include "extract/rich/rtf_token.h"
#include "extract/text/clean.h"
#include "extract/text/encoding.h"

namespace millpond::extract {
namespace {

/// Where the text of a group goes.
enum class Into : unsigned char { kBody, kNowhere, kStyle, kFonts, kInfo, kField, kFootnote, kListMark };

std::string_view encoding_of(int code_page) {
  switch (code_page) {
    case 437: return "ibm437";
    case 850: return "ibm850";
    case 874: return "windows-874";
    case 932: return "shift_jis";
    case 936: return "gbk";
    case 949: return "euc-kr";
    case 950: return "big5";
    case 1250: return "windows-1250";
    case 1251: return "windows-1251";
    case 1253: return "windows-1253";
    case 1254: return "windows-1254";
    case 1255: return "windows-1255";
    case 1256: return "windows-1256";
    case 1257: return "windows-1257";
    case 1258: return "windows-1258";
    case 10000: return "macintosh";
    default: return "windows-1252";
  }
}

int code_page_of(int charset) {
  static constexpr std::pair<int, int> kPages[] = {{77, 10000}, {128, 932},  {129, 949},  {134, 936},  {136, 950},
                                                   {161, 1253}, {162, 1254}, {163, 1258}, {177, 1255}, {178, 1256},
                                                   {186, 1257}, {204, 1251}, {222, 874},  {238, 1250}};
  for (const auto& [from, to] : kPages) {
    if (from == charset) return to;
  }
  return 0;
}

class Rtf {
 public:
  Rtf(const Limits& limits, DocumentBuilder& out) : limits_(limits), out_(out) {}

  Status read(std::string_view rest) {
    while (true) {
      const RtfToken token = next_rtf_token(rest);
      if (token.kind == RtfToken::Kind::kEnd) break;
      if (token.kind != RtfToken::Kind::kByte) flush_bytes();
      switch (token.kind) {
        case RtfToken::Kind::kOpen:
          if (static_cast<int>(groups_.size()) >= limits_.depth) {
            return exhausted("groups are nested deeper than the limit of ", limits_.depth);
          }
          groups_.push_back(groups_.back());
          groups_.back().opens = false;
          fresh_ = true;
          continue;
        case RtfToken::Kind::kClose: close(); break;
        case RtfToken::Kind::kWord: word(token); break;
        case RtfToken::Kind::kByte: byte(token.byte); break;
        case RtfToken::Kind::kText: text(token.text); break;
        case RtfToken::Kind::kEnd: break;
      }
      if (token.text != "*") fresh_ = false;
      MP_TRY(out_.status());
      if (static_cast<std::int64_t>(text_.size()) > limits_.output_bytes) return exhausted("text is too long");
    }
    flush_bytes();
    end_paragraph();
    end_table();
    return out_.status();
  }

 private:
  struct Group {
    Into into = Into::kBody;
    bool opens = false;  ///< this group began the destination
    bool hidden = false;
    int skip = 1;  ///< characters after \u that old readers show
    int font = -1;
  };
  struct Paragraph {
    int style = 0, outline = -1, list_level = 0;
    int left = 0;  ///< twips
    bool hanging = false, listed = false, in_table = false;
  };
  struct Style {
    int level = 0;  ///< of a heading
    bool code = false, caption = false;
  };

  void begin(Into into) {
    groups_.back().into = into;
    groups_.back().opens = true;
    if (into == Into::kFootnote) {
      outer_text_.push_back(std::move(text_));
      text_.clear();
    } else if (into != Into::kBody) {
      side_.clear();
    }
  }

  void close() {
    if (groups_.size() == 1) return;
    const Group group = groups_.back();
    groups_.pop_back();
    to_skip_ = 0;
    if (!group.opens) {
      if (group.into == Into::kFonts) font_ = -1;
      if (group.into == Into::kStyle) end_style();
      if (group.into == Into::kInfo) end_info();
      return;
    }
    if (group.into == Into::kField) end_info();
    if (group.into == Into::kListMark) {
      mark_ = clean(side_);
      paragraph_.listed = true;
    }
    if (group.into == Into::kFootnote && !outer_text_.empty()) {
      notes_.push_back(clean(text_));
      text_ = std::move(outer_text_.back());
      outer_text_.pop_back();
    }
    side_.clear();
  }

  void end_style() {
    std::string name = clean(side_);
    if (name.ends_with(';')) name.pop_back();
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    Style style;
    if (name.starts_with("heading ") && name.size() == 9 && name[8] >= '1' && name[8] <= '9')
      style.level = name[8] - '0';
    if (name == "title") style.level = 1;
    if (name.find("preformatted") != name.npos || name.find("source code") != name.npos) style.code = true;
    if (name == "caption") style.caption = true;
    if (style.level == 0 && style_outline_ >= 0 && style_outline_ < 9) style.level = style_outline_ + 1;
    if (style.level > 0 || style.code || style.caption) styles_[style_] = style;
    side_.clear();
    style_ = 0;
    style_outline_ = -1;
  }

  void end_info() {
    if (info_.empty()) return;
    if (info_ == "title")
      out_.document.title = clean(side_);
    else
      out_.metadata(info_ == "doccomm" ? "description" : info_, side_);
    info_ = {};
    side_.clear();
  }

  bool destination(std::string_view name) {
    static constexpr std::string_view kSkipped[] = {"colortbl",
                                                    "pict",
                                                    "header",
                                                    "footer",
                                                    "headerl",
                                                    "headerr",
                                                    "headerf",
                                                    "footerl",
                                                    "footerr",
                                                    "footerf",
                                                    "objdata",
                                                    "fldinst",
                                                    "datafield",
                                                    "themedata",
                                                    "datastore",
                                                    "listtable",
                                                    "listoverridetable",
                                                    "rsidtbl",
                                                    "generator",
                                                    "xmlnstbl",
                                                    "latentstyles",
                                                    "revtbl",
                                                    "nonshppict",
                                                    "sp",
                                                    "bkmkstart",
                                                    "bkmkend",
                                                    "atnid",
                                                    "atnauthor",
                                                    "annotation",
                                                    "filetbl",
                                                    "pntxta",
                                                    "pntxtb",
                                                    "pnseclvl",
                                                    "tc",
                                                    "xe",
                                                    "nesttableprops",
                                                    "listpicture",
                                                    "wgrffmtfilter",
                                                    "colorschememapping",
                                                    "mmathPr",
                                                    "background",
                                                    "ftnsep",
                                                    "ftnsepc"};
    if (std::find(std::begin(kSkipped), std::end(kSkipped), name) != std::end(kSkipped)) {
      begin(Into::kNowhere);
    } else if (name == "stylesheet") {
      begin(Into::kStyle);
    } else if (name == "fonttbl") {
      begin(Into::kFonts);
    } else if (name == "info") {
      begin(Into::kInfo);
    } else if (name == "footnote") {
      begin(Into::kFootnote);
    } else if (name == "listtext" || name == "pntext") {
      begin(Into::kListMark);
    } else if (starred_ && name != "shpinst" && name != "shptxt" && name != "cs") {
      begin(Into::kNowhere);
    } else {
      return false;
    }
    return true;
  }

  void word(const RtfToken& token) {
    const std::string_view name = token.text;
    if (name == "*") {
      starred_ = fresh_;
      return;
    }
    const bool fresh = fresh_ || starred_;
    const Into into = groups_.back().into;
    if (into == Into::kNowhere) {
      starred_ = false;
      return;
    }
    if (into == Into::kInfo && fresh) {
      static constexpr std::string_view kFields[] = {"title", "author", "subject", "keywords", "doccomm", "company"};
      const auto* found = std::find(std::begin(kFields), std::end(kFields), name);
      if (found != std::end(kFields)) {
        begin(Into::kField);
        info_ = *found;
      }
      starred_ = false;
      return;
    }
    if (into == Into::kStyle && fresh && name == "cs") groups_.back().into = Into::kNowhere;
    if (fresh && into != Into::kStyle && into != Into::kFonts && destination(name)) {
      starred_ = false;
      return;
    }
    starred_ = false;
    if (into == Into::kStyle && name == "s") style_ = token.number;
    if (into == Into::kStyle && name == "outlinelevel") style_outline_ = token.number;
    if (into == Into::kFonts && name == "f") font_ = token.number;
    if (into == Into::kFonts && name == "fcharset") fonts_[font_] = code_page_of(token.number);
    if (!character(token)) layout(token);
  }

  /// Words that stand for a character, or change how characters are read.
  bool character(const RtfToken& token) {
    const std::string_view name = token.text;
    static constexpr std::pair<std::string_view, std::string_view> kCharacters[] = {{"emdash", "\u2014"},
                                                                                    {"endash", "\u2013"},
                                                                                    {"bullet", "\u2022"},
                                                                                    {"lquote", "\u2018"},
                                                                                    {"rquote", "\u2019"},
                                                                                    {"ldblquote", "\u201C"},
                                                                                    {"rdblquote", "\u201D"},
                                                                                    {"tab", " "},
                                                                                    {"line", "\n"},
                                                                                    {"~", "\u00A0"},
                                                                                    {"_", "\u2011"},
                                                                                    {"\\", "\\"},
                                                                                    {"{", "{"},
                                                                                    {"}", "}"},
                                                                                    {"emspace", " "},
                                                                                    {"enspace", " "}};
    for (const auto& [word, character] : kCharacters) {
      if (word != name) continue;
      append(character);
      return true;
    }
    if (name == "u" && token.has_number) {
      unicode(token.number);
    } else if (name == "uc") {
      groups_.back().skip = std::clamp(token.number, 0, 16);
    } else if (name == "f") {
      groups_.back().font = token.number;
    } else if (name == "v") {
      groups_.back().hidden = !token.has_number || token.number != 0;
    } else if (name == "deleted") {
      groups_.back().hidden = !token.has_number || token.number != 0;
    } else if (name == "plain") {
      groups_.back().hidden = false;
    } else if (name == "ansicpg") {
      code_page_ = token.number;
    } else if (name == "mac") {
      code_page_ = 10000;
    } else if (name == "chftn") {
      append("*");
    } else {
      return false;
    }
    return true;
  }

  void layout(const RtfToken& token) {
    if (groups_.back().into != Into::kBody) {
      if (token.text == "par") append(" ");
      return;
    }
    const std::string_view name = token.text;
    if (name == "par" || name == "sect" || name == "page") {
      end_paragraph();
    } else if (name == "pard") {
      paragraph_ = {};
    } else if (name == "s") {
      paragraph_.style = token.number;
    } else if (name == "outlinelevel") {
      paragraph_.outline = token.number;
    } else if (name == "ls") {
      paragraph_.listed = true;
    } else if (name == "ilvl") {
      paragraph_.list_level = std::clamp(token.number, 0, 8);
    } else if (name == "li") {
      paragraph_.left = token.number;
    } else if (name == "fi") {
      paragraph_.hanging = token.number < 0;
    } else if (name == "intbl") {
      paragraph_.in_table = true;
    } else if (name == "trhdr") {
      head_rows_ = rows_.empty() ? 1 : head_rows_;
    } else if (name == "cell" || name == "nestcell") {
      end_cell();
    } else if (name == "row") {
      if (!cells_.empty()) rows_.push_back(std::move(cells_));
      cells_.clear();
    } else if (name == "trowd") {
      cells_.clear();
    }
  }

  void unicode(int number) {
    const auto unit = static_cast<char32_t>(number < 0 ? number + 65536 : number);
    if (unit >= 0xD800 && unit < 0xDC00) {
      high_ = unit;
    } else {
      std::string text;
      const bool pair = unit >= 0xDC00 && unit < 0xE000 && high_ != 0;
      append_code_point(text, pair ? 0x10000 + ((high_ - 0xD800) << 10) + (unit - 0xDC00) : unit);
      high_ = 0;
      append(text);
    }
    to_skip_ = groups_.back().skip;
  }

  void byte(unsigned char value) {
    if (to_skip_ > 0) {
      --to_skip_;
      return;
    }
    bytes_ += static_cast<char>(value);
  }

  void flush_bytes() {
    if (bytes_.empty()) return;
    const auto font = fonts_.find(groups_.back().into == Into::kFonts ? font_ : groups_.back().font);
    const int page = font == fonts_.end() || font->second == 0 ? code_page_ : font->second;
    Decoded decoded;
    decode_text(bytes_, encoding_of(page), decoded);
    append(decoded.text);
    bytes_.clear();
  }

  void text(std::string_view run) {
    const std::size_t skipped = std::min(run.size(), static_cast<std::size_t>(to_skip_));
    to_skip_ -= static_cast<int>(skipped);
    run.remove_prefix(skipped);
    if (run.empty()) return;
    if (valid_utf8_prefix(run) == run.size()) return append(run);
    bytes_ = run;  // bytes above 127 are not RTF, but are found
    flush_bytes();
  }

  void append(std::string_view text) {
    const Group& group = groups_.back();
    if (group.into == Into::kNowhere || group.hidden) return;
    (group.into == Into::kBody || group.into == Into::kFootnote ? text_ : side_) += text;
  }

  void end_cell() {
    cells_.push_back(clean(text_));
    text_.clear();
    mark_.clear();
  }

  void end_paragraph() {
    if (groups_.back().into == Into::kFootnote) {
      text_ += ' ';
      return;
    }
    if (paragraph_.in_table) {
      text_ += ' ';
      return;
    }
    end_table();
    const auto found = styles_.find(paragraph_.style);
    const Style style = found == styles_.end() ? Style() : found->second;
    const bool outlined = paragraph_.outline >= 0 && paragraph_.outline < 9;
    const bool numbered = (mark_.ends_with('.') || mark_.ends_with(')')) && static_cast<unsigned char>(mark_[0]) < 0x80;
    if (paragraph_.hanging && mark_.empty()) take_typed_mark();
    const std::string text = numbered ? mark_ + " " + text_ : text_;
    const bool empty = text_.find_first_not_of(" \n\t") == text_.npos;
    if (!empty && (style.level > 0 || outlined)) {
      out_.title(style.level > 0 ? style.level : paragraph_.outline + 1, text);
    } else if (!empty && (paragraph_.listed || !mark_.empty())) {
      out_.item(paragraph_.list_level + 1, text);
    } else if (style.code) {
      out_.code(text);
    } else {
      out_.add_lines(style.caption ? ElementKind::kCaption : ElementKind::kParagraph, text);
    }
    text_.clear();
    mark_.clear();
    for (const std::string& note : notes_) out_.add(ElementKind::kFootnote, note);
    notes_.clear();
  }

  /// Lists whose bullets are text: the deeper the indentation, the deeper the level.
  void take_typed_mark() {
    static constexpr std::string_view kBullets[] = {"\u2022", "\u25E6", "\u25AA", "\u2013", "\u00B7", "-"};
    bool found = false;
    for (const std::string_view bullet : kBullets) {
      if (!text_.starts_with(std::string(bullet) + " ")) continue;
      text_.erase(0, bullet.size());
      found = true;
      break;
    }
    const std::size_t digits = text_.find_first_not_of("0123456789");
    found = found || (digits > 0 && digits < 4 && text_.size() > digits + 1 && text_[digits + 1] == ' ' &&
                      (text_[digits] == '.' || text_[digits] == ')'));
    if (!found) return;
    paragraph_.listed = true;
    while (!indents_.empty() && indents_.back() >= paragraph_.left) indents_.pop_back();
    indents_.push_back(paragraph_.left);
    paragraph_.list_level = static_cast<int>(indents_.size()) - 1;
  }

  void end_table() {
    if (!cells_.empty()) rows_.push_back(std::move(cells_));
    cells_.clear();
    if (rows_.empty()) return;
    out_.table(rows_, head_rows_);
    rows_.clear();
    head_rows_ = 0;
  }

  const Limits& limits_;
  DocumentBuilder& out_;
  std::vector<Group> groups_{Group{}};
  std::map<int, Style> styles_;
  std::map<int, int> fonts_;  // → code page, 0 for that of the file
  Paragraph paragraph_;
  std::string text_, side_, bytes_, mark_;
  std::string_view info_;
  std::vector<std::string> outer_text_, notes_, cells_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<int> indents_;  // of the lists around
  int head_rows_ = 0, code_page_ = 1252, to_skip_ = 0, style_ = 0, style_outline_ = -1, font_ = -1;
  char32_t high_ = 0;
  bool fresh_ = false;    // right behind an opening brace
  bool starred_ = false;  // right behind \*
};

}  // namespace

Result<Document> parse_rtf(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  if (!bytes.starts_with("{\\rtf")) return invalid("not RTF: it does not begin with {\\rtf");
  DocumentBuilder out(limits);
  Rtf rtf(limits, out);
  MP_TRY(rtf.read(bytes));
  return out.finish();
}

}  // namespace millpond::extract
