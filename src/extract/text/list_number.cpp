#include "extract/text/list_number.h"

#include <utility>

namespace millpond::extract {

std::string roman_number(int value) {
  if (value < 1 || value > 3999) return std::to_string(value);
  static constexpr std::pair<int, const char*> kDigits[] = {
      {1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"},
      {40, "xl"},  {10, "x"},   {9, "ix"},  {5, "v"},    {4, "iv"},  {1, "i"}};
  std::string out;
  for (const auto& [worth, digits] : kDigits) {
    for (; value >= worth; value -= worth) out += digits;
  }
  return out;
}

}  // namespace millpond::extract
