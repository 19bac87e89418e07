// Phone numbers: with a country's code, of the North American plan, and national ones in forms of their own.

#include <algorithm>
#include <string>

#include "curate/pii/calling_codes.h"
#include "curate/pii/pii_text.h"

namespace millpond::curate {
namespace {

constexpr std::string_view kPhoneWords[] = {
    "phone",     "telephone", "tel",     "mobile", "cell",      "call",    "fax",      "contact",   "whatsapp",
    "handy",     "telefon",   "mob",     "ph",     "cellphone", "mobil",   "telefoon", "telefono",  "portable",
    "sms",       "phones",    "dial",    "text",   "landline",  "hotline", "reach",    "rufnummer", "telefonnummer",
    "voicemail", "answering", "appeler", "llamar", "chiamare",  "bellen",  "telefax",  "ring"};
constexpr std::string_view kOtherWords[] = {"order",     "invoice", "isbn",   "issn",    "id",   "ref",
                                            "reference", "ticket",  "serial", "version", "case", "tracking",
                                            "account",   "part",    "sku",    "bug",     "rfc",  "doi"};

/// A number after + as it stands: digits with single blanks, points, hyphens, slashes and one pair of brackets.
struct Written {
  std::string digits;
  std::size_t end = 0;
};

/// Reads as many groups as the country's numbers have digits; the end is 0 if they are too few or too many.
Written read_international(const PiiText& text, std::size_t at) {
  constexpr std::size_t kDigitsMax = 15;
  Written out, best;
  CallingCode code;
  bool open = false;
  std::size_t groups = 0;
  while (true) {
    const std::size_t group = at;
    while (is_digit(text[at]) && out.digits.size() <= kDigitsMax) out.digits += text[at++];
    if (at == group || out.digits.size() > kDigitsMax || is_digit(text[at])) return best;
    ++groups;
    if (groups == 1 || code.code_digits == 0) code = calling_code(out.digits);
    // (0) is the 0 of calls within the country.
    if (open && at - group == 1 && text[group] == '0' && text[at] == ')') out.digits.pop_back();
    if (open) {
      if (text[at] != ')') return best;
      open = false, ++at;
    }
    if (code.code_digits == 0 && out.digits.size() >= 3) return best;
    const std::size_t size = out.digits.size() - code.code_digits;
    if (code.code_digits > 0 && size >= code.shortest && size <= code.longest && !is_wordy(text[at])) {
      best.digits = out.digits, best.end = at;
    }
    if (code.code_digits > 0 && size >= code.longest) return best;
    const char c = text[at];
    if (is_digit(c)) continue;  // after a bracket
    if (c != ' ' && c != '-' && c != '.' && c != '/' && c != '(') return best;
    if (c != '(') ++at;
    if (text[at] == '(') open = true, ++at;
    if (!is_digit(text[at])) return best;
  }
}

void find_international(PiiText& text, std::size_t at) {
  const std::size_t plus = at - 1;
  const char before = text.before(plus);
  if ((is_wordy(before) && !text.after_escape(plus)) || before == '+' || before == '^' || before == ')' ||
      text[at] == '0')
    return;
  const Written written = read_international(text, at);
  if (written.end == 0) return;
  const std::string_view digits = written.digits;
  if (digits[0] == '1' && !is_north_american(digits.substr(1)) && digits.substr(1, 3) != "555") return;
  if (digits.find_first_not_of(digits[0]) == std::string_view::npos) return;
  const char next = text[written.end];
  if (next == '.' && is_digit(text[written.end + 1])) return;
  text.add(plus, written.end, PiiKind::kPhone, 0.97);
}

/// Whether a number of the North American plan may end here: also before "-Office" and the "x12" of an extension.
bool ends_american(const PiiText& text, const NumberRun& run, std::size_t group) {
  if (run.ends_at(text, group)) return true;
  const char next = text[run.groups[group].end], beyond = text[run.groups[group].end + 1];
  return (next == 'x' && is_digit(beyond)) || (next == '-' && is_letter(beyond));
}

/// "(07700) 900123", "(030) 901820"
bool find_bracketed_zero(PiiText& text, const NumberRun& run) {
  const std::size_t at = run.groups[0].begin, close = run.groups[0].end;
  if (text.before(at) != '(' || text[close] != ')' || run.digits_in(0) > 5 || run.digits_in(0) < 2) return false;
  const NumberRun after = read_number_run(text, close + (text[close + 1] == ' ' ? 2 : 1));
  if (after.count == 0 || run.digits[1] == '0') return false;
  std::size_t groups = std::min<std::size_t>(after.count, 3);
  while (groups > 1 && after.groups[groups - 1].digits_end > 8) --groups;
  const std::size_t digits = after.groups[groups - 1].digits_end;
  if (digits < 5 || digits > 9 || digits + run.digits_in(0) < 9 ||
      (is_wordy(text.before(at - 1)) && !text.after_escape(at - 1)))
    return false;
  if (!ends_american(text, after, groups - 1)) return false;
  text.add(at - 1, after.groups[groups - 1].end, PiiKind::kPhone, 0.93);
  return true;
}

/// "(212) 555-0123"
bool find_bracketed(PiiText& text, const NumberRun& run) {
  const std::size_t at = run.groups[0].begin, close = run.groups[0].end;
  if (text.before(at) != '(' || text[close] != ')' || run.digits_in(0) != 3) return false;
  std::size_t rest = close + 1;
  if (text[rest] == ' ' || text[rest] == '-') ++rest;
  const NumberRun after = read_number_run(text, rest);
  if (after.count < 2 || after.digits_in(0) != 3 || after.digits_in(1) != 4 || !ends_american(text, after, 1))
    return false;
  if (std::string_view("-. ").find(after.groups[0].separator) == std::string_view::npos) return false;
  const std::string digits = std::string(text.part(at, close)) + std::string(after.first_digits(2));
  if (!is_north_american(digits)) return false;
  std::size_t begin = at - 1;
  if (begin >= 2 && text[begin - 1] == ' ' && text[begin - 2] == '1') begin -= 2;
  if (is_wordy(text.before(begin)) && !text.after_escape(begin)) return false;
  if (text.before(begin) == '+') --begin;
  text.add(begin, after.groups[1].end, PiiKind::kPhone, 0.97);
  return true;
}

/// Whether groups of digits are a number of a country that can be told by its form: "01 42 68 53 00", "07700 900123".
double national_form(const PiiText& text, const NumberRun& run, std::size_t& groups, bool named) {
  const auto is = [&](std::initializer_list<unsigned char> sizes, std::string_view separators) {
    groups = sizes.size();
    return run.is(text, {sizes.begin(), sizes.size()}, separators);
  };
  const bool zero = run.digits[0] == '0';
  const bool american = run.count >= 3 && run.digits_in(0) == 3 && run.digits_in(1) == 3 && run.digits_in(2) == 4 &&
                        run.groups[0].separator == run.groups[1].separator && run.groups[0].separator != '/';
  if (american && ends_american(text, run, 2) && is_north_american(run.first_digits(3))) {
    groups = 3;
    const char separator = run.groups[0].separator;
    return named ? 0.98 : separator == '-' ? 0.96 : separator == '.' ? 0.9 : 0.4;
  }
  if (is({1, 3, 3, 4}, "-. ") && run.digits[0] == '1' && is_north_american(run.first_digits(4).substr(1))) {
    return named || run.groups[0].separator == '-' ? 0.97 : 0.7;
  }
  if (zero && run.digits[1] != '0' && is({2, 2, 2, 2, 2}, " .-")) return named ? 0.98 : 0.93;  // France
  if (zero && (is({5, 6}, " ") || is({5, 3, 3}, " ") || is({3, 4, 4}, " ") || is({4, 3, 4}, " "))) {
    return named ? 0.97 : 0.75;  // United Kingdom
  }
  return 0;
}

}  // namespace

void find_phone(PiiText& text, const NumberRun& run) {
  if (!text.wants(PiiKind::kPhone)) return;
  const std::size_t begin = run.groups[0].begin;
  if (text.before(begin) == '+') return find_international(text, begin);
  if (text.before(begin) == '(' && text.before(begin - 1) == '+') {
    return;  // "+(49)" is nobody's form
  }
  if (run.digits[0] >= '2' ? find_bracketed(text, run) : run.digits[0] == '0' && find_bracketed_zero(text, run)) return;
  if (run.joined != 0) return;
  const std::size_t digits = run.groups[run.count - 1].digits_end;
  if (digits < 7) return;
  const bool named = text.mentions(begin, kPhoneWords, 32);
  std::size_t groups = 0;
  const double confidence = national_form(text, run, groups, named);
  if (confidence > 0) {
    const bool other = !named && text.mentions(begin, kOtherWords, 24);
    return text.add(begin, run.groups[groups - 1].end, PiiKind::kPhone, other ? 0.3 : confidence);
  }
  if (!named || text.mentions(begin, kOtherWords, 12)) return;
  // Beside a word for it: ten digits of the North American plan, or a number with the 0 of calls within a country.
  for (std::size_t taken = run.count; taken > 0; --taken) {
    const std::string_view all = run.first_digits(taken);
    if (!run.ends_at(text, taken - 1)) continue;
    const bool american = taken == 1 && is_north_american(all);
    const bool national = all[0] == '0' && all[1] != '0' && all.size() >= 8 && all.size() <= 12;
    const bool abroad =
        all.starts_with("00") && all.size() >= 10 && all.size() <= 16 && calling_code(all.substr(2)).code_digits > 0;
    const bool local = taken == 2 && run.digits_in(0) == 3 && run.digits_in(1) == 4 && all[0] >= '2';
    const bool spaced = taken >= 2 && all[0] != '0' && all.size() >= 8 && all.size() <= 10 && taken <= 5;
    if (!american && !national && !abroad && !spaced && !local) continue;
    return text.add(begin, run.groups[taken - 1].end, PiiKind::kPhone, spaced || local ? 0.7 : 0.95);
  }
}

}  // namespace millpond::curate
