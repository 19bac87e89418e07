// What holds for every document: random ones, of many scripts and kinds, under random rules.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "chunk/piece.h"
#include "chunker_fixture.h"

namespace millpond::chunk {
namespace {

class RandomDocument {
 public:
  explicit RandomDocument(unsigned seed) : random_(seed) {
    const int size = below(30);
    for (int i = 0; i < size; ++i) texts_.push_back(text());
    for (int i = 0; i < size; ++i) {
      Element element{.kind = kKinds[below(std::size(kKinds))], .level = 1 + below(4), .text = texts_[i]};
      element.page = below(3) == 0 ? 0 : 1 + i / 4;
      elements.push_back(element);
    }
    rules.tokens_max = 8 + below(below(2) == 0 ? 20 : 250);
    rules.tokens_min = below(rules.tokens_max + 1);
    if (below(2) == 0) rules.tokens_min = 0;
    if (below(3) == 0) rules.tokens_overlap = below(rules.tokens_max / 2);
    rules.mode = std::array{Mode::kStructure, Mode::kStructure, Mode::kSentence, Mode::kFixed}[below(4)];
    constexpr std::array kOthers = {Mode::kRecursive, Mode::kPage, Mode::kTitle, Mode::kCode, Mode::kSemantic};
    if (seed % 2 == 1) rules.mode = kOthers[seed / 2 % kOthers.size()];
  }
  std::vector<Element> elements;
  Rules rules;

 private:
  static constexpr Kind kKinds[] = {Kind::kText,     Kind::kText,    Kind::kText,   Kind::kTitle,    Kind::kTitle,
                                    Kind::kListItem, Kind::kTable,   Kind::kCode,   Kind::kListItem, Kind::kSkipped,
                                    Kind::kFigure,   Kind::kCaption, Kind::kCaption};
  int below(std::size_t n) { return n == 0 ? 0 : static_cast<int>(random_() % n); }

  std::string word() {
    static const std::string kWords[] = {"the",
                                         "of",
                                         "and",
                                         "Unbelievable",
                                         "tokenization",
                                         "end.",
                                         "Stop!",
                                         "naïve",
                                         "ÉTÉ",
                                         "3.14",
                                         "e.g.",
                                         "東京都",
                                         "今日は。",
                                         "ภาษาไทย",
                                         "हिन्दी।",
                                         "العربية؟",
                                         "\U0001F600\U0001F468\u200d\U0001F469",
                                         "http://example.org/a/b?c=d&e=f",
                                         "e\u0301\u0323",
                                         "[SEP]",
                                         "[[SEP]]",
                                         "foo_bar(baz);",
                                         "\u200b",
                                         "don't",
                                         "(see",
                                         "above).",
                                         "…",
                                         "한국어",
                                         "x",
                                         "\u0e33",
                                         "- a",
                                         "•",
                                         "\xff\xc3",
                                         "QmFzZTY0IGlzIG5vdCBwcm9zZQQmFzZTY0IGlzIG5vdCBwcm9zZQ",
                                         "antidisestablishmentarianism"};
    std::string found = kWords[below(std::size(kWords))];
    if (below(60) == 0) {
      const std::string repeated = found;
      for (int i = below(200); i > 0; --i) found += repeated;
    }
    return found;
  }
  std::string text() {
    static const char* kSpaces[] = {" ",  " ",    " ",      " ",      " ", "  ", "\n",
                                    "\t", "\n\n", "\u00a0", "\u3000", "",  ", ", ". "};
    std::string text = below(10) == 0 ? " \n" : "";
    for (int words = below(4) == 0 ? below(400) : below(25); words > 0; --words)
      text += word() + kSpaces[below(std::size(kSpaces))];
    return text;
  }

  std::mt19937 random_;
  std::vector<std::string> texts_;
};

/// The chunk's text, put together from its span by the rules in docs/formats/chunks.md.
std::string rebuild(const Document& document, const Chunk& chunk) {
  std::string text;
  const Element* before = nullptr;
  for (std::int32_t i = chunk.first_element; i <= chunk.last_element; ++i) {
    const Element& element = document.elements[i];
    const Measured& measured = document.measured[i];
    if (measured.tokens == 0) continue;
    const bool first = i == chunk.first_element, last = i == chunk.last_element;
    const std::string_view body = sub(element.text, measured.body);
    std::string_view part = body;
    if (last) part = part.substr(0, slice(element.text, 0, chunk.last_char).size() - measured.body.begin);
    const std::size_t from = first ? slice(element.text, 0, chunk.first_char).size() - measured.body.begin : 0;
    part = part.substr(from);
    if (before != nullptr) text += before->kind == Kind::kListItem && element.kind == Kind::kListItem ? "\n" : "\n\n";
    if (first && !measured.header.empty() && measured.body.begin + from >= measured.header.end) {
      text += std::string(sub(element.text, measured.header)) + "\n";
    }
    if (measured.bullet && from == 0) text += bullet_of(element);
    text += part;
    before = &element;
  }
  return text;
}

bool word_byte(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Whether a chunk may not begin or end at this byte: it stands in a word that would have fitted a chunk.
bool splits_a_word(const Document& document, std::int32_t element, std::size_t at) {
  const std::string_view text = document.elements[element].text;
  if (at == 0 || at >= text.size() || !word_byte(text[at - 1]) || !word_byte(text[at])) return false;
  std::size_t begin = at, end = at;
  while (begin > 0 && trailing_space(text.substr(0, begin)) == 0) --begin;
  while (end < text.size() && leading_space(text.substr(end)) == 0) ++end;
  const std::string_view word = text.substr(begin, end - begin);
  const std::int32_t room = document.rules.tokens_max - document.measured[element].header_tokens - 1;
  return document.tokenizer->count(word) <= room &&
         word.size() * 2 + 64 < static_cast<std::size_t>(document.bytes_max());
}

class ChunkerPropertyTest : public ::testing::TestWithParam<int> {};

TEST_P(ChunkerPropertyTest, holds) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    const RandomDocument random(static_cast<unsigned>(GetParam()) * 1000 + seed);
    SCOPED_TRACE(testing::Message() << "seed " << GetParam() * 1000 + seed << ", tokens_max " << random.rules.tokens_max
                                    << ", " << mode_names()[static_cast<std::size_t>(random.rules.mode)]);
    const Document document = measure(random.elements, *test_tokenizer(), random.rules);
    const std::vector<Chunk> chunks = split(random.elements, random.rules);

    std::vector<std::vector<bool>> covered;
    for (const Element& element : random.elements) covered.emplace_back(element.text.size());
    for (const Chunk& chunk : chunks) {
      ASSERT_EQ(chunk.tokens, test_tokenizer()->count(chunk.text)) << chunk.text;
      ASSERT_LE(chunk.tokens, random.rules.tokens_max);
      ASSERT_GT(chunk.tokens, 0);
      ASSERT_LE(chunk.text.size(), static_cast<std::size_t>(document.bytes_max()));
      ASSERT_EQ(rebuild(document, chunk), chunk.text);
      for (std::int32_t i = chunk.first_element; i <= chunk.last_element; ++i) {
        const std::string_view text = random.elements[i].text;
        const std::size_t begin = i == chunk.first_element ? slice(text, 0, chunk.first_char).size() : 0;
        const std::size_t end = i == chunk.last_element ? slice(text, 0, chunk.last_char).size() : text.size();
        ASSERT_LE(begin, end);
        ASSERT_FALSE(i == chunk.first_element && splits_a_word(document, i, begin)) << text.substr(begin);
        ASSERT_FALSE(i == chunk.last_element && splits_a_word(document, i, end)) << text.substr(0, end);
        std::fill(covered[i].begin() + begin, covered[i].begin() + end, true);
        const bool inside =
            i > chunk.first_element && random.elements[i].kind == Kind::kTitle && document.measured[i].tokens > 0;
        const bool apart = (random.rules.mode == Mode::kStructure && random.rules.tokens_min == 0) ||
                           random.rules.mode == Mode::kTitle;
        ASSERT_FALSE(inside && apart) << "crosses a title";
      }
    }
    for (std::size_t i = 0; i < covered.size(); ++i) {
      const Element& element = random.elements[i];
      if (document.measured[i].tokens == 0 || (element.kind == Kind::kTitle && document.by_sections())) continue;
      for (std::size_t at = 0; at < element.text.size(); ++at) {
        if (covered[i][at] || !word_byte(element.text[at])) continue;
        FAIL() << "element " << i << ", byte " << at << " is in no chunk: " << element.text.substr(at, 40);
      }
    }
  }
}

TEST_P(ChunkerPropertyTest, is_deterministic_and_in_order) {
  const RandomDocument random(static_cast<unsigned>(GetParam()));
  const std::vector<Chunk> once = split(random.elements, random.rules), again = split(random.elements, random.rules);
  ASSERT_EQ(once.size(), again.size());
  for (std::size_t i = 0; i < once.size(); ++i) {
    EXPECT_EQ(once[i].text, again[i].text);
    if (i == 0) continue;
    EXPECT_LE(std::pair(once[i - 1].first_element, once[i - 1].first_char),
              std::pair(once[i].first_element, once[i].first_char));
    EXPECT_LT(std::pair(once[i - 1].last_element, once[i - 1].last_char),
              std::pair(once[i].last_element, once[i].last_char));
  }
}

TEST_P(ChunkerPropertyTest, counts_add_up_over_white_space) {
  const RandomDocument random(static_cast<unsigned>(GetParam()) + 77);
  std::string all;
  std::int64_t sum = 0;
  for (const Element& element : random.elements) {
    sum += test_tokenizer()->count(element.text);
    all += std::string(element.text) + "\n\n";
  }
  EXPECT_EQ(test_tokenizer()->count(all), sum);
}

INSTANTIATE_TEST_SUITE_P(Random, ChunkerPropertyTest, ::testing::Range(0, 16));

}  // namespace
}  // namespace millpond::chunk
