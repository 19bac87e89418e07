#include "model/text_encoder/char_kinds.h"

#include <unicode/uchar.h>

namespace millpond::model {

int reference_type(char32_t cp) {
  constexpr int kLastVersion = 8;
  UVersionInfo age;
  u_charAge(static_cast<UChar32>(cp), age);
  return age[0] > kLastVersion ? int{U_UNASSIGNED} : int{u_charType(static_cast<UChar32>(cp))};
}

bool reference_punct(char32_t cp) {
  if (cp < 0x80)
    return (cp >= 33 && cp <= 47) || (cp >= 58 && cp <= 64) || (cp >= 91 && cp <= 96) || (cp >= 123 && cp <= 126);
  return (U_MASK(reference_type(cp)) & U_GC_P_MASK) != 0;
}

CharKinds::CharKinds() : kinds_(0x110000, 0) {
  for (UChar32 cp = 0; cp < 0x110000; ++cp) {
    const std::uint32_t mask = U_MASK(u_charType(cp));
    std::uint8_t kind = 0;
    if (mask & U_GC_L_MASK) kind |= kLetter;
    if (mask & U_GC_N_MASK) kind |= kNumber;
    if (mask & U_GC_P_MASK) kind |= kPunct;
    if (mask & U_GC_S_MASK) kind |= kSymbol;
    if (mask & U_GC_M_MASK) kind |= kMark;
    if (mask & U_GC_PC_MASK) kind |= kWordExtra;
    if (u_isUWhiteSpace(cp)) kind |= kSpace;
    kinds_[static_cast<std::size_t>(cp)] = kind;
  }
}

}  // namespace millpond::model
