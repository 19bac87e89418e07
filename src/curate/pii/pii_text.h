#pragma once
// The text in which a detector looks at a candidate, and where it says what it found.

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "curate/pii/pii_kinds.h"

namespace millpond::curate {

inline bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }
inline bool is_upper(char c) { return static_cast<unsigned char>(c - 'A') < 26; }
inline bool is_letter(char c) { return static_cast<unsigned char>((c | 0x20) - 'a') < 26; }
inline bool is_alnum(char c) { return is_digit(c) || is_letter(c); }
/// A letter or digit of any script, or an underscore: nothing that stands alone begins beside it.
inline bool is_wordy(char c) { return is_alnum(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
inline bool is_hex(char c) { return is_digit(c) || static_cast<unsigned char>((c | 0x20) - 'a') < 6; }
inline int hex_value(char c) { return is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10; }
inline char lower(char c) { return is_upper(c) ? static_cast<char>(c + 32) : c; }

using Words = std::span<const std::string_view>;

/// Threads: none; one for each text.
class PiiText {
 public:
  PiiText(std::string_view text, const PiiKindSet& kinds, std::vector<PiiFinding>& found)
      : text_(text), kinds_(kinds), found_(found) {}

  std::size_t size() const { return text_.size(); }
  /// The byte at `at`, 0 outside of the text.
  char operator[](std::size_t at) const { return at < text_.size() ? text_[at] : '\0'; }
  char before(std::size_t at) const { return at > 0 ? text_[at - 1] : '\0'; }
  /// What of the text lies between these places; empty outside of it.
  std::string_view part(std::size_t begin, std::size_t end) const {
    return begin < text_.size() && begin < end ? text_.substr(begin, end - begin) : std::string_view();
  }
  std::string_view from(std::size_t begin, std::size_t size_bytes) const { return part(begin, begin + size_bytes); }

  /// Whether the letter before `at` is the end of an escape, as in "\\n4711" in a text that quotes a text.
  bool after_escape(std::size_t at) const {
    const char c = before(at);
    return at >= 2 && text_[at - 2] == '\\' && (c == 'n' || c == 'r' || c == 't');
  }

  bool wants(PiiKind kind) const { return kinds_[static_cast<std::size_t>(kind)]; }
  void add(std::size_t begin, std::size_t end, PiiKind kind, double confidence) {
    if (wants(kind)) found_.push_back({begin, end, kind, static_cast<float>(confidence)});
  }
  /// Whether one of the words (in lower case) stands within `reach` bytes before `at`, whole: "ssn" is in "SSN:",
  /// "user_ssn" and "userSsn", not in "lessness".
  bool mentions(std::size_t at, Words words, std::size_t reach = 48) const;

 private:
  std::string_view text_;
  const PiiKindSet& kinds_;
  std::vector<PiiFinding>& found_;
};

/// Digits in groups with single separators: "4111 1111 1111 1111", "555-12-3456". From the group at which it was read;
/// at most 12 groups and 24 digits.
struct NumberRun {
  static constexpr std::size_t kGroupsMax = 12, kDigitsMax = 24;
  struct Group {
    std::size_t begin = 0, end = 0;  ///< in the text
    std::size_t digits_end = 0;      ///< digits up to the end of this group
    char separator = 0;              ///< after it, if another group follows
  };
  std::array<Group, kGroupsMax> groups;
  std::size_t count = 0;
  std::array<char, kDigitsMax> digits;
  bool cut = false;  ///< more digits or groups follow
  char joined = 0;   ///< what ties the first group to something before it: a letter, or a mark after a digit

  std::string_view first_digits(std::size_t groups_taken) const {
    return {digits.data(), groups[groups_taken - 1].digits_end};
  }
  std::size_t digits_in(std::size_t group) const { return groups[group].end - groups[group].begin; }
  /// Whether the first groups have these sizes, with one separator of `separators` between all of them, and nothing
  /// that ties them to more digits.
  bool is(const PiiText& text, std::span<const unsigned char> sizes, std::string_view separators) const;
  /// Whether nothing after the group ties it to more digits or letters.
  bool ends_at(const PiiText& text, std::size_t group) const;
};

/// Reads the run of which a group begins at `at`.
NumberRun read_number_run(const PiiText& text, std::size_t at);

// The families. Each looks at one candidate in constant time, or time that the caller does not spend again.

void find_email(PiiText& text, std::size_t at);         ///< at @
void find_url_password(PiiText& text, std::size_t at);  ///< at @
void find_ipv6_or_mac(PiiText& text, std::size_t at);   ///< at the first : of a run
void find_ipv4(PiiText& text, const NumberRun& run);
void find_mac_with_hyphens(PiiText& text, std::size_t begin);
void find_phone(PiiText& text, const NumberRun& run);
void find_card(PiiText& text, const NumberRun& run);
void find_national_number(PiiText& text, const NumberRun& run);
void find_national_code(PiiText& text, std::size_t begin, std::size_t end);   ///< a word of letters and digits
void find_iban(PiiText& text, std::size_t begin, std::size_t end);            ///< likewise
void find_crypto_address(PiiText& text, std::size_t begin, std::size_t end);  ///< likewise
void find_passport(PiiText& text, std::size_t begin, std::size_t end);        ///< likewise, or of digits
void find_birth_date(PiiText& text, std::size_t begin);
void find_coordinates(PiiText& text, std::size_t begin);
void find_street_address(PiiText& text, const NumberRun& run);
void find_token(PiiText& text, std::size_t begin, std::size_t end);  ///< 20 or more letters, digits, - and _
void find_assigned_secret(PiiText& text, std::size_t at);            ///< at : or =
void find_private_key(PiiText& text, std::size_t at);                ///< at -----

}  // namespace millpond::curate
