#include <array>
#include <charconv>

#include "extract/ocr/lstm/language_bytes.h"
#include "extract/ocr/lstm/traineddata.h"

namespace millpond::extract::lstm {
namespace {

constexpr std::size_t kLettersMax = 4096, kTextMax = 64;

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), end + 1));
  return line;
}

std::string_view take_word(std::string_view& line) {
  const std::size_t start = std::min(line.find_first_not_of(' '), line.size());
  line.remove_prefix(start);
  const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

bool is_written_otherwise(std::string_view script) {
  static constexpr std::string_view kScripts[] = {"Han",    "Hiragana", "Katakana", "Hangul",  "Thai",
                                                  "Lao",    "Khmer",    "Myanmar",  "Tibetan", "Arabic",
                                                  "Hebrew", "Syriac",   "Thaana",   "Nko"};
  for (const std::string_view other : kScripts) {
    if (script == other) return true;
  }
  return false;
}

}  // namespace

/// A line a letter: its text, a number in base sixteen that says what it is, numbers with commas, its script, more.
Result<Letters> read_letters(std::string_view letters, std::string_view codes, int outputs) {
  constexpr unsigned kDigit = 8;
  std::string_view first = take_line(letters);
  std::size_t count = 0;
  std::from_chars(first.data(), first.data() + first.size(), count);
  if (count < 3 || count > kLettersMax) return unsupported("OCR letters: their number: ", count);
  Letters out;
  for (std::size_t i = 0; i < count; ++i) {
    if (letters.empty()) return corrupt("OCR letters: the list is cut off");
    std::string_view line = take_line(letters);
    const std::string_view text = take_word(line), kind = take_word(line);
    unsigned flags = 0;
    std::from_chars(kind.data(), kind.data() + kind.size(), flags, 16);
    if (text.empty() || text.size() > kTextMax) return corrupt("OCR letters: a letter of bytes: ", text.size());
    std::string_view script = take_word(line);
    if (script.find(',') != script.npos) script = take_word(line);
    if (is_written_otherwise(script)) return unsupported("OCR letters: of the script ", script);
    out.letters.push_back({i == 0 ? " " : std::string(text), (flags & kDigit) != 0});
  }
  LanguageBytes in(codes);
  if (in.number<std::uint32_t>() != count) return corrupt("OCR letters: another number of codes");
  out.letter_of_code.assign(static_cast<std::size_t>(outputs), -1);
  for (std::size_t i = 0; i < count; ++i) {
    const bool preferred = in.number<std::uint8_t>() != 0;
    if (in.number<std::uint32_t>() != 1) return unsupported("OCR letters: a letter of several codes");
    const auto code = in.number<std::int32_t>();
    if (in.broken || code < 0 || code >= outputs) return corrupt("OCR letters: a code that is none: ", code);
    int& letter = out.letter_of_code[static_cast<std::size_t>(code)];
    if (letter < 0 || preferred) letter = int(i);
  }
  if (out.letter_of_code[0] != 0) return corrupt("OCR letters: the space has another code");
  return out;
}

}  // namespace millpond::extract::lstm
