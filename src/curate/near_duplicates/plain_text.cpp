#include "curate/near_duplicates/plain_text.h"

#include <array>
#include <cstring>
#include <vector>

#include "curate/words/char_classes.h"

namespace millpond::curate {
namespace {

/// The forms by code point, in two steps.
class PlainForms {
 public:
  static const PlainForms& get() {
    static const PlainForms forms;
    return forms;
  }
  /// Null: the character is its own form.
  const char* of(char32_t c) const {
    const std::uint16_t block = blocks_[c >> 8];
    return block == 0 ? nullptr : forms_[static_cast<std::size_t>(block) * 256 + (c & 0xFF)];
  }

 private:
  PlainForms() : forms_(256, nullptr) {
    for (const PlainForm& form : plain_forms()) {
      std::uint16_t& block = blocks_[form.code_point >> 8];
      if (block == 0) {
        block = static_cast<std::uint16_t>(forms_.size() / 256);
        forms_.resize(forms_.size() + 256, nullptr);
      }
      forms_[static_cast<std::size_t>(block) * 256 + (form.code_point & 0xFF)] = form.form;
    }
  }
  std::array<std::uint16_t, 0x1100> blocks_{};
  std::vector<const char*> forms_;
};

/// What an ASCII byte becomes; 0: a gap.
constexpr std::array<char, 128> kAscii = [] {
  std::array<char, 128> forms{};
  for (int c = 0; c < 128; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    forms[static_cast<std::size_t>(c)] = c >= '0' && c <= '9' ? '0' : letter ? static_cast<char>(c | 32) : '\0';
  }
  return forms;
}();

void append_utf8(char32_t c, std::string& out) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
  } else if (c < 0x10000) {
    out += {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3F)),
            static_cast<char>(0x80 | (c & 0x3F))};
  } else {
    out += {static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 0x3F)),
            static_cast<char>(0x80 | (c >> 6 & 0x3F)), static_cast<char>(0x80 | (c & 0x3F))};
  }
}

class Plainer {
 public:
  Plainer(std::string_view text, std::string& out) : text_(text), out_(out), begin_(out.size()) {}

  void run() {
    std::size_t at = 0;
    while (at < text_.size()) {
      const auto byte = static_cast<unsigned char>(text_[at]);
      if (byte < 0x80) {
        const char form = kAscii[byte];
        if (form == 0) {
          gap_ = true;
          ++at;
        } else if (form == '0') {
          at = number_end(at);
          put('0');
        } else {
          const std::size_t end = letters_end(text_, at);
          put(form);
          put_letters(at + 1, end);
          at = end;
        }
        continue;
      }
      const std::size_t here = at;
      const char32_t c = decode(text_, at);
      const std::uint32_t bits = classes_.of(c);
      if (bits & kNumber) {
        at = number_end(here);
        put('0');
      } else if (bits & kSpace) {
        gap_ = true;
      } else if (c == 0x3A3) {
        wide(ends_word(here, at) ? 0x3C2 : 0x3C3);
      } else if (c >= 0xAC00 && c <= 0xD7A3) {
        hangul(c - 0xAC00);
      } else if (const char* form = forms_.of(c)) {
        for (; *form; ++form) *form == ' ' ? void(gap_ = true) : put(*form);
      } else {
        wide(c);
      }
    }
  }

 private:
  void put(char c) {
    if (gap_ && out_.size() > begin_) out_ += ' ';
    gap_ = false;
    out_ += c;
  }
  /// Further ASCII letters of a word.
  void put_letters(std::size_t begin, std::size_t end) {
    const std::size_t from = out_.size();
    out_.append(text_, begin, end - begin);
    for (std::size_t i = from; i < out_.size(); ++i) out_[i] = static_cast<char>(out_[i] | 0x20);
  }
  void wide(char32_t c) {
    if (gap_ && out_.size() > begin_) out_ += ' ';
    gap_ = false;
    append_utf8(c, out_);
  }
  void hangul(char32_t index) {
    wide(0x1100 + index / 588);
    wide(0x1161 + index % 588 / 28);
    if (index % 28 > 0) wide(0x11A7 + index % 28);
  }

  std::size_t digits_end(std::size_t at) const {
    while (at < text_.size()) {
      std::size_t next = at;
      if (!(classes_.of(decode(text_, next)) & kNumber)) break;
      at = next;
    }
    return at;
  }
  /// Of digits, and further ones after one separator.
  std::size_t number_end(std::size_t at) const {
    const std::size_t end = digits_end(at);
    if (end == text_.size()) return end;
    std::size_t next = end;
    if (!(classes_.of(decode(text_, next)) & kSeparator)) return end;
    const std::size_t more = digits_end(next);
    return more > next ? more : end;
  }
  /// Marks and such punctuation as stands inside words; they do not end one.
  bool is_ignorable(char32_t c) const {
    const char* form = forms_.of(c);
    if (form && *form == '\0') return true;
    return c == '\'' || c == '.' || c == ':' || c == '^' || c == '`' || c == 0xAD || c == 0xB7 || c == 0x2018 ||
           c == 0x2019;
  }
  bool is_cased(char32_t c) const {
    const std::uint32_t bits = classes_.of(c);
    return (bits & kLetter) && (bits & (kLower | kUpper)) != (kLower | kUpper);  // both: a script without case
  }
  /// A sigma after a cased letter and before none is a final one.
  bool ends_word(std::size_t begin, std::size_t end) const {
    std::size_t at = begin;
    char32_t c = 0;
    do {
      if (at == 0) return false;
      while (at > 0 && (static_cast<unsigned char>(text_[--at]) & 0xC0) == 0x80) {}
      std::size_t next = at;
      c = decode(text_, next);
    } while (is_ignorable(c));
    if (!is_cased(c)) return false;
    while (end < text_.size()) {
      c = decode(text_, end);
      if (!is_ignorable(c)) return !is_cased(c);
    }
    return true;
  }

  const std::string_view text_;
  std::string& out_;
  const std::size_t begin_;
  const CharClasses& classes_ = CharClasses::get();
  const PlainForms& forms_ = PlainForms::get();
  bool gap_ = false;
};

}  // namespace

void append_plain(std::string_view text, std::string& out) {
  out.reserve(out.size() + text.size());
  Plainer(text, out).run();
}

}  // namespace millpond::curate
