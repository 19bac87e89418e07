#include "extract/office/cell_date.h"

#include <cmath>
#include <cstdint>
#include <cstdio>

namespace millpond::extract {

bool is_date_format(int id) { return (id >= 14 && id <= 22) || (id >= 45 && id <= 47); }

bool is_date_format(std::string_view code) {
  bool quoted = false, bracket = false;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const char c = code[i];
    if (c == '"') quoted = !quoted;
    if (c == '\\' || c == '_' || c == '*') ++i;
    if (c == '[') bracket = true;
    if (c == ']') bracket = false;
    if (!quoted && !bracket && (c == 'd' || c == 'y' || c == 'h' || c == 'D' || c == 'Y' || c == 'H')) return true;
  }
  return false;
}

std::string date_of_days(double days, bool from_1904) {
  if (!(days >= 0) || days > 2'958'466) return {};
  if (from_1904) days += 1462;
  auto seconds = static_cast<std::int64_t>(std::llround((days - std::floor(days)) * 86'400));
  auto day = static_cast<std::int64_t>(std::floor(days)) + seconds / 86'400;
  seconds %= 86'400;
  char text[64];
  const int h = static_cast<int>(seconds / 3600), m = static_cast<int>(seconds / 60 % 60),
            s = static_cast<int>(seconds % 60);
  if (day == 0) {
    std::snprintf(text, sizeof text, "%02d:%02d:%02d", h, m, s);
    return text;
  }
  if (day < 60) ++day;  // the 29th of February 1900, which never was
  // Days since the 30th of December 1899 to a civil date, in eras of 400 years that begin in March.
  const std::int64_t z = day - 25'569 + 719'468, era = z / 146'097, of_era = z - era * 146'097;
  const std::int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_slot = (5 * of_year + 2) / 153;
  const int d = static_cast<int>(of_year - (153 * month_slot + 2) / 5 + 1);
  const int month = static_cast<int>(month_slot < 10 ? month_slot + 3 : month_slot - 9);
  const int year = static_cast<int>(year_of_era + era * 400 + (month <= 2 ? 1 : 0));
  if (seconds == 0) {
    std::snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, d);
  } else {
    std::snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d", year, month, d, h, m, s);
  }
  return text;
}

}  // namespace millpond::extract
