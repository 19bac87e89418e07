// Dates, as they are written in seven languages and in numbers.

#include <algorithm>
#include <array>
#include <initializer_list>

#include "curate/enrich/entity_rules.h"

namespace millpond::curate {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0; }

struct MonthName {
  std::string_view lower;
  int month;
};

/// In lower case (of ASCII); the longest that fits is taken.
constexpr MonthName kMonths[] = {
    {"january", 1},    {"jan", 1},       {"januar", 1},    {"janvier", 1},    {"enero", 1},     {"gennaio", 1},
    {"janeiro", 1},    {"januari", 1},   {"february", 2},  {"feb", 2},        {"februar", 2},   {"f\u00E9vrier", 2},
    {"febrero", 2},    {"febbraio", 2},  {"fevereiro", 2}, {"februari", 2},   {"march", 3},     {"mar", 3},
    {"m\u00E4rz", 3},  {"mars", 3},      {"marzo", 3},     {"mar\u00E7o", 3}, {"maart", 3},     {"april", 4},
    {"apr", 4},        {"avril", 4},     {"abril", 4},     {"aprile", 4},     {"may", 5},       {"mai", 5},
    {"mayo", 5},       {"maggio", 5},    {"maio", 5},      {"mei", 5},        {"june", 6},      {"jun", 6},
    {"juni", 6},       {"juin", 6},      {"junio", 6},     {"giugno", 6},     {"junho", 6},     {"july", 7},
    {"jul", 7},        {"juli", 7},      {"juillet", 7},   {"julio", 7},      {"luglio", 7},    {"julho", 7},
    {"august", 8},     {"aug", 8},       {"ao\u00FBt", 8}, {"agosto", 8},     {"augustus", 8},  {"september", 9},
    {"sept", 9},       {"sep", 9},       {"septembre", 9}, {"septiembre", 9}, {"settembre", 9}, {"setembro", 9},
    {"october", 10},   {"oct", 10},      {"oktober", 10},  {"okt", 10},       {"octobre", 10},  {"octubre", 10},
    {"ottobre", 10},   {"outubro", 10},  {"november", 11}, {"nov", 11},       {"novembre", 11}, {"noviembre", 11},
    {"novembro", 11},  {"december", 12}, {"dec", 12},      {"dezember", 12},  {"dez", 12},      {"d\u00E9cembre", 12},
    {"diciembre", 12}, {"dicembre", 12}, {"dezembro", 12}};

struct Place {
  std::string_view text;
  std::uint32_t at = 0;

  char peek(std::uint32_t ahead = 0) const { return at + ahead < text.size() ? text[at + ahead] : '\0'; }
  bool skip(std::string_view what) {
    if (!text.substr(at).starts_with(what)) return false;
    at += static_cast<std::uint32_t>(what.size());
    return true;
  }
  /// The first of them that stands here.
  bool skip_any(std::initializer_list<std::string_view> any) {
    return std::any_of(any.begin(), any.end(), [this](std::string_view what) { return skip(what); });
  }
  /// Blanks and line breaks, a few.
  bool blanks() {
    constexpr std::uint32_t kMost = 4;
    const std::uint32_t from = at;
    while (at - from < kMost && skip_any({" ", "\n", "\u00A0"})) continue;
    return at > from;
  }
  /// A number of exactly `least` to `most` digits; -1 if it is none.
  int number(int least, int most) {
    int value = 0, digits = 0;
    while (is_digit(peek(static_cast<std::uint32_t>(digits))) && digits <= most) {
      value = value * 10 + (peek(static_cast<std::uint32_t>(digits)) - '0');
      ++digits;
    }
    if (digits < least || digits > most) return -1;
    at += static_cast<std::uint32_t>(digits);
    return value;
  }
  /// The name of a month, which a full stop may shorten; 0 if it is none.
  int month() {
    std::uint32_t end = at;
    while (end < text.size() && is_letter(text[end])) ++end;
    if (end - at < 3 || end - at > 12) return 0;
    std::string lower(text.substr(at, end - at));
    const bool capital = lower[0] >= 'A' && lower[0] <= 'Z';
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    for (const MonthName& name : kMonths) {
      if (name.lower != lower) continue;
      // In lower case these are words: may, mar; other languages do not shorten by three letters without a stop.
      if (!capital && (lower.size() == 3 || lower == "march" || lower == "mars") && lower != "mai" && lower != "mei") {
        return 0;
      }
      at = end;
      if (lower.size() <= 4 && peek() == '.' && lower != "may" && lower != "june" && lower != "july") ++at;
      return name.month;
    }
    return 0;
  }
};

int days_of(int month, int year) {
  constexpr std::array<int, 12> kDays{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12) return 0;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && year > 0 && !leap ? 28 : kDays[static_cast<std::size_t>(month - 1)];
}

bool valid(int year, int month, int day) {
  return (year == 0 || (year >= 1000 && year <= 2999)) && month >= 1 && month <= 12 && day >= 1 &&
         day <= days_of(month, year);
}

std::string digits(int value, std::size_t width) {
  std::string text = std::to_string(value);
  return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

std::string written(int year, int month, int day) {
  std::string value = year > 0 ? digits(year, 4) : "-";
  value += "-" + digits(month, 2);
  if (day > 0) value += "-" + digits(day, 2);
  return value;
}

bool ends_here(const Place& place) { return !is_digit(place.peek()) && !is_letter(place.peek()); }

/// A year behind a day and month: 4 digits, after blanks or a comma. 0: none; the place stays.
int year_after(Place& place) {
  Place ahead = place;
  const bool comma = ahead.skip(",");
  if (!ahead.blanks() && !comma) return 0;
  ahead.skip_any({"de ", "del "});
  const int year = ahead.number(4, 4);
  if (year < 1000 || year > 2999 || !ends_here(ahead)) return 0;
  place = ahead;
  return year;
}

struct FoundDate {
  std::uint32_t end = 0;
  std::string value;
  bool found = false;
};

/// 2024-05-17, 2024/05/17, 20:15 behind it is left alone; 2024-05-17T… ends before the T.
FoundDate year_first(Place place) {
  const int year = place.number(4, 4);
  const char sign = place.peek();
  if (year < 0 || (sign != '-' && sign != '/' && sign != '.')) return {};
  ++place.at;
  const int month = place.number(sign == '-' ? 2 : 1, 2);
  if (month < 0 || place.peek() != sign) return {};
  ++place.at;
  const int day = place.number(sign == '-' ? 2 : 1, 2);
  if (day < 0 || !valid(year, month, day)) return {};
  if (is_digit(place.peek()) || (is_letter(place.peek()) && place.peek() != 'T')) return {};
  if ((place.peek() == sign) && is_digit(place.peek(1))) return {};
  return {place.at, written(year, month, day), true};
}

/// 17.05.2024, 17/05/2024, 5/17/2024, 17-05-2024; with a full stop the day is first everywhere.
FoundDate day_first(Place place) {
  const int first = place.number(1, 2);
  const char sign = place.peek();
  if (first < 0 || (sign != '-' && sign != '/' && sign != '.')) return {};
  ++place.at;
  if (sign == '.' && place.peek() == ' ') ++place.at;
  const int second = place.number(1, 2);
  if (second < 0 || place.peek() != sign) return {};
  ++place.at;
  if (sign == '.' && place.peek() == ' ') ++place.at;
  const int year = place.number(4, 4);
  if (year < 0 || !ends_here(place) || (place.peek() == sign && is_digit(place.peek(1)))) return {};
  const bool as_day = valid(year, second, first), as_month = sign == '/' && valid(year, first, second);
  if (!as_day && !as_month) return {};
  if (as_day && as_month && first != second) return {place.at, "", true};
  return {place.at, as_day ? written(year, second, first) : written(year, first, second), true};
}

/// 17 May 2024, 17. Mai 2024, 17th of May, 17 de mayo de 2024, 1er juin 2024.
FoundDate day_and_name(Place place) {
  const int day = place.number(1, 2);
  if (day < 1 || day > 31) return {};
  place.skip_any({".", "st", "nd", "rd", "th", "er"});
  if (!place.blanks() && !place.skip("-")) return {};
  place.skip_any({"of ", "de "});
  const int month = place.month();
  if (month == 0) return {};
  Place with_year = place;
  const bool dashed = with_year.skip("-");
  int year = dashed ? with_year.number(4, 4) : year_after(with_year);
  if (dashed && (year < 1000 || !ends_here(with_year))) year = 0;
  if (year > 0) place = with_year;
  if (!valid(year, month, day) || !ends_here(place)) return {};
  return {place.at, written(year, month, day), true};
}

/// May 17, 2024; May 17th; May 2024.
FoundDate name_first(Place place) {
  const bool capital = place.peek() >= 'A' && place.peek() <= 'Z';
  const int month = place.month();
  if (month == 0 || !place.blanks()) return {};
  Place of_year = place;
  of_year.skip("de ");
  const int year = of_year.number(4, 4);
  if (year >= 1000 && year <= 2999 && ends_here(of_year)) return {of_year.at, written(year, month, 0), true};
  if (!capital) return {};
  const int day = place.number(1, 2);
  if (day < 1 || is_digit(place.peek())) return {};
  place.skip_any({"st", "nd", "rd", "th"});
  if (!ends_here(place) || (place.peek() == '.' && is_digit(place.peek(1))) || place.peek() == '%' ||
      place.peek() == ':')
    return {};
  const int with_year = year_after(place);
  if (!valid(with_year, month, day)) return {};
  return {place.at, written(with_year, month, day), true};
}

}  // namespace

void find_dates(std::string_view text, std::vector<Entity>& found) {
  const auto size = static_cast<std::uint32_t>(text.size());
  for (std::uint32_t at = 0; at < size;) {
    const char c = text[at];
    const bool digit = is_digit(c), letter = is_letter(c);
    if (!digit && !letter) {
      ++at;
      continue;
    }
    FoundDate date;
    const Place place{text, at};
    const bool inside = digit && at > 0 && std::string_view("./-,$").find(text[at - 1]) != std::string_view::npos &&
                        at > 1 && is_digit(text[at - 2]);
    if (digit && !inside) {
      date = year_first(place);
      if (!date.found) date = day_first(place);
      if (!date.found) date = day_and_name(place);
    } else if (letter) {
      date = name_first(place);
    }
    if (date.found) {
      found.push_back({"date", at, date.end, std::move(date.value)});
      at = date.end;
      continue;
    }
    while (at < size && (is_letter(text[at]) || is_digit(text[at]))) ++at;
  }
}

}  // namespace millpond::curate
