// The finder against the definition: every window is looked up in a map of all earlier ones.

#include "curate/repeats/repeat_finder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <unordered_map>

namespace millpond::curate {
namespace {

std::string marks(const std::vector<std::string>& texts, std::size_t length) {
  std::unordered_map<std::string_view, std::pair<std::size_t, std::size_t>> first;
  std::string marks;
  for (std::size_t number = 0; number < texts.size(); ++number) {
    const std::string_view text = texts[number];
    std::string marked(text.size(), '.');
    for (std::size_t begin = 0; begin + length <= text.size(); ++begin) {
      const auto [entry, fresh] = first.try_emplace(text.substr(begin, length), number, begin);
      const auto [where, at] = entry->second;
      if (!fresh && (where != number || at + length <= begin)) marked.replace(begin, length, std::string(length, 'x'));
    }
    marks += marked;
  }
  return marks;
}

struct Answer {
  std::string marks;
  std::size_t pieces = 0;
};

/// What the finder marks; each piece must be what its first place says.
Answer found(const std::vector<std::string>& texts, std::size_t length, std::int64_t memory_bytes,
             const std::string& folder) {
  Context context;
  context.set_memory_limit(memory_bytes);
  Answer answer;
  {
    const auto finder = make_span_finder(length, folder, context.memory());
    for (const std::string& text : texts) EXPECT_TRUE(finder->add(text, context).ok());
    EXPECT_TRUE(finder->finish(context).ok());
    for (std::size_t number = 0; number < texts.size(); ++number) {
      std::vector<Repeat> repeats;
      EXPECT_TRUE(finder->next(repeats).ok());
      std::string marked(texts[number].size(), '.');
      std::int64_t end = 0;
      for (const Repeat& each : repeats) {
        const auto size = static_cast<std::size_t>(each.size);
        EXPECT_GE(each.begin, end);
        end = each.begin + each.size;
        EXPECT_EQ(
            texts[number].substr(static_cast<std::size_t>(each.begin), size),
            texts[static_cast<std::size_t>(each.first_text)].substr(static_cast<std::size_t>(each.first_begin), size));
        EXPECT_TRUE(each.first_text < static_cast<std::int64_t>(number) || each.first_begin < each.begin);
        marked.replace(static_cast<std::size_t>(each.begin), size, std::string(size, 'x'));
      }
      answer.marks += marked;
      answer.pieces += repeats.size();
    }
  }
  EXPECT_EQ(context.memory().used_bytes(), 0);
  return answer;
}

/// Texts that borrow from each other, of few letters so that short stretches repeat everywhere.
std::vector<std::string> texts_by_chance(unsigned seed, int letters) {
  std::mt19937 random(seed);
  std::vector<std::string> texts;
  for (int i = 0; i < 60; ++i) {
    std::string text;
    const int pieces = static_cast<int>(random() % 8);
    for (int piece = 0; piece < pieces; ++piece) {
      const auto kind = random() % 10;
      if (kind < 5 && !texts.empty()) {
        const std::string& other = texts[random() % texts.size()];
        const std::size_t begin = other.empty() ? 0 : random() % other.size();
        text += other.substr(begin, random() % 150);
      } else if (kind == 5) {
        text += std::string(random() % 90, '-');
      } else if (kind == 6) {
        for (auto times = random() % 30; times > 0; --times) text += "abcab";
      } else {
        for (auto size = random() % 120; size > 0; --size) text += static_cast<char>('a' + random() % letters);
      }
    }
    texts.push_back(text);
  }
  return texts;
}

TEST(RepeatFinder, MarksWhatTheDefinitionMarks) {
  std::size_t marked = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    const auto texts = texts_by_chance(seed, seed % 2 ? 26 : 2);
    for (const std::size_t length : {16, 17, 40}) {
      const std::string expected = marks(texts, length);
      ASSERT_EQ(found(texts, length, 1 << 30, {}).marks, expected) << seed << ' ' << length;
      marked += static_cast<std::size_t>(std::count(expected.begin(), expected.end(), 'x'));
    }
  }
  EXPECT_GT(marked, 100000u);
}

TEST(RepeatFinder, IsTheSameWithLittleMemory) {
  const auto folder = std::filesystem::temp_directory_path() / "millpond-repeat-finder-test";
  std::vector<std::string> texts;
  for (unsigned seed = 0; seed < 300; ++seed) {
    for (std::string& text : texts_by_chance(seed % 200, 26)) {
      text += " of " + std::to_string(seed);
      texts.push_back(std::move(text));
    }
  }
  const Answer plenty = found(texts, 50, 1 << 30, {});
  const Answer little = found(texts, 50, 256 << 10, folder.string());
  EXPECT_GT(plenty.pieces, 1000u);
  EXPECT_EQ(plenty.marks, little.marks);
  EXPECT_EQ(plenty.pieces, little.pieces);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
}

TEST(RepeatFinder, ManyNeighboursOfOneGram) {
  std::vector<std::string> texts;
  for (int i = 0; i < 400; ++i) {
    texts.push_back("line " + std::to_string(i % 37) + " of the same form, and of number " + std::to_string(i % 53));
  }
  for (const std::size_t length : {16, 24, 32, 41}) {
    EXPECT_EQ(found(texts, length, 1 << 30, {}).marks, marks(texts, length)) << length;
  }
}

TEST(RepeatFinder, NothingAndAlmostNothing) {
  EXPECT_EQ(found({}, 20, 1 << 20, {}).marks, "");
  const std::vector<std::string> few = {"", std::string(20, 'a'), "", std::string(19, 'a'), std::string(20, 'a')};
  EXPECT_EQ(found(few, 20, 1 << 20, {}).marks, std::string(39, '.') + std::string(20, 'x'));
}

TEST(PieceFinder, IsTheSameWithLittleMemory) {
  const auto folder = std::filesystem::temp_directory_path() / "millpond-piece-finder-test";
  const auto lines = [](std::int64_t memory_bytes, const std::string& spill_dir) {
    Context context;
    context.set_memory_limit(memory_bytes);
    std::mt19937 random(3);
    std::vector<Repeat> all;
    const auto finder = make_piece_finder({false, 5, false}, spill_dir, context.memory());
    for (int text = 0; text < 2000; ++text) {
      std::string lines;
      for (int line = 0; line < 30; ++line) lines += "line " + std::to_string(random() % 40000) + "\n";
      EXPECT_TRUE(finder->add(lines, context).ok());
    }
    EXPECT_TRUE(finder->finish(context).ok());
    for (int text = 0; text < 2000; ++text) {
      std::vector<Repeat> repeats;
      EXPECT_TRUE(finder->next(repeats).ok());
      all.insert(all.end(), repeats.begin(), repeats.end());
    }
    std::string marks;
    for (const Repeat& each : all) {
      marks += std::to_string(each.begin) + ' ' + std::to_string(each.first_text) + ' ' +
               std::to_string(each.first_begin) + '\n';
    }
    return marks;
  };
  const std::string plenty = lines(1 << 30, {});
  EXPECT_GT(std::count(plenty.begin(), plenty.end(), '\n'), 20000);
  EXPECT_EQ(plenty, lines(128 << 10, folder.string()));
  std::filesystem::remove_all(folder);
}

TEST(WordRowFinder, TakesOutWhatWasSeenAndHardlyAnythingElse) {
  Context context;
  const auto finder = make_word_row_finder({false, 0, false}, {5, 1.0, 40000, 0.01}, {}, context.memory());
  std::mt19937 random(5);
  std::vector<std::string> lines;
  for (int i = 0; i < 4000; ++i) {
    std::string line;
    for (int word = 0; word < 5; ++word) line += std::to_string(random()) + ' ';
    lines.push_back(i % 4 == 3 ? lines[random() % lines.size()] : line);
  }
  for (const std::string& line : lines) ASSERT_TRUE(finder->add(line, context).ok());
  ASSERT_TRUE(finder->finish(context).ok());
  int taken[2] = {0, 0};
  for (int i = 0; i < 4000; ++i) {
    std::vector<Repeat> repeats;
    ASSERT_TRUE(finder->next(repeats).ok());
    taken[i % 4 == 3] += !repeats.empty();
  }
  EXPECT_EQ(taken[1], 1000);
  EXPECT_LT(taken[0], 30);  // at most 1 in 100 of 3000, and the filter is a tenth full
}

}  // namespace
}  // namespace millpond::curate
