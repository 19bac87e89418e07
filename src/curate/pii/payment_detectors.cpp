// Cards, IBANs and the BICs beside them.

#include <algorithm>
#include <string>

#include "curate/pii/check_digits.h"
#include "curate/pii/pii_text.h"

namespace millpond::curate {
namespace {

constexpr std::string_view kCardWords[] = {"card",  "credit",   "debit",   "visa",        "mastercard", "amex",
                                           "cc",    "pan",      "karte",   "kreditkarte", "carte",      "tarjeta",
                                           "carta", "kaart",    "payment", "maestro",     "discover",   "diners",
                                           "jcb",   "unionpay", "express", "cvv",         "cvc"};
constexpr std::string_view kBicWords[] = {"bic", "swift"};

/// Whether an issuer of cards has numbers of this beginning and length.
bool has_issuer(std::string_view digits, bool named) {
  const auto number = [&](std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value * 10 + (digits[i] - '0');
    return value;
  };
  const std::size_t size = digits.size();
  const int two = number(2), three = number(3), four = number(4), six = number(6);
  const auto in = [](int value, int low, int high) { return value >= low && value <= high; };
  if (digits[0] == '4') return size == 16 || (named && (size == 13 || size == 19));
  if (in(two, 51, 55) || in(four, 2221, 2720)) return size == 16;
  if (two == 34 || two == 37) return size == 15;
  if (in(three, 300, 305) || two == 36 || two == 38) return size == 14 || (named && size == 16);
  if (four == 6011 || in(three, 644, 649) || two == 65 || in(six, 622126, 622925))
    return size == 16 || (named && size == 19);
  if (in(four, 3528, 3589)) return size == 16;
  if (named && (two == 35 || four == 2131 || four == 1800)) return size == (two == 35 ? 16 : 15);  // JCB, once
  if (two == 62) return size == 16 || (named && size >= 17 && size <= 19);
  return named && (two == 50 || in(two, 56, 58) || two == 63 || two == 67) && size >= 12 && size <= 19;
}

}  // namespace

void find_card(PiiText& text, const NumberRun& run) {
  if (!text.wants(PiiKind::kCreditCard) || run.joined != 0) return;
  struct Form {
    unsigned char sizes[5];
    std::size_t count;
  };
  constexpr Form kForms[] = {{{4, 4, 4, 4}, 4}, {{4, 6, 5}, 3}, {{4, 6, 4}, 3}, {{4, 4, 4, 4, 3}, 5}};
  std::size_t groups = 0;
  const std::size_t first = run.digits_in(0);
  if (first >= 12 && first <= 19) groups = run.ends_at(text, 0) ? 1 : 0;
  for (const Form& form : kForms) {
    if (groups == 0 && run.is(text, {form.sizes, form.count}, " -.")) groups = form.count;
  }
  if (groups == 0) return;
  const std::string_view digits = run.first_digits(groups);
  if (!luhn_holds(digits) || digits.find_first_not_of(digits[0]) == std::string_view::npos) return;
  const std::size_t begin = run.groups[0].begin, end = run.groups[groups - 1].end;
  const bool named = text.mentions(begin, kCardWords, 60);
  if (!has_issuer(digits, named)) return;
  text.add(begin, end, PiiKind::kCreditCard, named ? 0.99 : groups > 1 ? 0.95 : 0.7);
}

void find_iban(PiiText& text, std::size_t begin, std::size_t end) {
  if (!text.wants(PiiKind::kIban) && !text.wants(PiiKind::kBic)) return;
  const bool begins = end - begin >= 4 && is_letter(text[begin]) && is_letter(text[begin + 1]) &&
                      is_digit(text[begin + 2]) && is_digit(text[begin + 3]);
  if (!begins || is_wordy(text.before(begin)) || is_upper(text[begin]) != is_upper(text[begin + 1])) return;
  std::string iban(text.part(begin, begin + 2));
  for (char& c : iban) c = static_cast<char>(c & ~0x20);
  const std::size_t size = iban_size(iban);
  if (size == 0) return;
  // In one piece, or in groups of four with one kind of separator.
  iban.clear();
  std::size_t at = begin;
  const char separator = text[begin + 4];
  const bool grouped = separator == ' ' || separator == '-';
  while (iban.size() < size && is_alnum(text[at])) {
    iban += is_digit(text[at]) ? text[at] : static_cast<char>(text[at] & ~0x20);
    ++at;
    if (grouped && iban.size() % 4 == 0 && iban.size() < size) {
      if (text[at] != separator) return;
      ++at;
    }
  }
  if (is_wordy(text[at]) || !iban_holds(iban)) return;
  text.add(begin, at, PiiKind::kIban, is_upper(text[begin]) ? 0.99 : 0.9);
  // A BIC stands beside: a word of eight or eleven letters and digits with the same country.
  constexpr std::size_t kReach = 60;
  for (std::size_t from = at; from < std::min(text.size(), at + kReach); ++from) {
    if (!is_alnum(text[from]) || is_wordy(text.before(from))) continue;
    std::size_t to = from;
    while (is_alnum(text[to]) && to - from < 12) ++to;
    const bool shape = (to - from == 8 || to - from == 11) && !is_wordy(text[to]);
    bool upper = shape;
    for (std::size_t i = from; upper && i < from + 6; ++i) upper = is_upper(text[i]);
    for (std::size_t i = from; upper && i < to; ++i) upper = is_upper(text[i]) || is_digit(text[i]);
    if (!upper) continue;
    const bool country = text.part(from + 4, from + 6) == std::string_view(iban).substr(0, 2);
    const bool named = text.mentions(from, kBicWords, 16);
    if (country || (named && iban_size(text.part(from + 4, from + 6)) > 0)) {
      text.add(from, to, PiiKind::kBic, named ? 0.99 : 0.9);
      return;
    }
  }
}

}  // namespace millpond::curate
