// Numbers that states give to people: those of digits, and those with letters.

#include <algorithm>
#include <string>

#include "curate/pii/check_digits.h"
#include "curate/pii/pii_text.h"

namespace millpond::curate {
namespace {

constexpr std::string_view kSsn[] = {"ssn", "social", "ss"};
constexpr std::string_view kItin[] = {"itin", "taxpayer", "tin", "tax"};
constexpr std::string_view kNhs[] = {"nhs", "patient"};
constexpr std::string_view kNino[] = {"nino", "ni", "insurance", "national", "nin"};
constexpr std::string_view kSteuer[] = {
    "steuer", "steuerid",    "idnr",    "identifikationsnummer", "steuernummer", "tin", "steueridentifikationsnummer",
    "tax",    "steuerliche", "idnummer"};
constexpr std::string_view kInsee[] = {"insee", "nir", "sociale", "secu", "nss", "vitale"};
constexpr std::string_view kDni[] = {"dni", "nif", "nie", "documento", "identidad"};
constexpr std::string_view kBsn[] = {"bsn", "burgerservicenummer", "sofinummer", "sofi", "citizen"};
constexpr std::string_view kPesel[] = {"pesel"};
constexpr std::string_view kAadhaar[] = {"aadhaar", "aadhar", "uidai", "uid", "adhaar"};
constexpr std::string_view kPan[] = {"pan", "permanent", "income"};
constexpr std::string_view kCpf[] = {"cpf", "contribuinte", "fisica"};
constexpr std::string_view kCnpj[] = {"cnpj", "juridica", "empresa"};
constexpr std::string_view kPassport[] = {"passport", "reisepass",       "passeport",      "pasaporte", "passaporto",
                                          "paspoort", "reisepassnummer", "passportnumber", "paszport",  "passnummer"};

bool has(const PiiText& text, const NumberRun& run, std::initializer_list<unsigned char> sizes,
         std::string_view separators) {
  return run.is(text, {sizes.begin(), sizes.size()}, separators);
}

void add(PiiText& text, const NumberRun& run, std::size_t groups, PiiKind kind, double confidence) {
  text.add(run.groups[0].begin, run.groups[groups - 1].end, kind, confidence);
}

void find_american(PiiText& text, const NumberRun& run) {
  const bool grouped = has(text, run, {3, 2, 4}, "- ");
  if (!grouped && !has(text, run, {9}, "")) return;
  const std::size_t begin = run.groups[0].begin, groups = grouped ? 3 : 1;
  const std::string_view digits = run.first_digits(groups);
  const std::string_view area = digits.substr(0, 3);
  const bool hyphens = grouped && run.groups[0].separator == '-';
  if (digits.substr(3, 2) == "00" || digits.substr(5) == "0000" || area == "000" || area == "666") return;
  if (digits == "078051120" || digits == "219099999" || digits == "123456789" || digits == "111111111") return;
  if (digits[0] == '9') {
    const int middle = (digits[3] - '0') * 10 + digits[4] - '0';
    const bool given = (middle >= 50 && middle <= 65) || (middle >= 70 && middle <= 88) ||
                       (middle >= 90 && middle <= 92) || (middle >= 94 && middle <= 99);
    if (!given || !text.wants(PiiKind::kUsItin)) return;
    const bool named = text.mentions(begin, kItin);
    if (named || hyphens) add(text, run, groups, PiiKind::kUsItin, named ? 0.97 : 0.8);
    return;
  }
  if (!text.wants(PiiKind::kUsSsn)) return;
  const bool named = text.mentions(begin, kSsn);
  if (named || hyphens) add(text, run, groups, PiiKind::kUsSsn, named ? 0.98 : 0.85);
}

/// Ten and eleven digits in their national forms, or in one piece beside a word.
void find_of_eleven(PiiText& text, const NumberRun& run) {
  const std::size_t begin = run.groups[0].begin;
  if (has(text, run, {10}, "") || has(text, run, {3, 3, 4}, " -")) {
    const std::size_t groups = run.digits_in(0) == 10 ? 1 : 3;
    if (text.wants(PiiKind::kUkNhs) && nhs_holds(run.first_digits(groups)) && text.mentions(begin, kNhs)) {
      add(text, run, groups, PiiKind::kUkNhs, 0.97);
    }
  }
  if (has(text, run, {3, 3, 3, 2}, ".") ||
      (run.count >= 4 && run.digits_in(3) == 2 && run.groups[0].separator == '.' && run.groups[1].separator == '.' &&
       run.groups[2].separator == '-' && run.digits_in(0) == 3 && run.digits_in(1) == 3 && run.digits_in(2) == 3 &&
       run.joined == 0 && run.ends_at(text, 3))) {
    if (run.groups[2].separator == '-' && cpf_holds(run.first_digits(4))) add(text, run, 4, PiiKind::kBrCpf, 0.98);
  }
  if (has(text, run, {11}, "")) {
    const std::string_view digits = run.first_digits(1);
    if (text.wants(PiiKind::kBrCpf) && cpf_holds(digits) && text.mentions(begin, kCpf)) {
      add(text, run, 1, PiiKind::kBrCpf, 0.97);
    }
    if (text.wants(PiiKind::kPlPesel) && pesel_holds(digits) && text.mentions(begin, kPesel)) {
      add(text, run, 1, PiiKind::kPlPesel, 0.97);
    }
  }
  const bool spaced = has(text, run, {2, 3, 3, 3}, " ");
  if (text.wants(PiiKind::kDeTaxId) && (spaced || has(text, run, {11}, ""))) {
    const std::size_t groups = spaced ? 4 : 1;
    if (de_tax_id_holds(run.first_digits(groups)) && text.mentions(begin, kSteuer)) {
      add(text, run, groups, PiiKind::kDeTaxId, 0.97);
    }
  }
}

void find_aadhaar(PiiText& text, const NumberRun& run) {
  const bool grouped = has(text, run, {4, 4, 4}, " -");
  if (!text.wants(PiiKind::kInAadhaar) || (!grouped && !has(text, run, {12}, "")) || run.digits[0] < '2') return;
  if (!verhoeff_holds(run.first_digits(grouped ? 3 : 1))) return;
  const bool named = text.mentions(run.groups[0].begin, kAadhaar);
  if (named || grouped) add(text, run, grouped ? 3 : 1, PiiKind::kInAadhaar, named ? 0.98 : 0.4);
}

void find_insee(PiiText& text, const NumberRun& run) {
  if (!text.wants(PiiKind::kFrInsee) || run.digits[0] < '1' || run.digits[0] > '4') return;
  std::size_t groups = 0;
  if (has(text, run, {15}, "")) groups = 1;
  if (has(text, run, {13, 2}, " -")) groups = 2;
  if (has(text, run, {1, 2, 2, 2, 3, 3, 2}, " .-")) groups = 7;
  if (groups == 0 || !insee_holds(run.first_digits(groups))) return;
  const bool named = text.mentions(run.groups[0].begin, kInsee);
  add(text, run, groups, PiiKind::kFrInsee, named ? 0.99 : groups == 1 ? 0.4 : 0.95);
}

void find_cnpj(PiiText& text, const NumberRun& run) {
  if (!text.wants(PiiKind::kBrCnpj)) return;
  if (has(text, run, {14}, "")) {
    if (cnpj_holds(run.first_digits(1)) && text.mentions(run.groups[0].begin, kCnpj)) {
      add(text, run, 1, PiiKind::kBrCnpj, 0.97);
    }
    return;
  }
  constexpr unsigned char kSizes[] = {2, 3, 3, 4, 2};
  constexpr std::string_view kSeparators = "../-";
  if (run.count < 5 || run.joined != 0 || !run.ends_at(text, 4)) return;
  for (std::size_t i = 0; i < 5; ++i) {
    if (run.digits_in(i) != kSizes[i] || (i < 4 && run.groups[i].separator != kSeparators[i])) return;
  }
  if (cnpj_holds(run.first_digits(5))) add(text, run, 5, PiiKind::kBrCnpj, 0.99);
}

bool looks_as(std::string_view word, std::string_view form) {  // L a letter, D a digit
  if (word.size() != form.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (form[i] == 'D' ? !is_digit(word[i]) : !is_upper(word[i])) return false;
  }
  return true;
}

bool is_nino_prefix(char first, char second) {
  constexpr std::string_view kNever = "DFIQUV";
  if (kNever.find(first) != std::string_view::npos || kNever.find(second) != std::string_view::npos || second == 'O') {
    return false;
  }
  for (const std::string_view pair : {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}) {
    if (pair[0] == first && pair[1] == second) return false;
  }
  return true;
}

void find_nino(PiiText& text, std::size_t begin) {
  if (!text.wants(PiiKind::kUkNino)) return;
  // "AB 12 34 56 C" or in one piece; the anchor may be the word of its letters or that of its digits.
  if (is_digit(text[begin]) && begin >= 3 && text[begin - 1] == ' ' && is_upper(text[begin - 2])) begin -= 3;
  if (!is_upper(text[begin]) || !is_upper(text[begin + 1]) || is_wordy(text.before(begin))) return;
  const bool spaced = text[begin + 2] == ' ';
  std::size_t at = begin + 2;
  for (int pair = 0; pair < 3; ++pair) {
    if (spaced && text[at++] != ' ') return;
    if (!is_digit(text[at]) || !is_digit(text[at + 1])) return;
    at += 2;
  }
  if (spaced && text[at++] != ' ') return;
  if (text[at] < 'A' || text[at] > 'D' || is_wordy(text[at + 1])) return;
  if (text[at + 1] == '-' && is_alnum(text[at + 2])) return;
  if (text.before(begin) == '-' || !is_nino_prefix(text[begin], text[begin + 1])) return;
  const bool named = text.mentions(begin, kNino, 60);
  text.add(begin, at + 1, PiiKind::kUkNino, named ? 0.98 : spaced ? 0.95 : 0.85);
}

}  // namespace

void find_national_number(PiiText& text, const NumberRun& run) {
  const std::size_t digits = run.groups[run.count - 1].digits_end;
  find_nino(text, run.groups[0].begin);
  if (digits < 9 || run.joined != 0) return;
  find_american(text, run);
  if (text.wants(PiiKind::kNlBsn) && (has(text, run, {9}, "") || has(text, run, {4, 2, 3}, ". "))) {
    const std::size_t groups = run.digits_in(0) == 9 ? 1 : 3;
    if (bsn_holds(run.first_digits(groups)) && text.mentions(run.groups[0].begin, kBsn)) {
      add(text, run, groups, PiiKind::kNlBsn, 0.97);
    }
  }
  if (digits < 10) return;
  find_of_eleven(text, run);
  find_aadhaar(text, run);
  find_cnpj(text, run);
  find_insee(text, run);
}

void find_national_code(PiiText& text, std::size_t begin, std::size_t end) {
  const char before = text.before(begin), next = text[end];
  if (is_wordy(before) || is_wordy(next)) return;
  if ((before == '-' && begin >= 2 && is_alnum(text[begin - 2])) || (next == '-' && is_alnum(text[end + 1]))) return;
  const std::string_view word = text.part(begin, end);
  find_nino(text, begin);
  if (looks_as(word, "DDDDDDDDL") && dni_letter(word.substr(0, 8)) == word[8]) {
    text.add(begin, end, PiiKind::kEsDni, text.mentions(begin, kDni) ? 0.98 : 0.8);
  } else if (looks_as(word, "LDDDDDDDL") && word[0] >= 'X' && word[0] <= 'Z') {
    std::string digits(word.substr(0, 8));
    digits[0] = static_cast<char>('0' + (word[0] - 'X'));
    if (dni_letter(digits) == word[8]) text.add(begin, end, PiiKind::kEsDni, 0.95);
  } else if (word.size() == 16 && is_upper(word[0]) && is_upper(word[5]) && is_digit(word[6])) {
    if (looks_as(word, "LLLLLLDDLDDLDDDL") &&
        std::string_view("ABCDEHLMPRST").find(word[8]) != std::string_view::npos && fiscal_code_holds(word)) {
      text.add(begin, end, PiiKind::kItFiscalCode, 0.99);
    }
  } else if (looks_as(word, "LLLLLDDDDL") && std::string_view("PCHFATBLJG").find(word[3]) != std::string_view::npos) {
    const bool named = text.mentions(begin, kPan);
    text.add(begin, end, PiiKind::kInPan, named ? 0.98 : word[3] == 'P' ? 0.8 : 0.4);
  } else if (word.size() == 15 && (word[6] == 'A' || word[6] == 'B') && word[5] == '2' && insee_holds(word)) {
    text.add(begin, end, PiiKind::kFrInsee, 0.95);
  }
}

void find_passport(PiiText& text, std::size_t begin, std::size_t end) {
  if (!text.wants(PiiKind::kPassport) || end - begin < 7 || end - begin > 9 || is_wordy(text.before(begin))) return;
  if (is_wordy(text[end])) return;
  std::size_t digits = 0;
  for (std::size_t at = begin; at < end; ++at) {
    if (!is_digit(text[at]) && !is_upper(text[at])) return;
    digits += is_digit(text[at]);
  }
  if (digits >= 5 && text.mentions(begin, kPassport, 40)) text.add(begin, end, PiiKind::kPassport, 0.95);
}

}  // namespace millpond::curate
