// What the formulas of a page are made of, glyph by glyph: 12 bytes a glyph, and a bar where the alphabet is none.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

#include "extract/pdf/formula_tree.h"

namespace {

using namespace millpond::extract::pdf;

constexpr char32_t kCodes[] = {'a',    'x',    'n',    '1',    '2',    '=',    '+',    '(',     ')',    '[',
                               '{',    '}',    '|',    '.',    ',',    0x2211, 0x222B, 0x221A,  0x239B, 0x239D,
                               0x239E, 0x23A0, 0x23A7, 0x23A8, 0x23A9, 0x23AA, 0x23D0, 0x2032,  0x338,  0x2192,
                               0x2C6,  0x3B1,  0,      0xB7,   'l',    'i',    'm',    0x1D465, 0x2016, 0x27E8};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<FormulaGlyph> glyphs;
  std::vector<Ruling> bars;
  for (std::size_t at = 0; at + 12 <= size && glyphs.size() < 300; at += 12) {
    const std::uint8_t* b = data + at;
    const auto word = [&](std::size_t i) { return static_cast<float>(b[i] | b[i + 1] << 8) / 64; };
    const float x = word(2), y = word(4), width = static_cast<float>(b[6]) / 8, height = static_cast<float>(b[7]) / 4;
    if (b[1] % 13 == 12) {
      bars.push_back({y, x, x + width});
      continue;
    }
    const float size_pt = static_cast<float>(b[8]) / 8;
    glyphs.push_back({kCodes[b[0] % std::size(kCodes)],
                      static_cast<Alphabet>(b[1] % 13),
                      {x, y - height, x + width, y},
                      y - static_cast<float>(b[9]) / 16,
                      size_pt,
                      0});
  }
  (void)formula_tex(glyphs, bars);
  return 0;
}
