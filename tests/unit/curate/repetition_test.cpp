// Repetition beside its definition: rows of words as strings in maps.

#include "curate/quality/repetition.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

#include "curate/words/char_classes.h"

namespace millpond::curate {
namespace {

struct Text {
  std::string text;
  std::vector<WordToken> words;
};

/// Words of one to `longest` letters out of `letters`; now and then a row that came before.
Text made_by_chance(std::uint32_t seed, std::size_t count, std::size_t letters, std::size_t longest) {
  std::mt19937 random(seed);
  std::vector<std::string> words;
  while (words.size() < count) {
    if (words.size() > 30 && random() % 8 == 0) {
      const std::size_t from = random() % (words.size() - 25), size = random() % 25;
      for (std::size_t i = 0; i < size; ++i) words.push_back(std::string(words[from + i]));
      continue;
    }
    std::string word;
    for (std::size_t left = 1 + random() % longest; left > 0; --left) {
      const std::size_t letter = random() % letters;
      letter == 2 ? word += "\u00e9" : word += static_cast<char>('a' + letter);
    }
    words.push_back(word);
  }
  Text made;
  for (const std::string& word : words) {
    if (!made.text.empty()) made.text += ' ';
    const auto begin = static_cast<std::uint32_t>(made.text.size());
    made.text += word;
    made.words.push_back({begin, begin + static_cast<std::uint32_t>(word.size()), count_chars(word), 0});
  }
  return made;
}

std::string row_of(const Text& t, std::size_t at, std::size_t n, std::string_view between) {
  std::string row;
  for (std::size_t i = at; i < at + n; ++i) {
    if (i > at) row += between;
    row.append(t.text, t.words[i].begin, t.words[i].end - t.words[i].begin);
  }
  return row;
}

double most_frequent(const Text& t, std::size_t n) {
  std::map<std::string, std::size_t> counts;
  for (std::size_t i = 0; i + n <= t.words.size(); ++i) ++counts[row_of(t, i, n, " ")];
  std::size_t most = 0;
  for (const auto& [row, count] : counts) most = std::max(most, count);
  for (std::size_t i = 0; i + n <= t.words.size(); ++i) {
    const std::string row = row_of(t, i, n, " ");
    if (counts[row] == most) return static_cast<double>(count_chars(row) * most) / count_chars(t.text);
  }
  return 0;
}

double came_before(const Text& t, std::size_t n, RowsBy rows) {
  std::set<std::string> seen;
  std::size_t chars = 0;
  for (std::size_t i = 0; i + n <= t.words.size();) {
    const std::string row = row_of(t, i, n, "");
    const bool again = !seen.insert(rows == RowsBy::kWords ? row_of(t, i, n, " ") : row).second;
    chars += again ? count_chars(row) : 0;
    i += again ? n : 1;
  }
  return static_cast<double>(chars) / count_chars(t.text);
}

void expect_as_defined(RepetitionMeter& meter, const Text& t) {
  for (const RowsBy rows : {RowsBy::kBytes, RowsBy::kWords}) {
    const Repetition found = meter.measure(t.text, t.words, count_chars(t.text), rows);
    for (std::size_t n = 2; n <= 4; ++n) EXPECT_DOUBLE_EQ(found.top_ngram_frac[n - 2], most_frequent(t, n)) << n;
    for (std::size_t n = 5; n <= 10; ++n) EXPECT_DOUBLE_EQ(found.dup_ngram_frac[n - 5], came_before(t, n, rows)) << n;
  }
}

TEST(Repetition, IsAsDefined) {
  RepetitionMeter meter;
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    const std::size_t count = seed % 3 == 0 ? 3 + seed : 200 + 20 * seed;
    expect_as_defined(meter, made_by_chance(seed, count, 2 + seed % 20, 1 + seed % 13));
  }
}

TEST(Repetition, CountsBeyondWhatItsCountersHold) {
  RepetitionMeter meter;
  Text t = made_by_chance(7, 40, 20, 9);
  std::string again = "a b a c";
  for (int i = 0; i < 400; ++i) {
    if (i == 300) again = "x y x";
    for (const char c : again) {
      if (c == ' ') continue;
      t.text += ' ';
      const auto begin = static_cast<std::uint32_t>(t.text.size());
      t.text += c;
      t.words.push_back({begin, begin + 1, 1, 0});
    }
  }
  expect_as_defined(meter, t);
}

// Of so many starts of rows no hashes are kept.
TEST(Repetition, OfAMillionRepeatedRowsIsCounted) {
  constexpr std::uint32_t kWords = 1'200'000, kDifferent = 3;
  std::string text;
  std::vector<WordToken> words;
  for (std::uint32_t i = 0; i < kWords; ++i) {
    text += std::string(2, static_cast<char>('a' + i % kDifferent)) + (i + 1 < kWords ? " " : "");
    words.push_back({3 * i, 3 * i + 2, 2, 0});
  }
  RepetitionMeter meter;
  for (const RowsBy by : {RowsBy::kBytes, RowsBy::kWords}) {
    const Repetition found = meter.measure(text, words, static_cast<std::uint32_t>(text.size()), by);
    for (std::uint32_t n = 5; n <= 10;
         ++n) {  // new are the first three rows; then each n-th word begins a repeated one
      const std::uint32_t rows = kWords - n + 1, repeated = (rows - kDifferent + n - 1) / n;
      EXPECT_DOUBLE_EQ(found.dup_ngram_frac[n - 5], 2.0 * n * repeated / static_cast<double>(text.size())) << n;
    }
  }
}

}  // namespace
}  // namespace millpond::curate
