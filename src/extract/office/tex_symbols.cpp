#include "extract/office/tex_symbols.h"

#include <algorithm>
#include <iterator>

#include "extract/text/clean.h"

namespace millpond::extract {
namespace {

struct Symbol {
  std::uint32_t point;
  const char* tex;
};

constexpr Symbol kSymbols[] = {
    {0x00A0, " "},
    {0x00AC, "\\neg"},
    {0x00B0, "^{\\circ}"},
    {0x00B1, "\\pm"},
    {0x00B7, "\\cdot"},
    {0x00D7, "\\times"},
    {0x00F7, "\\div"},
    {0x0393, "\\Gamma"},
    {0x0394, "\\Delta"},
    {0x0398, "\\Theta"},
    {0x039B, "\\Lambda"},
    {0x039E, "\\Xi"},
    {0x03A0, "\\Pi"},
    {0x03A3, "\\Sigma"},
    {0x03A5, "\\Upsilon"},
    {0x03A6, "\\Phi"},
    {0x03A8, "\\Psi"},
    {0x03A9, "\\Omega"},
    {0x03B1, "\\alpha"},
    {0x03B2, "\\beta"},
    {0x03B3, "\\gamma"},
    {0x03B4, "\\delta"},
    {0x03B5, "\\varepsilon"},
    {0x03B6, "\\zeta"},
    {0x03B7, "\\eta"},
    {0x03B8, "\\theta"},
    {0x03B9, "\\iota"},
    {0x03BA, "\\kappa"},
    {0x03BB, "\\lambda"},
    {0x03BC, "\\mu"},
    {0x03BD, "\\nu"},
    {0x03BE, "\\xi"},
    {0x03BF, "o"},
    {0x03C0, "\\pi"},
    {0x03C1, "\\rho"},
    {0x03C2, "\\varsigma"},
    {0x03C3, "\\sigma"},
    {0x03C4, "\\tau"},
    {0x03C5, "\\upsilon"},
    {0x03C6, "\\varphi"},
    {0x03C7, "\\chi"},
    {0x03C8, "\\psi"},
    {0x03C9, "\\omega"},
    {0x03D1, "\\vartheta"},
    {0x03D5, "\\phi"},
    {0x03D6, "\\varpi"},
    {0x03F1, "\\varrho"},
    {0x03F5, "\\epsilon"},
    {0x2009, " "},
    {0x2010, "-"},
    {0x2011, "-"},
    {0x2013, "-"},
    {0x2016, "\\|"},
    {0x2026, "\\ldots"},
    {0x2032, "'"},
    {0x2033, "''"},
    {0x210E, "h"},
    {0x210F, "\\hbar"},
    {0x2111, "\\Im"},
    {0x2113, "\\ell"},
    {0x2115, "\\mathbb{N}"},
    {0x211A, "\\mathbb{Q}"},
    {0x211C, "\\Re"},
    {0x211D, "\\mathbb{R}"},
    {0x2124, "\\mathbb{Z}"},
    {0x2102, "\\mathbb{C}"},
    {0x2135, "\\aleph"},
    {0x2190, "\\leftarrow"},
    {0x2191, "\\uparrow"},
    {0x2192, "\\rightarrow"},
    {0x2193, "\\downarrow"},
    {0x2194, "\\leftrightarrow"},
    {0x21A6, "\\mapsto"},
    {0x21D0, "\\Leftarrow"},
    {0x21D2, "\\Rightarrow"},
    {0x21D4, "\\Leftrightarrow"},
    {0x2200, "\\forall"},
    {0x2202, "\\partial"},
    {0x2203, "\\exists"},
    {0x2204, "\\nexists"},
    {0x2205, "\\emptyset"},
    {0x2206, "\\Delta"},
    {0x2207, "\\nabla"},
    {0x2208, "\\in"},
    {0x2209, "\\notin"},
    {0x220B, "\\ni"},
    {0x220F, "\\prod"},
    {0x2210, "\\coprod"},
    {0x2211, "\\sum"},
    {0x2212, "-"},
    {0x2213, "\\mp"},
    {0x2217, "*"},
    {0x2218, "\\circ"},
    {0x2219, "\\cdot"},
    {0x221A, "\\surd"},
    {0x221D, "\\propto"},
    {0x221E, "\\infty"},
    {0x2220, "\\angle"},
    {0x2223, "|"},
    {0x2225, "\\parallel"},
    {0x2227, "\\wedge"},
    {0x2228, "\\vee"},
    {0x2229, "\\cap"},
    {0x222A, "\\cup"},
    {0x222B, "\\int"},
    {0x222C, "\\iint"},
    {0x222D, "\\iiint"},
    {0x222E, "\\oint"},
    {0x222F, "\\oiint"},
    {0x2230, "\\oiiint"},
    {0x2234, "\\therefore"},
    {0x2235, "\\because"},
    {0x223C, "\\sim"},
    {0x2243, "\\simeq"},
    {0x2245, "\\cong"},
    {0x2248, "\\approx"},
    {0x2260, "\\neq"},
    {0x2261, "\\equiv"},
    {0x2264, "\\leq"},
    {0x2265, "\\geq"},
    {0x226A, "\\ll"},
    {0x226B, "\\gg"},
    {0x2282, "\\subset"},
    {0x2283, "\\supset"},
    {0x2286, "\\subseteq"},
    {0x2287, "\\supseteq"},
    {0x2295, "\\oplus"},
    {0x2297, "\\otimes"},
    {0x22A2, "\\vdash"},
    {0x22A5, "\\perp"},
    {0x22C0, "\\bigwedge"},
    {0x22C1, "\\bigvee"},
    {0x22C2, "\\bigcap"},
    {0x22C3, "\\bigcup"},
    {0x22C5, "\\cdot"},
    {0x22EE, "\\vdots"},
    {0x22EF, "\\cdots"},
    {0x22F1, "\\ddots"},
    {0x2308, "\\lceil"},
    {0x2309, "\\rceil"},
    {0x230A, "\\lfloor"},
    {0x230B, "\\rfloor"},
    {0x27E8, "\\langle"},
    {0x27E9, "\\rangle"},
    {0x2A01, "\\bigoplus"},
    {0x2A02, "\\bigotimes"},
    {0x2A7D, "\\leqslant"},
    {0x2A7E, "\\geqslant"},
};

constexpr std::string_view kFunctions[] = {"arccos", "arcsin", "arctan", "arg", "cos",  "cosh", "cot",    "coth",
                                           "csc",    "deg",    "det",    "dim", "exp",  "gcd",  "hom",    "inf",
                                           "ker",    "lg",     "lim",    "ln",  "log",  "max",  "liminf", "min",
                                           "Pr",     "limsup", "sec",    "sin", "sinh", "sup",  "tan",    "tanh"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_alphanumeric(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }

bool ends_with_command(std::string_view out) {
  std::size_t end = out.size();
  while (end > 0 && is_letter(out[end - 1])) --end;
  return end < out.size() && end > 0 && out[end - 1] == '\\';
}

// The plain letter or digit of the styled alphabets (bold, italic, script); 0 for anything else.
char plain_letter(std::uint32_t point) {
  if (point >= 0x1D400 && point < 0x1D6A4) {
    const std::uint32_t letter = (point - 0x1D400) % 52;
    return char(letter < 26 ? 'A' + letter : 'a' + (letter - 26));
  }
  if (point >= 0x1D7CE && point < 0x1D800) return char('0' + (point - 0x1D7CE) % 10);
  return 0;
}

// The code point at `at`, which moves behind it. Broken bytes count one by one.
std::uint32_t next_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return std::uint32_t(static_cast<unsigned char>(text[i])); };
  const std::uint32_t first = byte(at);
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (length == 1 || first < 0xC0 || at + length > text.size()) return ++at, first < 0x80 ? first : 0xFFFD;
  std::uint32_t point = first & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) point = point << 6 | (byte(at + i) & 0x3F);
  at += length;
  return point;
}

}  // namespace

void append_tex(std::string& out, std::string_view piece) {
  if (piece.empty()) return;
  if (is_letter(piece[0]) && ends_with_command(out)) {
    out += ' ';
  } else if (is_letter(piece[0]) && out.size() > 1 && out.back() == ' ' && is_letter(out[out.size() - 2])) {
    out.pop_back();
    if (!ends_with_command(out)) out += '\\';  // TeX drops bare blanks between words
    out += ' ';
  }
  if (piece.size() > 1 && piece[0] == ' ' && is_letter(piece[1])) {
    out += ' ';
    return append_tex(out, piece.substr(1));
  }
  out += piece;
}

void append_tex_symbol(std::string& out, std::uint32_t point) {
  if (const char plain = plain_letter(point)) return append_tex(out, std::string_view(&plain, 1));
  const Symbol* const found = std::find_if(std::begin(kSymbols), std::end(kSymbols),
                                           [&](const Symbol& symbol) { return symbol.point == point; });
  if (found != std::end(kSymbols)) return append_tex(out, found->tex);
  if (point == '\\') return append_tex(out, "\\backslash");
  if (point == '{' || point == '}' || point == '#' || point == '%' || point == '$' || point == '&') out += '\\';
  std::string character;
  append_code_point(character, point);
  append_tex(out, character);
}

std::string tex_of_symbols(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t point = next_point(text, at);
    const bool script = point == '^' || point == '_';
    if (script && (at >= text.size() || !is_alphanumeric(text[at])))
      append_tex(out, point == '^' ? "\\wedge" : "\\_");
    else if (point == '\n' || point == '\t')
      out += ' ';
    else
      append_tex_symbol(out, point);
  }
  return out;
}

std::string tex_function(std::string_view name) {
  if (std::find(std::begin(kFunctions), std::end(kFunctions), name) != std::end(kFunctions))
    return "\\" + std::string(name);
  return "\\operatorname{" + std::string(name) + "}";
}

std::string tex_text(std::string_view text) {
  std::string out = "\\text{";
  for (const char c : text) {
    if (std::string_view("{}#%$&_").find(c) != std::string_view::npos) out += '\\';
    out += c == '\\' ? '/' : c;
  }
  return out + "}";
}

}  // namespace millpond::extract
