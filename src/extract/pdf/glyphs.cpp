#include "extract/pdf/glyphs.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "extract/pdf/characters.h"
#include "extract/pdf/drawn_bullets.h"
#include "extract/pdf/links.h"

namespace millpond::extract::pdf {
namespace {

// A gap wider than this ends a run: word spaces of justified text are narrower, gutters between columns wider.
constexpr float kRunGapEm = 1.0f;
// Superscripts and subscripts stay within this of the line that they belong to.
constexpr float kBaselineShiftEm = 0.55f;
// Those of fractions and second exponents in a line of text.
constexpr float kScriptShiftEm = 0.95f;
constexpr char32_t kRadical = 0x221A;
constexpr char32_t kSlash = 0x338, kMapsTo = 0x21A6, kArrow = 0x2192;
constexpr float kAscentEm = 0.78f, kDescentEm = 0.22f;

/// One character as PDFium gives it, in the coordinates of the page as it is stored.
struct Glyph {
  char32_t code = 0;                     // 0: not for the text
  char32_t symbol = 0;                   // what a formula has for it
  float x0 = 0, y0 = 0, x1 = 0, y1 = 0;  // y upwards
  float origin_x = 0, origin_y = 0;
  int type = -1;  // index of its type; -1 for the spaces and line ends that PDFium adds
};

/// Type setting of consecutive characters.
struct TypeSetting {
  Style style;
  float dx = 1, dy = 0;  // direction of reading, y upwards
  Alphabet alphabet = Alphabet::kRoman;
};

Box box_of(const Glyph& g, const Turn& turn) {
  float ax, ay, bx, by;
  turn.apply(g.x0, g.y0, ax, ay);
  turn.apply(g.x1, g.y1, bx, by);
  return {std::min(ax, bx), std::min(ay, by), std::max(ax, bx), std::max(ay, by)};
}

/// Clockwise quarter turns of the page that make text of this direction read from left to right; -1 if it is slanted.
int quarters_of(const TypeSetting& type) {
  constexpr float kSlant = 0.1f;
  const float along = std::abs(type.dx), across = std::abs(type.dy);
  if (across <= kSlant * along) return type.dx > 0 ? 0 : 2;
  if (along <= kSlant * across) return type.dy > 0 ? 1 : 3;
  return -1;
}

struct RawPage {
  std::vector<Glyph> glyphs;
  std::vector<TypeSetting> types;
  bool formulas = false;  // has a font for them
};

/// Joins the glyphs of a page into runs.
class RunMaker {
 public:
  RunMaker(const RawPage& raw, const Turn& turn, Page& page) : raw_(raw), turn_(turn), page_(page) {}

  void make() {
    for (const Glyph& glyph : raw_.glyphs) {
      if (glyph.type < 0 || is_space(glyph.code)) {
        if (accent_.code != 0) add(std::exchange(accent_, {}));
        space_ = true;
      } else if (glyph.code == 0) {
        add(glyph);
      } else {
        take(glyph);
      }
    }
    if (accent_.code != 0) add(accent_);
    finish();
  }

 private:
  void take(const Glyph& glyph) {
    if (accent_.code != 0) {
      const Glyph accent = std::exchange(accent_, {});
      if (belongs_to(accent, glyph)) {
        add(glyph);
        if (open_) record(accent);
        if (open_) append_utf8(run_.text, accent.code == kSlash ? kSlash : combining_form(accent.code));
        last_code_ = 0;
        return;
      }
      add(accent);
    }
    const bool above_last = open_ && !space_ && is_letter(last_code_);
    if (glyph.code == kSlash || (!above_last && combining_form(glyph.code) != 0 && !is_combining(glyph.code)))
      accent_ = glyph;
    else
      add(glyph);
  }

  void add(const Glyph& glyph) {
    const TypeSetting& type = raw_.types[static_cast<std::size_t>(glyph.type)];
    const Box box = box_of(glyph, turn_);
    if (box.x1 < 0 || box.y1 < 0 || box.x0 > page_.width || box.y0 > page_.height) return;  // cropped away
    float x, baseline;
    turn_.apply(glyph.origin_x, glyph.origin_y, x, baseline);
    // Operators and tall brackets hang from their origin; they stand in the middle of their line.
    if (type.alphabet == Alphabet::kExtension || glyph.symbol == kRadical)
      baseline = (box.y0 + box.y1) / 2 + 0.25f * type.style.size;
    const bool upright = ((quarters_of(type) + 4 - turn_.quarters) & 3) == 0 && quarters_of(type) >= 0;
    const bool attached = is_combining(glyph.code) && open_ && box.x0 < last_.x1 && box.x1 > last_.x0;
    if (attached) {
      record(glyph);
      append_utf8(run_.text, glyph.code);
      return;
    }
    if (glyph.code != 0 && combine_below(glyph, box)) return;
    if (open_ && last_code_ == kMapsTo && glyph.code == kArrow) return record(glyph);  // drawn in two pieces
    if (open_ && !continues(box, baseline, type.style.size, upright, is_rtl(glyph.code))) finish();
    if (!open_) begin(baseline, upright);
    append(glyph.code == 0 ? 0 : spacing_form(glyph.code), box, baseline, type.style);
    record(glyph);
    last_code_ = glyph.code;
  }

  // TeX sets an accent, and then the letter below it; a stroke, and then what it goes through.
  bool belongs_to(const Glyph& accent, const Glyph& glyph) const {
    if (accent.code == kSlash) return true;
    const Box above = box_of(accent, turn_), box = box_of(glyph, turn_);
    const float middle = (above.x0 + above.x1) / 2, slack = 0.1f * (box.x1 - box.x0);
    return is_letter(glyph.code) && middle > box.x0 - slack && middle < box.x1 + 2 * slack;
  }

  // Or the letter, and then the accent above it.
  bool combine_below(const Glyph& glyph, const Box& box) {
    const char32_t mark = open_ && !space_ && run_.upright && is_letter(last_code_) ? combining_form(glyph.code) : 0;
    const float middle = (box.x0 + box.x1) / 2;
    if (mark == 0 || middle < last_.x0 || middle > last_.x1 + 0.3f * last_size_) return false;
    record(glyph);
    append_utf8(run_.text, mark);
    last_code_ = 0;
    return true;
  }

  // PDFium sees a space between a letter and its index where there is none.
  bool is_script_gap(const Box& box, const Style& style) const {
    const float em = std::max(style.size, last_size_);
    return std::min(style.size, last_size_) < 0.85f * em && box.x0 - last_.x1 < 0.12f * em;
  }

  /// Small type of a formula, whose exponents have exponents and whose fractions have two lines.
  bool is_script(const Box& box, float baseline, float size) const {
    if (size >= 0.87f * size_max_ || std::abs(baseline - main_baseline_) > kScriptShiftEm * size_max_) return false;
    if (box.x0 < run_.box.x0 || box.x0 < last_.x0 - 8 * size) return false;
    if (box.x0 < last_.x1 + 0.6f * size) return true;
    if (box.x0 > last_.x1 + 8 * size) return false;
    return std::any_of(page_.rulings.bars.begin(), page_.rulings.bars.end(), [&](const Ruling& bar) {
      return bar.from > last_.x1 - 1 && bar.from < last_.x1 + size && bar.to > box.x1 - 1 && bar.at > box.y0 - size &&
             bar.at < box.y1 + size;
    });
  }

  bool continues(const Box& box, float baseline, float size, bool upright, bool rtl) const {
    if (upright != run_.upright) return false;
    if (!upright) return std::abs(box.y0 - last_.y0) + std::abs(box.x0 - last_.x0) < 3 * std::max(size, last_size_);
    const float em = std::max(size, last_size_);
    if (raw_.formulas && is_script(box, baseline, size)) return true;
    if (std::abs(baseline - main_baseline_) > kBaselineShiftEm * em) return false;
    const float gap = rtl ? std::max(last_.x0 - box.x1, box.x0 - last_.x1) : box.x0 - last_.x1;
    if (gap > kRunGapEm * em || (!rtl && page_.rulings.parts(last_.x1, box.x0, baseline - 0.3f * em))) return false;
    return rtl || box.x0 > last_.x0 - 0.6f * em;
  }

  // Keeps a glyph of the run at hand for the formulas of the page.
  void record(const Glyph& glyph) {
    if (!raw_.formulas) return;
    const TypeSetting& type = raw_.types[static_cast<std::size_t>(glyph.type)];
    float x, baseline;
    turn_.apply(glyph.origin_x, glyph.origin_y, x, baseline);
    page_.glyphs.push_back(
        {glyph.symbol, type.alphabet, box_of(glyph, turn_), baseline, type.style.size, last_offset_});
    run_.glyphs_end = static_cast<std::uint32_t>(page_.glyphs.size());
  }

  void begin(float baseline, bool upright) {
    run_ = {};
    run_.glyphs_begin = run_.glyphs_end = static_cast<std::uint32_t>(page_.glyphs.size());
    run_.upright = upright;
    main_baseline_ = baseline;
    size_ = {};
    size_max_ = 0;
    open_ = true;
    space_ = false;
  }

  void append(char32_t code, const Box& box, float baseline, const Style& style) {
    if (space_ && run_.upright && run_.chars > 0 && is_script_gap(box, style)) space_ = false;
    if (space_ && !run_.text.empty() && code != 0) {
      run_.text += ' ';
      run_.words.push_back({run_.text.size(), box.x0});
    }
    space_ = space_ && code == 0;
    last_offset_ = static_cast<std::uint32_t>(run_.text.size());
    if (code != 0) append_utf8(run_.text, is_line_hyphen(code) ? '-' : code);
    if (style.size > size_max_) {
      size_max_ = style.size;
      main_baseline_ = baseline;
    }
    const Box full = run_.upright ? Box{box.x0, std::min(box.y0, baseline - kAscentEm * style.size), box.x1,
                                        std::max(box.y1, baseline + kDescentEm * style.size)}
                                  : box;
    run_.box = run_.chars == 0 ? full
                               : Box{std::min(run_.box.x0, full.x0), std::min(run_.box.y0, full.y0),
                                     std::max(run_.box.x1, full.x1), std::max(run_.box.y1, full.y1)};
    ++run_.chars;
    size_.vote(style.size, 1);
    run_.bold_chars += style.bold;
    run_.italic_chars += style.italic;
    run_.mono_chars += style.mono;
    last_ = box;
    last_size_ = style.size;
  }

  void finish() {
    if (open_ && run_.chars > 0) {
      run_.baseline = main_baseline_;
      run_.size = size_.winner;
      page_.runs.push_back(std::move(run_));
    }
    open_ = false;
    space_ = false;
  }

  const RawPage& raw_;
  const Turn& turn_;
  Page& page_;
  Run run_;
  SizeVote size_;
  float size_max_ = 0;
  Box last_;
  float last_size_ = 0, main_baseline_ = 0;
  bool open_ = false, space_ = false;
  char32_t last_code_ = 0;
  Glyph accent_;  // waits for its letter
  std::uint32_t last_offset_ = 0;
};

/// Whether PDFium put a blank there that is not in the file.
bool is_added(const Pdfium& api, TextHandle* text, int index) {
  double left = 0, right = 0, bottom = 0, top = 0;
  api.Text_GetCharBox(text, index, &left, &right, &bottom, &top);
  return right - left < 0.01;
}

/// The characters whose middle is in the box, in the order of the file.
std::string text_within(const RawPage& raw, const Rect& box) {
  constexpr std::size_t kBytesMax = 2000;
  std::string text;
  bool space = false;
  for (const Glyph& glyph : raw.glyphs) {
    if (glyph.type < 0) {
      space = true;
      continue;
    }
    const float x = (glyph.x0 + glyph.x1) / 2, y = (glyph.y0 + glyph.y1) / 2;
    if (glyph.code == 0 || x < box.left || x > box.right || y < box.bottom || y > box.top) continue;
    if (is_space(glyph.code)) {
      space = true;
      continue;
    }
    if (space && !text.empty()) text += ' ';
    space = false;
    append_utf8(text, glyph.code);
    if (text.size() > kBytesMax) break;
  }
  return text;
}

/// The direction in which most characters of the page read.
int main_quarters(const RawPage& raw) {
  std::size_t counts[4] = {};
  for (const Glyph& glyph : raw.glyphs) {
    if (glyph.type < 0) continue;
    const int quarters = quarters_of(raw.types[static_cast<std::size_t>(glyph.type)]);
    if (quarters >= 0) ++counts[quarters];
  }
  return static_cast<int>(std::max_element(counts, counts + 4) - counts);
}

bool has_word(std::string_view name, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view w) { return name.find(w) != name.npos; });
}

}  // namespace

PageReader::Face PageReader::face_of(ObjectHandle* object) {
  FontHandle* font = api_.TextObj_GetFont(object);
  if (!font) return {};
  if (const auto found = faces_.find(font); found != faces_.end()) return found->second;
  char buffer[128] = {};
  api_.Font_GetBaseFontName(font, buffer, sizeof buffer);
  buffer[sizeof buffer - 1] = '\0';
  std::string name(buffer);
  if (const std::size_t plus = name.find('+'); plus == 6) name.erase(0, 7);  // tag of an embedded subset
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return c < 128 ? std::tolower(c) : c; });
  const int flags = api_.Font_GetFlags(font);
  Face face{};
  face.tex = tex_font(name);
  face.bold = (flags & kFlagForceBold) != 0 || api_.Font_GetWeight(font) >= 600 ||
              has_word(name, {"bold", "black", "heavy", "demi", "cmbx", "sfbx", "-medi"});
  face.italic = (flags & kFlagItalic) != 0 || has_word(name, {"italic", "oblique", "cmti"});
  face.mono = (flags & kFlagFixedPitch) != 0 ||
              has_word(name, {"mono", "courier", "typewriter", "cmtt", "sftt", "consol", "menlo", "fixed"});
  if (with_formulas_) face.alphabet = formula_alphabet(name);
  if (face.alphabet == Alphabet::kRoman) {
    face.alphabet = face.mono     ? Alphabet::kMono
                    : face.italic ? Alphabet::kTextItalic
                    : face.bold   ? Alphabet::kBold
                                  : Alphabet::kRoman;
  }
  faces_.emplace(font, face);
  return face;
}

Box Page::displayed(const Box& read) const {
  Box b = read;
  if (skew != 0) {
    const float angle = skew * 3.14159265f / 180, c = std::cos(angle), s = std::sin(angle);
    const float x = (read.x0 + read.x1 - width) / 2, y = (read.y0 + read.y1 - height) / 2;
    const float right = c * x - s * y - x, down = s * x + c * y - y;
    b = {b.x0 + right, b.y0 + down, b.x1 + right, b.y1 + down};
  }
  switch (turned) {
    case 1: return {b.y0, width - b.x1, b.y1, width - b.x0};
    case 2: return {width - b.x1, height - b.y1, width - b.x0, height - b.y0};
    case 3: return {height - b.y1, b.x0, height - b.y0, b.x1};
    default: return b;
  }
}

Result<Page> PageReader::read(int index) {
  faces_.clear();
  const Owned<PageHandle> page(api_._LoadPage(document_, index), Close{&api_});
  if (!page) return invalid("the page cannot be read").hint("The file may be damaged.");
  Turn turn;
  if (!api_._GetPageBoundingBox(page.get(), &turn.bounds)) return invalid("the page has no size");
  const Owned<TextHandle> text(api_.Text_LoadPage(page.get()), Close{&api_});
  if (!text) return invalid("the page's text cannot be read");

  RawPage raw;
  const int count = api_.Text_CountChars(text.get());
  raw.glyphs.reserve(static_cast<std::size_t>(std::max(0, count)));
  ObjectHandle* object = nullptr;
  TexFont object_tex = TexFont::kNone;  // of `object`
  for (int i = 0; i < count; ++i) {
    Glyph glyph;
    const unsigned reported = api_.Text_GetUnicode(text.get(), i);
    glyph.code = clean_code(reported);
    ObjectHandle* owner = nullptr;
    // Fonts of formulas have glyphs at the codes of blanks, too.
    if (reported < 0x80 && (raw.formulas || (reported != ' ' && reported != '\r' && reported != '\n'))) {
      owner = api_.Text_GetTextObject(text.get(), i);
      const TexFont tex = owner == nullptr ? TexFont::kNone : owner == object ? object_tex : face_of(owner).tex;
      const bool blank = glyph.code == ' ';
      if (tex != TexFont::kNone && !(blank && is_added(api_, text.get(), i))) glyph.code = tex_symbol(tex, reported);
    }
    if (glyph.code >= 0xD800 && glyph.code < 0xDC00 && i + 1 < count) {
      const char32_t low = api_.Text_GetUnicode(text.get(), ++i);
      glyph.code = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((glyph.code - 0xD800) << 10) + (low - 0xDC00) : 0;
    }
    if (glyph.code == 0) {
      owner = api_.Text_GetTextObject(text.get(), i);
      if (!owner || !is_formula_font(face_of(owner).alphabet)) continue;
    }
    if (!owner && !is_space(glyph.code)) owner = api_.Text_GetTextObject(text.get(), i);
    if (!owner && is_space(glyph.code)) {
      raw.glyphs.push_back(glyph);
      continue;
    }
    if (owner != object || raw.types.empty()) {
      object = owner;
      Matrix m{1, 0, 0, 1, 0, 0};
      api_.Text_GetMatrix(text.get(), i, &m);
      const Face face = owner ? face_of(owner) : Face{};
      object_tex = face.tex;
      const auto size = static_cast<float>(api_.Text_GetFontSize(text.get(), i)) * std::hypot(m.c, m.d);
      raw.types.push_back({{size, face.bold, face.italic, face.mono}, m.a, m.b, face.alphabet});
      raw.formulas = raw.formulas || is_formula_font(face.alphabet);
    }
    glyph.type = static_cast<int>(raw.types.size()) - 1;
    glyph.symbol = formula_code(raw.types.back().alphabet, reported, glyph.code);
    double left = 0, right = 0, bottom = 0, top = 0, x = 0, y = 0;
    api_.Text_GetCharBox(text.get(), i, &left, &right, &bottom, &top);
    api_.Text_GetCharOrigin(text.get(), i, &x, &y);
    glyph.x0 = static_cast<float>(left), glyph.x1 = static_cast<float>(right);
    glyph.y0 = static_cast<float>(bottom), glyph.y1 = static_cast<float>(top);
    glyph.origin_x = static_cast<float>(x), glyph.origin_y = static_cast<float>(y);
    raw.glyphs.push_back(glyph);
  }

  if (links_ != nullptr) {
    const auto text_in = [&](const Rect& box) { return text_within(raw, box); };
    read_links(api_, document_, page.get(), index + 1, text_in, *links_);
  }

  // A table set sideways on an upright page is read as if the page were turned.
  turn.quarters = main_quarters(raw);
  Page result;
  result.number = index + 1;
  result.width = turn.bounds.right - turn.bounds.left;
  result.height = turn.bounds.top - turn.bounds.bottom;
  if (turn.quarters & 1) std::swap(result.width, result.height);
  if (!raw.types.empty()) result.turned = (turn.quarters - api_.Page_GetRotation(page.get())) & 3;
  result.rulings = read_rulings(api_, page.get(), turn, raw.formulas);
  RunMaker(raw, turn, result).make();
  if (!result.rulings.marks.empty()) set_drawn_bullets(result);
  return result;
}

}  // namespace millpond::extract::pdf
