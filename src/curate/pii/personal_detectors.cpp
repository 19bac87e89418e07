// Dates of birth, coordinates and street addresses: told by the words around them.

#include <algorithm>
#include <array>
#include <string>

#include "curate/pii/pii_text.h"

namespace millpond::curate {
namespace {

constexpr std::string_view kBirthWords[] = {"born",    "birth",         "dob",       "birthday",   "birthdate",
                                            "geboren", "geburtsdatum",  "geb",       "naissance",  "nacimiento",
                                            "nascita", "geboortedatum", "urodzenia", "nascimento", "bday"};
constexpr std::string_view kPlaceWords[] = {"lat",     "latitude",    "lon",         "lng",      "longitude",
                                            "gps",     "coordinates", "coords",      "location", "geo",
                                            "located", "position",    "koordinaten", "latlng",   "latlon"};
constexpr std::string_view kMonths[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug",
                                        "sep", "oct", "nov", "dec", "mai", "okt", "dez", "mrz"};
constexpr std::string_view kStreets[] = {
    "street", "st", "avenue", "ave", "road",   "rd",      "boulevard", "blvd",    "lane", "ln",      "drive", "dr",
    "court",  "ct", "place",  "pl",  "square", "terrace", "crescent",  "highway", "hwy",  "parkway", "pkwy"};

/// At most 40 bytes on.
std::size_t word_end(const PiiText& text, std::size_t at) {
  const std::size_t last = at + 40;
  while (at < last && (is_letter(text[at]) || static_cast<unsigned char>(text[at]) >= 0x80)) ++at;
  return at;
}

bool is_month(std::string_view word) {
  if (word.size() < 3 || word.size() > 12) return false;
  std::array<char, 3> start{lower(word[0]), lower(word[1]), lower(word[2])};
  return std::find(std::begin(kMonths), std::end(kMonths), std::string_view(start.data(), 3)) != std::end(kMonths);
}

int number_at(const PiiText& text, std::size_t at, std::size_t& end) {
  int value = 0;
  end = at;
  while (is_digit(text[end]) && end - at < 5) value = value * 10 + (text[end++] - '0');
  return end - at > 4 || is_digit(text[end]) ? -1 : value;
}

bool is_year(int value) { return value >= 1900 && value <= 2030; }

/// The end of a date of digits or with a month's name that begins with digits at `at`; 0: none.
std::size_t date_end(const PiiText& text, std::size_t at) {
  std::size_t end = 0;
  const int first = number_at(text, at, end);
  if (first < 0) return 0;
  const std::size_t digits = end - at;
  const char separator = text[end];
  if (separator == '-' || separator == '/' || separator == '.') {
    std::size_t second_at = end + 1, third_at = 0;
    if (separator == '.' && text[second_at] == ' ') ++second_at;
    const int second = number_at(text, second_at, end);
    if (end == second_at || end - second_at > 2 || text[end] != separator) return 0;
    third_at = end + 1;
    if (separator == '.' && text[third_at] == ' ') ++third_at;
    const int third = number_at(text, third_at, end);
    const std::size_t third_digits = end - third_at;
    if (third_digits == 0 || is_wordy(text[end]) || second < 1 || second > 31) return 0;
    if (digits == 4) return is_year(first) && second <= 12 && third >= 1 && third <= 31 ? end : 0;
    const bool days = digits <= 2 && first >= 1 && first <= 31 && (first <= 12 || second <= 12);
    return days && (third_digits == 2 || (third_digits == 4 && is_year(third))) ? end : 0;
  }
  // "12 March 1984", "3rd of May 1990", "12. März 1984"
  if (digits > 2 || first < 1 || first > 31) return 0;
  if (is_letter(separator)) end += 2;
  if (text[end] == '.') ++end;
  if (text[end] == ' ') ++end;
  if (text.from(end, 3) == "of ") end += 3;
  const std::size_t name = end;
  end = word_end(text, end);
  if (!is_month(text.part(name, std::min(end, name + 13)))) return 0;
  while (text[end] == ' ' || text[end] == ',' || text[end] == '.') ++end;
  const std::size_t year_at = end;
  return is_year(number_at(text, year_at, end)) && end - year_at == 4 && !is_wordy(text[end]) ? end : 0;
}

/// A decimal number with its sign at `at`; `decimals` of 0: none.
struct Decimal {
  double value = 0;
  std::size_t end = 0, decimals = 0;
};

Decimal read_decimal(const PiiText& text, std::size_t at) {
  Decimal out;
  const bool minus = text[at] == '-';
  if (minus || text[at] == '+') ++at;
  std::size_t end = at;
  while (is_digit(text[end]) && end - at < 4) out.value = out.value * 10 + (text[end++] - '0');
  if (end == at || end - at > 3 || text[end] != '.') return out;
  double unit = 1;
  for (++end; is_digit(text[end]) && out.decimals < 16; ++out.decimals) out.value += (unit /= 10) * (text[end++] - '0');
  if (minus) out.value = -out.value;
  out.end = end;
  return out;
}

}  // namespace

void find_birth_date(PiiText& text, std::size_t begin) {
  if (!text.wants(PiiKind::kBirthDate) || is_wordy(text.before(begin))) return;
  std::size_t end = date_end(text, begin), from = begin;
  if (end == 0) {
    // "March 12, 1984": the month stands before the day.
    std::size_t name = begin;
    if (name >= 4 && text[name - 1] == ' ') --name;
    const std::size_t name_end = name;
    while (name > 0 && name_end - name < 12 && is_letter(text[name - 1])) --name;
    if (name_end == begin || !is_month(text.part(name, name_end))) return;
    std::size_t at = 0;
    const int day = number_at(text, begin, at);
    if (day < 1 || day > 31) return;
    if (is_letter(text[at])) at += 2;
    if (text[at] == ',') ++at;
    if (text[at] != ' ') return;
    if (!is_year(number_at(text, at + 1, end)) || end - at != 5) return;
    from = name;
  }
  if (text.mentions(from, kBirthWords, 28)) text.add(from, end, PiiKind::kBirthDate, 0.95);
}

void find_coordinates(PiiText& text, std::size_t begin) {
  if (!text.wants(PiiKind::kCoordinates)) return;
  std::size_t from = begin;
  if (text.before(begin) == '-' || text.before(begin) == '+') --from;
  const char before = text.before(from);
  if (is_wordy(before) || before == '.' || before == '-' || before == '/') return;
  const Decimal latitude = read_decimal(text, from);
  if (latitude.decimals < 4 || latitude.value < -90 || latitude.value > 90) return;
  std::size_t at = latitude.end;
  if (text[at] != ',' && text[at] != ' ' && text[at] != ';') return;
  ++at;
  if (text[at] == ' ') ++at;
  const Decimal longitude = read_decimal(text, at);
  if (longitude.decimals < 4 || longitude.value < -180 || longitude.value > 180) return;
  const char next = text[longitude.end];
  if (is_wordy(next) || (next == ',' && text[longitude.end + 1] == ' ' && is_digit(text[longitude.end + 2]))) return;
  if (text.mentions(from, kPlaceWords, 40)) text.add(from, longitude.end, PiiKind::kCoordinates, 0.95);
}

void find_street_address(PiiText& text, const NumberRun& run) {
  if (!text.wants(PiiKind::kStreetAddress) || run.joined != 0 || run.digits_in(0) > 5) return;
  const std::size_t begin = run.groups[0].begin, number_end = run.groups[0].end;
  // "Hauptstraße 12": the number is last.
  if (begin >= 8 && text[begin - 1] == ' ' && run.digits_in(0) <= 3) {
    std::size_t name = begin - 1;
    while (name > 0 && begin - name < 40 && is_wordy(text[name - 1])) --name;
    const std::string_view word = text.part(name, begin - 1);
    const bool street = word.ends_with("straße") || word.ends_with("strasse") || word.ends_with("gasse");
    if (street && word.size() > 8 && is_upper(word[0])) {
      const std::size_t end = number_end + (text[number_end] >= 'a' && text[number_end] <= 'h' ? 1 : 0);
      if (!is_wordy(text[end])) text.add(name, end, PiiKind::kStreetAddress, 0.95);
      return;
    }
  }
  // "221 Baker Street", "1600 Pennsylvania Avenue NW": up to four words that begin large, the last names the street.
  std::size_t at = number_end + (is_letter(text[number_end]) ? 1 : 0);  // 221B
  if (text[at] != ' ' || run.digits[0] == '0') return;
  ++at;
  for (int words = 0; words < 5; ++words) {
    const std::size_t name = at;
    if (!is_upper(text[at])) return;
    at = word_end(text, at);
    if (at - name > 20) return;
    std::string small(text.part(name, at));
    std::transform(small.begin(), small.end(), small.begin(), lower);
    if (words > 0 && std::find(std::begin(kStreets), std::end(kStreets), small) != std::end(kStreets)) {
      const bool brief = small.size() <= 3;
      if (brief && text[at] == '.') ++at;
      if (!is_wordy(text[at])) text.add(begin, at, PiiKind::kStreetAddress, brief ? 0.9 : 0.95);
      return;
    }
    if (text[at] == '.') ++at;
    if (text[at] != ' ') return;
    ++at;
  }
}

}  // namespace millpond::curate
