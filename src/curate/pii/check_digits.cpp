#include "curate/pii/check_digits.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "curate/pii/pii_text.h"

namespace millpond::curate {
namespace {

int digit(char c) { return c - '0'; }

bool all_equal(std::string_view text) { return text.find_first_not_of(text.front()) == std::string_view::npos; }

/// The check digit that sum modulo 11 gives in Brazil.
bool brazilian(std::string_view digits, std::string_view weights) {
  const int rest = weighted_sum(digits, weights) % 11;
  return digit(digits[weights.size()]) == (rest < 2 ? 0 : 11 - rest);
}

}  // namespace

bool luhn_holds(std::string_view digits) {
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    int value = digit(digits[digits.size() - 1 - i]);
    if (i % 2 == 1 && (value *= 2) > 9) value -= 9;
    sum += value;
  }
  return sum % 10 == 0;
}

bool verhoeff_holds(std::string_view digits) {
  // Multiplication in the dihedral group of order 10, and the powers of one permutation.
  const auto times = [](int a, int b) {
    if (a < 5) return b < 5 ? (a + b) % 5 : (a + b - 5) % 5 + 5;
    return b < 5 ? (a - 5 - b + 5) % 5 + 5 : (a - b + 5) % 5;
  };
  constexpr std::array<int, 10> kPermutation{1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
  int check = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    int value = digit(digits[digits.size() - 1 - i]);
    for (std::size_t power = 0; power < i % 8; ++power) value = kPermutation[static_cast<std::size_t>(value)];
    check = times(check, value);
  }
  return check == 0;
}

bool mod_11_10_holds(std::string_view digits) {
  int product = 10;
  for (const char c : digits.substr(0, digits.size() - 1)) {
    int sum = (digit(c) + product) % 10;
    if (sum == 0) sum = 10;
    product = sum * 2 % 11;
  }
  return (11 - product) % 10 == digit(digits.back());
}

int mod_97(std::string_view text, int before) {
  int rest = before;
  for (const char c : text) rest = is_digit(c) ? (rest * 10 + digit(c)) % 97 : (rest * 100 + c - 'A' + 10) % 97;
  return rest;
}

int weighted_sum(std::string_view digits, std::string_view weights) {
  int sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sum += digit(digits[i]) * (is_digit(weights[i]) ? digit(weights[i]) : weights[i] - 'a' + 10);
  }
  return sum;
}

std::size_t iban_size(std::string_view country) {
  // Country and length, sorted by country (the SWIFT registry of IBANs).
  constexpr std::string_view kSizes =
      "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27"
      "GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22"
      "MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28"
      "TL23TN24TR26UA29VA22VG24XK20YE30";
  for (std::size_t i = 0; i < kSizes.size(); i += 4) {
    if (kSizes.substr(i, 2) == country)
      return static_cast<std::size_t>((kSizes[i + 2] - '0') * 10 + kSizes[i + 3] - '0');
  }
  return 0;
}

bool iban_holds(std::string_view iban) {
  if (iban.size() < 15 || iban_size(iban.substr(0, 2)) != iban.size()) return false;
  const std::string_view check = iban.substr(2, 2);
  if (check < "02" || check > "98") return false;
  return mod_97(iban.substr(0, 4), mod_97(iban.substr(4))) == 1;
}

bool nhs_holds(std::string_view digits) {
  if (all_equal(digits)) return false;
  const int check = 11 - weighted_sum(digits, "a98765432") % 11;
  return (check == 11 ? 0 : check) == digit(digits[9]);
}

bool bsn_holds(std::string_view digits) {
  return !all_equal(digits) && (weighted_sum(digits, "98765432") - digit(digits[8])) % 11 == 0 && digits != "000000000";
}

bool pesel_holds(std::string_view digits) {
  if ((weighted_sum(digits, "1379137913") + digit(digits[10])) % 10 != 0) return false;
  const int month = (digit(digits[2]) * 10 + digit(digits[3])) % 20, day = digit(digits[4]) * 10 + digit(digits[5]);
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

bool de_tax_id_holds(std::string_view digits) {
  if (digits[0] == '0' || !mod_11_10_holds(digits)) return false;
  // Of the first ten digits one is there twice or three times, all others at most once.
  std::array<int, 10> counts{};
  for (const char c : digits.substr(0, 10)) ++counts[static_cast<std::size_t>(digit(c))];
  return std::count_if(counts.begin(), counts.end(), [](int n) { return n > 1; }) == 1 &&
         *std::max_element(counts.begin(), counts.end()) <= 3;
}

bool cpf_holds(std::string_view digits) {
  return !all_equal(digits) && brazilian(digits, "a98765432") && brazilian(digits, "ba98765432");
}

bool cnpj_holds(std::string_view digits) {
  return !all_equal(digits) && brazilian(digits, "543298765432") && brazilian(digits, "6543298765432");
}

bool insee_holds(std::string_view text) {
  std::int64_t number = 0;
  for (std::size_t i = 0; i < 13; ++i) {
    char c = text[i];
    if (i == 6 && (c == 'A' || c == 'B') && text[5] == '2') c = '0';
    if (!is_digit(c)) return false;
    number = number * 10 + digit(c);
  }
  // Corsica's departments count as 19 and 18: 2A and 2B less 1 and 2 million, after the letter was read as 0.
  if (text[6] == 'A') number -= 1'000'000;
  if (text[6] == 'B') number -= 2'000'000;
  const int month = digit(text[3]) * 10 + digit(text[4]);
  const bool months = (month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50;
  if ((text[0] < '1' || text[0] > '4') || !months || text.substr(5, 2) == "00") return false;
  return 97 - number % 97 == digit(text[13]) * 10 + digit(text[14]);
}

char dni_letter(std::string_view digits) {
  int number = 0;
  for (const char c : digits) number = number * 10 + digit(c);
  return "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23];
}

bool fiscal_code_holds(std::string_view code) {
  // Values of characters at odd places; those at even places count as what they are.
  constexpr std::string_view kOdd = "BAFHJNPRTVCESULDGIMOQKWZYX";  // letters by their value 1 0 5 7 9 13 …
  int sum = 0;
  for (std::size_t i = 0; i < 15; ++i) {
    const int value = is_digit(code[i]) ? digit(code[i]) : code[i] - 'A';
    sum += i % 2 == 1 ? value : kOdd[static_cast<std::size_t>(value)] - 'A';
  }
  return code[15] == 'A' + sum % 26;
}

}  // namespace millpond::curate
