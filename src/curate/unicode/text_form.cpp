#include "curate/unicode/text_form.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <initializer_list>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "curate/heuristics/char_kinds.h"
#include "curate/words/char_classes.h"

namespace millpond::curate {
namespace {

/// Of the bytes 0x80 to 0x9F; 0: none, which stay as they are.
constexpr std::array<char32_t, 32> kWindows1252 = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                   0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                                   0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                   0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

struct Ligature {
  char32_t from;
  const char32_t* to;
};
constexpr std::array<Ligature, 20> kLigatures = {
    {{0x132, U"IJ"},  {0x133, U"ij"},      {0x149, U"\u02BCn"}, {0x1F1, U"DZ"},      {0x1F2, U"Dz"},
     {0x1F3, U"dz"},  {0x1C4, U"D\u017D"}, {0x1C5, U"D\u017E"}, {0x1C6, U"d\u017E"}, {0x1C7, U"LJ"},
     {0x1C8, U"Lj"},  {0x1C9, U"lj"},      {0x1CA, U"NJ"},      {0x1CB, U"Nj"},      {0x1CC, U"nj"},
     {0xFB00, U"ff"}, {0xFB01, U"fi"},     {0xFB02, U"fl"},     {0xFB03, U"ffi"},    {0xFB04, U"ffl"}}};

std::string utf8(const std::u32string& text) {
  std::string bytes;
  icu::UnicodeString::fromUTF32(reinterpret_cast<const UChar32*>(text.data()), static_cast<std::int32_t>(text.size()))
      .toUTF8String(bytes);
  return bytes;
}

bool in(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }

bool is_control(char32_t c) {
  return c <= 0x08 || c == 0x0B || in(c, 0x0E, 0x1F) || c == 0x7F || in(c, 0x206A, 0x206F) || c == 0xFEFF ||
         in(c, 0xFFF9, 0xFFFC);
}

/// Blanks and hyphens that have no width; with `all`, joiners and marks of direction as well.
bool is_zero_width(char32_t c, bool all) {
  if (c == 0x200B || c == 0x2060 || c == 0xFEFF || c == 0xAD || c == 0x180E) return true;
  return all && (in(c, 0x200C, 0x200F) || in(c, 0x202A, 0x202E) || in(c, 0x2061, 0x2064) || in(c, 0x2066, 0x2069));
}

/// One step of ftfy on a single character. A carriage return before a line feed is seen to elsewhere.
std::u32string step(const TextFormRules& rules, int number, char32_t c) {
  switch (number) {
    case 0:
      if (rules.c1_controls && in(c, 0x80, 0x9F) && kWindows1252[c - 0x80] != 0) return {kWindows1252[c - 0x80]};
      break;
    case 1:
      if (!rules.ligatures) break;
      for (const Ligature& each : kLigatures) {
        if (each.from == c) return each.to;
      }
      if (c == 0xFB05) return U"\u017Ft";
      if (c == 0xFB06) return U"st";
      break;
    case 2:
      if (!rules.width) break;
      if (c == 0x3000) return U" ";
      if (in(c, 0xFF01, 0xFFEF)) {
        UErrorCode failed = U_ZERO_ERROR;
        const auto* nfkc = icu::Normalizer2::getNFKCInstance(failed);
        if (U_FAILURE(failed)) break;
        const icu::UnicodeString wide = nfkc->normalize(icu::UnicodeString(static_cast<UChar32>(c)), failed);
        std::u32string out;
        for (std::int32_t i = 0; i < wide.length(); i = wide.moveIndex32(i, 1)) {
          out += static_cast<char32_t>(wide.char32At(i));
        }
        return out;
      }
      break;
    case 3:
      if (rules.straight_quotes && in(c, 0x201C, 0x201F)) return U"\"";
      if (rules.straight_quotes && (in(c, 0x2018, 0x201B) || c == 0x02BC)) return U"'";
      break;
    case 4:
      if (rules.line_breaks && (c == '\r' || c == 0x2028 || c == 0x2029 || c == 0x85)) return U"\n";
      break;
    case 5:
      if (rules.controls && is_control(c)) return {};
      break;
    default:
      if (rules.zero_width != TextFormRules::ZeroWidth::kKeep &&
          is_zero_width(c, rules.zero_width == TextFormRules::ZeroWidth::kAll)) {
        return {};
      }
  }
  return {c};
}

std::u32string all_steps(const TextFormRules& rules, char32_t c) {
  std::u32string now = {c};
  for (int number = 0; number <= 6; ++number) {
    std::u32string next;
    for (const char32_t each : now) next += step(rules, number, each);
    now = std::move(next);
  }
  return now;
}

/// The end of an escape sequence of terminals that begins at `at`, or `at`.
std::size_t escape_end(std::string_view text, std::size_t at) {
  if (text[at] != '\x1b' || at + 1 >= text.size() || text[at + 1] != '[') return at;
  std::size_t end = at + 2;
  while (end < text.size() && ((text[end] >= '0' && text[end] <= '9') || text[end] == ';')) ++end;
  const bool letter = end < text.size() && static_cast<unsigned char>((text[end] | 32) - 'a') < 26;
  return letter ? end + 1 : at;
}

}  // namespace

struct TextForm::Normalizer {
  const icu::Normalizer2* icu = nullptr;
};

TextForm::TextForm(const TextFormRules& rules) : rules_(rules), replaced_(0x10000) {
  for (char32_t c = 0; c < 0x10000; ++c) {
    if (in(c, 0xD800, 0xDFFF)) continue;
    if (std::u32string to = all_steps(rules, c); to.size() != 1 || to[0] != c) replace(c, utf8(to));
  }
  for (std::size_t c = 0; c < ascii_plain_.size(); ++c) ascii_plain_[c] = !replaced_[c];
  if (rules.terminal_escapes) ascii_plain_['\x1b'] = false;
}

TextForm::~TextForm() = default;

void TextForm::replace(char32_t from, std::string to) {
  replaced_[from] = true;
  replacements_.emplace(from, std::move(to));
}

Result<std::unique_ptr<TextForm>> TextForm::make(const TextFormRules& rules) {
  auto form = std::unique_ptr<TextForm>(new TextForm(rules));
  form->normalizer_ = std::make_unique<Normalizer>();
  UErrorCode failed = U_ZERO_ERROR;
  switch (rules.form) {
    case TextFormRules::Form::kNone: break;
    case TextFormRules::Form::kNfc: form->normalizer_->icu = icu::Normalizer2::getNFCInstance(failed); break;
    case TextFormRules::Form::kNfd: form->normalizer_->icu = icu::Normalizer2::getNFDInstance(failed); break;
    case TextFormRules::Form::kNfkc: form->normalizer_->icu = icu::Normalizer2::getNFKCInstance(failed); break;
    case TextFormRules::Form::kNfkd: form->normalizer_->icu = icu::Normalizer2::getNFKDInstance(failed); break;
  }
  if (U_FAILURE(failed)) return internal("ICU has no such normal form: ", u_errorName(failed));
  return form;
}

/// The end of the run of characters from `at` on that are ASCII and stay.
std::size_t TextForm::plain_end(std::string_view text, std::size_t at) const {
#if defined(__SSE2__)
  // From the blank on, but for delete; also the line feed and the tab, which always stay.
  const __m128i blank = _mm_set1_epi8(0x1F), del = _mm_set1_epi8(0x7F);
  const __m128i feed = _mm_set1_epi8('\n'), tab = _mm_set1_epi8('\t');
  for (; at + 16 <= text.size(); at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    // Signed: bytes from 0x80 on are below the blank.
    const __m128i usual = _mm_andnot_si128(_mm_cmpeq_epi8(bytes, del), _mm_cmpgt_epi8(bytes, blank));
    const __m128i stays = _mm_or_si128(usual, _mm_or_si128(_mm_cmpeq_epi8(bytes, feed), _mm_cmpeq_epi8(bytes, tab)));
    if (_mm_movemask_epi8(stays) != 0xFFFF) break;
  }
#endif
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80 &&
         ascii_plain_[static_cast<unsigned char>(text[at])]) {
    ++at;
  }
  return at;
}

/// False if nothing is different; otherwise the text is in `mapped_`.
bool TextForm::map_characters(std::string_view text) {
  std::size_t copied = 0;
  bool changed = false;
  const auto put = [&](std::size_t begin, std::size_t end, std::string_view instead) {
    if (!changed) mapped_.clear();
    changed = true;
    mapped_.append(text, copied, begin - copied);
    mapped_ += instead;
    copied = end;
  };
  for (std::size_t at = 0; at < text.size();) {
    at = plain_end(text, at);
    if (at >= text.size()) break;
    const std::size_t begin = at;
    if (rules_.terminal_escapes) {
      if (const std::size_t end = escape_end(text, at); end > at) {
        put(begin, at = end, "");
        continue;
      }
    }
    const char32_t c = decode(text, at);
    if (c >= replaced_.size() || !replaced_[c]) continue;
    if (c == '\r' && at < text.size() && text[at] == '\n') ++at;
    put(begin, at, replacements_.find(c)->second);
  }
  if (changed) mapped_.append(text, copied);
  return changed;
}

Status TextForm::normalize(std::string_view& text) {
  if (normalizer_->icu == nullptr) return {};
  // What is ASCII has every form.
  std::size_t at = 0;
  while (at + 8 <= text.size() && (load_bytes(text.data() + at) & kEachTop) == 0) at += 8;
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  if (at == text.size()) return {};
  // The last ASCII character may take a mark that follows.
  const std::size_t begin = at > 0 ? at - 1 : 0;
  const icu::StringPiece rest(text.data() + begin, static_cast<std::int32_t>(text.size() - begin));
  UErrorCode failed = U_ZERO_ERROR;
  if (normalizer_->icu->isNormalizedUTF8(rest, failed) && U_SUCCESS(failed)) return {};
  failed = U_ZERO_ERROR;
  normal_.assign(text, 0, begin);
  icu::StringByteSink<std::string> sink(&normal_);
  normalizer_->icu->normalizeUTF8(0, rest, sink, nullptr, failed);
  if (U_FAILURE(failed)) return internal("ICU could not normalize a text: ", u_errorName(failed));
  text = normal_;
  return {};
}

/// Runs of white space as one blank, none at the ends: of the text, or of each line; then at most one empty line.
void TextForm::join_white_space(std::string_view text) {
  const CharKinds& kinds = CharKinds::get();
  const bool lines = rules_.white_space == TextFormRules::WhiteSpace::kLines;
  joined_.clear();
  bool gap = false;
  std::size_t breaks = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = decode(text, at);
    if (lines && c == '\n') {
      gap = false;
      if (++breaks <= 2) joined_ += '\n';
      continue;
    }
    if (kinds.of(c) & kBlank) {
      gap = true;
      continue;
    }
    if (gap && !joined_.empty() && (!lines || joined_.back() != '\n')) joined_ += ' ';
    gap = false, breaks = 0;
    joined_.append(text, begin, at - begin);
  }
}

Result<std::string_view> TextForm::apply(std::string_view text) {
  if (text.size() > INT32_MAX) return invalid("a text may have 2 GiB to be normalized: ", text.size());
  if (map_characters(text)) text = mapped_;
  MP_TRY(normalize(text));
  if (rules_.white_space == TextFormRules::WhiteSpace::kKeep) return text;
  join_white_space(text);
  return joined_ == text ? text : std::string_view(joined_);
}

}  // namespace millpond::curate
