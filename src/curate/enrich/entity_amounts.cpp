// Amounts of money, and percentages.

#include <algorithm>

#include "curate/enrich/entity_rules.h"

namespace millpond::curate {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0; }

struct Currency {
  std::string_view written, code;
};

/// Longer ones before those that they begin or end with.
constexpr Currency kSigns[] = {{"US$", "USD"},    {"A$", "AUD"},     {"C$", "CAD"},     {"NZ$", "NZD"},
                               {"HK$", "HKD"},    {"R$", "BRL"},     {"\u20AC", "EUR"}, {"\u00A3", "GBP"},
                               {"\u00A5", "JPY"}, {"\u20B9", "INR"}, {"\u20A9", "KRW"}, {"\u20BD", "RUB"},
                               {"\u20BA", "TRY"}, {"\u20AA", "ILS"}, {"$", "USD"}};
constexpr std::string_view kCodes[] = {"AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR",
                                       "GBP", "HKD", "HUF", "INR", "JPY", "KRW", "MXN", "NOK",
                                       "NZD", "PLN", "RUB", "SEK", "SGD", "TRY", "USD", "ZAR"};
constexpr Currency kNames[] = {
    {"dollars", "USD"}, {"dollar", "USD"},          {"euros", "EUR"},        {"euro", "EUR"},   {"Euro", "EUR"},
    {"Euros", "EUR"},   {"pounds sterling", "GBP"}, {"yen", "JPY"},          {"yuan", "CNY"},   {"rupees", "INR"},
    {"roubles", "RUB"}, {"rubles", "RUB"},          {"Swiss francs", "CHF"}, {"Franken", "CHF"}};

struct Scale {
  std::string_view written;
  int zeros;
};
constexpr Scale kScales[] = {
    {"thousand", 3},  {"million", 6},  {"millions", 6},  {"billion", 9},    {"billions", 9},
    {"trillion", 12}, {"bn", 9},       {"mn", 6},        {"m", 6},          {"M", 6},
    {"B", 9},         {"k", 3},        {"K", 3},         {"Mio.", 6},       {"Mio", 6},
    {"Mrd.", 9},      {"Mrd", 9},      {"Millionen", 6}, {"Milliarden", 9}, {"milliards", 9},
    {"milliard", 9},  {"millones", 6}, {"milioni", 6},   {"miliardi", 9},   {"milh\u00F5es", 6},
    {"miljoen", 6},   {"miljard", 9},  {"Tsd.", 3}};

/// Behind a blank, a no-break space, or nothing.
std::uint32_t skip_blank(std::string_view text, std::uint32_t at) {
  if (text.substr(at, 1) == " ") return at + 1;
  if (text.substr(at, 2) == "\u00A0") return at + 2;
  if (text.substr(at, 3) == "\u202F") return at + 3;
  return at;
}

bool word_ends(std::string_view text, std::size_t at) {
  return at >= text.size() || !(is_letter(text[at]) || is_digit(text[at]));
}

/// The scale behind a number, or the place itself.
std::uint32_t read_scale(std::string_view text, std::uint32_t at, int& zeros) {
  const std::uint32_t from = skip_blank(text, at);
  for (const Scale& scale : kScales) {
    if (!text.substr(from).starts_with(scale.written) || !word_ends(text, from + scale.written.size())) continue;
    if (scale.written.size() == 1 && from != at) continue;  // "5 m" is a length
    zeros = scale.zeros;
    return from + static_cast<std::uint32_t>(scale.written.size());
  }
  return at;
}

/// The digits of `value`, times ten to the power of `zeros`.
std::string scaled(std::string value, int zeros) {
  std::size_t point = value.find('.');
  if (point == std::string::npos) point = value.size();
  for (; zeros > 0; --zeros, ++point) {
    if (point + 1 < value.size()) {
      std::swap(value[point], value[point + 1]);
    } else {
      value.insert(std::min(point, value.size()), "0");
    }
  }
  if (!value.empty() && value.back() == '.') value.pop_back();
  if (const std::size_t dot = value.find('.'); dot != std::string::npos) {
    while (value.back() == '0') value.pop_back();
    if (value.back() == '.') value.pop_back();
  }
  value.erase(0, std::min(value.find_first_not_of('0'), value.size() - 1));
  if (value.empty() || value[0] == '.') value.insert(0, "0");
  return value;
}

std::string_view currency_before(std::string_view text, std::uint32_t number, std::uint32_t& begin) {
  for (const std::uint32_t gap : {0U, 1U, 2U, 3U}) {
    if (gap > number || skip_blank(text, number - gap) != number) continue;
    const std::string_view before = text.substr(0, number - gap);
    for (const Currency& sign : kSigns) {
      if (!before.ends_with(sign.written)) continue;
      begin = static_cast<std::uint32_t>(before.size() - sign.written.size());
      return sign.code;
    }
    for (const std::string_view code : kCodes) {
      if (!before.ends_with(code)) continue;
      begin = static_cast<std::uint32_t>(before.size() - code.size());
      if (begin == 0 || !is_letter(text[begin - 1])) return code;
    }
  }
  return {};
}

std::string_view currency_after(std::string_view text, std::uint32_t number_end, std::uint32_t& end) {
  const std::uint32_t from = skip_blank(text, number_end);
  const std::string_view after = text.substr(from);
  for (const Currency& sign : kSigns) {
    // "$" behind a number is rather the next amount.
    if (sign.written.back() == '$' || !after.starts_with(sign.written)) continue;
    end = from + static_cast<std::uint32_t>(sign.written.size());
    return word_ends(text, end) || !is_digit(text[end]) ? sign.code : std::string_view();
  }
  const auto named = [&](std::string_view written) {
    if (!after.starts_with(written) || !word_ends(text, from + written.size())) return false;
    end = from + static_cast<std::uint32_t>(written.size());
    return true;
  };
  for (const std::string_view code : kCodes) {
    if (named(code)) return code;
  }
  for (const Currency& name : kNames) {
    if (named(name.written)) return name.code;
  }
  return {};
}

std::uint32_t percent_end(std::string_view text, std::uint32_t at) {
  const std::uint32_t from = skip_blank(text, at);
  static constexpr std::string_view kPercent[] = {"%",          "percent",   "per cent",  "Prozent", "pour cent",
                                                  "por ciento", "per cento", "por cento", "procent"};
  for (const std::string_view written : kPercent) {
    if (!text.substr(from).starts_with(written)) continue;
    const auto end = from + static_cast<std::uint32_t>(written.size());
    // "%20" and "%d" are no percentages.
    if (written == "%" ? end == text.size() || !(is_digit(text[end]) || is_letter(text[end])) || (text[end] & 0x80) != 0
                       : word_ends(text, end)) {
      return end;
    }
  }
  return at;
}

}  // namespace

WrittenNumber read_number(std::string_view text, std::uint32_t at) {
  WrittenNumber number{.end = at};
  struct Mark {
    char sign;
    std::size_t before;  // digits so far
  };
  std::vector<Mark> marks;
  std::string digits;
  const auto size = static_cast<std::uint32_t>(text.size());
  while (at < size && is_digit(text[at])) {
    while (at < size && is_digit(text[at])) digits += text[at++];
    number.end = at;
    if (at + 1 >= size) break;
    const char c = text[at];
    const std::uint32_t blank = c == ' ' ? at + 1 : skip_blank(text, at);
    const std::uint32_t next = c == '.' || c == ',' || c == '\'' ? at + 1 : blank;
    if (next == at || next >= size || !is_digit(text[next])) break;
    const bool group = next + 2 < size && is_digit(text[next + 1]) && is_digit(text[next + 2]) &&
                       (next + 3 == size || !is_digit(text[next + 3]));
    // Blanks and apostrophes only group.
    if (c != '.' && c != ',' && (!group || (marks.empty() && digits.size() > 3))) break;
    marks.push_back({c == '.' || c == ',' ? c : ' ', digits.size()});
    at = next;
  }
  if (marks.empty()) {
    number.value = digits;
    return number;
  }
  const Mark last = marks.back();
  const auto of_sign = std::count_if(marks.begin(), marks.end(), [&](const Mark& m) { return m.sign == last.sign; });
  const bool thousands = digits.size() - last.before == 3 && marks.front().before <= 3;
  bool decimal = last.sign != ' ' && of_sign == 1 && (!thousands || marks.size() > 1 || last.sign == '.');
  // "0,125" groups nothing; of "1.234" alone nobody can tell, and the point is the decimal one in English.
  if (!decimal && of_sign == 1 && marks.size() == 1 && last.sign == ',' && digits[0] == '0') decimal = true;
  number.value = digits;
  if (decimal) number.value.insert(last.before, ".");
  return number;
}

void find_amounts(std::string_view text, std::vector<Entity>& found) {
  const auto size = static_cast<std::uint32_t>(text.size());
  for (std::uint32_t at = 0; at < size; ++at) {
    if (!is_digit(text[at])) continue;
    const WrittenNumber number = read_number(text, at);
    std::uint32_t begin = at, end = number.end;
    const bool inside = at > 0 && (is_letter(text[at - 1]) || text[at - 1] == '.' || text[at - 1] == '_');
    const std::uint32_t after_number = number.end;
    std::uint32_t sign_begin = at;
    int zeros = 0;
    if (const std::string_view code = currency_before(text, at, sign_begin); !code.empty()) {
      end = read_scale(text, end, zeros);
      // "$1,200 USD" says it twice.
      std::uint32_t again = end;
      std::string_view better = code;
      if (const std::string_view twice = currency_after(text, end, again); !twice.empty()) end = again, better = twice;
      found.push_back({"money", sign_begin, end, std::string(better) + ' ' + scaled(number.value, zeros)});
    } else if (inside && (text[at - 1] & 0x80) == 0) {
      // A part of another word.
    } else if (const std::uint32_t percent = percent_end(text, end); percent > end) {
      const bool minus =
          begin > 0 && text[begin - 1] == '-' && (begin < 2 || text[begin - 2] == ' ' || text[begin - 2] == '(');
      begin -= minus ? 1 : 0;
      end = percent;
      found.push_back({"percent", begin, end, (minus ? "-" : "") + number.value});
    } else {
      const std::uint32_t scale_end = read_scale(text, end, zeros);
      std::uint32_t name_end = scale_end;
      std::uint32_t from = scale_end;
      if (text.substr(from).starts_with(" de ") || text.substr(from).starts_with(" di ")) from += 3;
      if (text.substr(from).starts_with(" d'") || text.substr(from).starts_with(" U.S."))
        from += from > scale_end ? 0 : 3;
      if (text.substr(scale_end).starts_with(" US ")) from = scale_end + 3;
      if (const std::string_view named = currency_after(text, from, name_end); !named.empty()) {
        end = name_end;
        found.push_back({"money", begin, end, std::string(named) + ' ' + scaled(number.value, zeros)});
      }
    }
    at = std::max(after_number, end) - 1;
  }
}

}  // namespace millpond::curate
