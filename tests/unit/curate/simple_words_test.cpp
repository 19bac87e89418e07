// Words cut simply, by each set of instructions, beside their definition: character by character.

#include "curate/words/simple_words.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "curate/words/char_classes.h"

namespace millpond::curate {
namespace {

enum class Kind { kGap, kRun, kMark };

struct Character {
  std::size_t begin, end;
  Kind kind;
  bool letter, ends_sentence;
};

std::vector<Character> characters_of(std::string_view text) {
  std::vector<Character> all;
  for (std::size_t at = 0; at < text.size();) {
    Character c{at, at, Kind::kRun, false, false};
    const char32_t code = decode(text, at);
    c.end = at;
    const std::uint32_t bits = CharClasses::get().of(code);
    if (code < 0x80) {
      c.letter = (code | 32) >= 'a' && (code | 32) <= 'z';
      const bool gap = code == ' ' || (code >= '\t' && code <= '\r') || (code >= 0x1C && code <= 0x1F);
      c.kind = gap ? Kind::kGap : c.letter || (code >= '0' && code <= '9') ? Kind::kRun : Kind::kMark;
      c.ends_sentence = code == '.' || code == '!' || code == '?';
    } else {
      c.kind = bits & kSpace ? Kind::kGap : bits & (kPunct | kSymbol) ? Kind::kMark : Kind::kRun;
      c.letter = (bits & kLetter) && c.kind == Kind::kRun;
      c.ends_sentence = bits & kSentenceEnd;
    }
    all.push_back(c);
  }
  return all;
}

std::string as_text(const WordToken& t) {
  return std::to_string(t.begin) + "-" + std::to_string(t.end) + "/" + std::to_string(t.chars) + ":" +
         std::to_string(t.flags);
}

std::vector<std::string> defined(std::string_view text) {
  std::vector<std::string> words;
  const std::vector<Character> all = characters_of(text);
  const auto push = [&](std::size_t first, std::size_t last, int flags) {
    words.push_back(as_text({static_cast<std::uint32_t>(all[first].begin), static_cast<std::uint32_t>(all[last].end),
                             static_cast<std::uint32_t>(last - first + 1), static_cast<std::uint8_t>(flags)}));
  };
  const auto push_marks = [&](std::size_t from, std::size_t to) {
    for (; from < to; ++from)
      push(from, from, WordToken::kAllPunct | (all[from].ends_sentence ? WordToken::kEndsSentence : 0));
  };
  for (std::size_t at = 0; at < all.size();) {
    std::size_t end = at, first = all.size(), last = 0;
    bool letter = false;
    for (; end < all.size() && all[end].kind != Kind::kGap; ++end) {
      if (all[end].kind != Kind::kRun) continue;
      first = std::min(first, end);
      last = end;
      letter |= all[end].letter;
    }
    if (first == all.size()) {
      push_marks(at, end);
    } else {
      push_marks(at, first);
      push(first, last, WordToken::kNotSymbol | (letter ? WordToken::kHasLetter : 0));
      push_marks(last + 1, end);
    }
    at = end + (end < all.size());
  }
  return words;
}

std::vector<SimpleWordsBy> all_ways() {
  std::vector<SimpleWordsBy> ways = {SimpleWordsBy::kScalar};
  if (fastest_simple_words() != SimpleWordsBy::kScalar) ways.push_back(SimpleWordsBy::kAvx2);
  if (fastest_simple_words() == SimpleWordsBy::kAvx512) ways.push_back(SimpleWordsBy::kAvx512);
  return ways;
}

void expect_as_defined(const std::string& text) {
  const std::vector<std::string> expected = defined(text);
  std::vector<WordToken> tokens;
  for (const SimpleWordsBy way : all_ways()) {
    split_simple_words(text, tokens, way);
    std::vector<std::string> found;
    for (const WordToken& token : tokens) found.push_back(as_text(token));
    ASSERT_EQ(found, expected) << "by " << static_cast<int>(way) << ", " << text.size() << " bytes";
  }
}

TEST(SimpleWords, AreAsDefined) {
  expect_as_defined("");
  expect_as_defined(
      "\"Don't,\" she said... (3.5% of e-mail) -- 'x'. \u201CCaf\u00e9\u201D\u2026 \u00bfno?! #1\u00a0000");
  expect_as_defined(std::string(200, '-') + "x" + std::string(300, '.') + "y" + std::string(100, '!'));
  expect_as_defined(std::string(10000, ' ') + "end");
  expect_as_defined("\xff\xfe \xe2\x80 a\xc3 \xf0\x9f\x98\x80.\xf0\x9f");
}

// Pieces of all lengths, so that each kind of character lies on each border of what is looked at together.
TEST(SimpleWords, OfTextsMadeByChanceAreAsDefined) {
  const std::array<std::string, 16> pieces = {
      "word", "I",         "2026",   ".",      "...",          ",",        "-",    " ",
      "\n",   "caf\u00e9", "\u2014", "\u3000", "\u4e2d\u6587", "\xe2\x80", "\x1c", "\u2029"};
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    std::string text;
    const std::size_t size = random() % (seed % 4 == 0 ? 20000 : 300);
    const std::size_t kinds = 2 + random() % (pieces.size() - 1), blanks = 1 + random() % 12;
    while (text.size() < size) {
      text += random() % 100 == 0 ? std::string(random() % 200, pieces[random() % kinds][0]) : pieces[random() % kinds];
      if (random() % blanks == 0) text += ' ';
    }
    ASSERT_NO_FATAL_FAILURE(expect_as_defined(text)) << seed;
  }
}

}  // namespace
}  // namespace millpond::curate
