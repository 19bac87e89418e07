#include "index/byte_classes.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "millpond/index/analyzer.h"

namespace millpond::index {
namespace {

TEST(ByteClasses, EveryKernelAgreesWithTheScalarOne) {
  std::mt19937 random(1);
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes.push_back(static_cast<char>(c));
  for (int i = 0; i < 4096; ++i) bytes.push_back(static_cast<char>(random()));
  for (const ByteKernels* kernels : all_byte_kernels()) {
    for (std::size_t at = 0; at + 64 <= bytes.size(); at += 13) {
      const ByteClasses expected = scalar_byte_kernels().classes(bytes.data() + at);
      const ByteClasses got = kernels->classes(bytes.data() + at);
      ASSERT_EQ(got.letters, expected.letters) << kernels->name;
      ASSERT_EQ(got.digits, expected.digits) << kernels->name;
      ASSERT_EQ(got.apostrophes, expected.apostrophes) << kernels->name;
      ASSERT_EQ(got.points, expected.points) << kernels->name;
      ASSERT_EQ(got.wide, expected.wide) << kernels->name;
    }
  }
}

using Words = std::vector<std::pair<std::string, std::uint32_t>>;  // term, and where it begins

Words words_of(Analyzer& analyzer, const std::string& text, std::uint32_t skipped = 0) {
  std::vector<Token> tokens;
  analyzer.analyze(text, tokens);
  Words words;
  for (const Token& token : tokens) words.emplace_back(analyzer.term(token.term), token.begin - skipped);
  return words;
}

// The rules of analyzer.h, one character after the other.
Words plain_words(const std::string& text) {
  const auto letter = [&](std::size_t i) {
    return i < text.size() && std::isalpha(static_cast<unsigned char>(text[i]));
  };
  const auto digit = [&](std::size_t i) {
    return i < text.size() && std::isdigit(static_cast<unsigned char>(text[i]));
  };
  Words words;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::size_t end = i;
    while (letter(end) || digit(end) ||
           (end > i && end < text.size() &&
            ((text[end] == '\'' && letter(end - 1) && letter(end + 1)) ||
             (text[end] == '.' && digit(end - 1) && digit(end + 1))))) {
      ++end;
    }
    if (end == i) continue;
    std::string term = text.substr(i, std::min<std::size_t>(end - i, 64));
    for (char& c : term) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    words.emplace_back(term, static_cast<std::uint32_t>(i));
    i = end;
  }
  return words;
}

TEST(Analyzer, CutsAsciiAsItsRulesSayWhereverTheTextLies) {
  std::mt19937 random(2);
  const auto analyzer = Analyzer::make("none");
  constexpr std::string_view kSigns = "aAbz'.'. 019-_\nqZ";
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    const std::size_t size = random() % 200;
    while (text.size() < size) text.push_back(kSigns[random() % (round % 2 == 0 ? kSigns.size() : 8)]);
    ASSERT_EQ(words_of(**analyzer, text), plain_words(text)) << text;
  }
}

TEST(Analyzer, WordsDoNotDependOnWhereTheyStand) {
  const auto analyzer = Analyzer::make("english");
  const std::string text =
      "The user’s café isn't 3.14 naïvely-built; Привет 日本語 Extraordinarily’s l'été 10.4.2... ÉCOLE word\xff"
      "word \xc3";
  const Words expected = words_of(**analyzer, text);
  ASSERT_GT(expected.size(), 15U);
  for (std::uint32_t spaces = 0; spaces < 130; ++spaces)
    ASSERT_EQ(words_of(**analyzer, std::string(spaces, ' ') + text, spaces), expected) << spaces;
}

}  // namespace
}  // namespace millpond::index
