// The ways to cut a document, side by side on small ones.
#include "chunker_fixture.h"

namespace millpond::chunk {
namespace {

std::vector<std::string> texts(const std::vector<Element>& elements, Mode mode, int tokens_max,
                               std::string_view title = "") {
  Rules rules;
  rules.mode = mode;
  rules.tokens_max = tokens_max;
  rules.tokens_min = 0;
  std::vector<std::string> out;
  for (const Chunk& chunk : split(elements, rules, title)) {
    out.push_back(chunk.text);
    EXPECT_EQ(chunk.tokens, test_tokenizer()->count(chunk.text)) << chunk.text;
    EXPECT_LE(chunk.tokens, mode == Mode::kHierarchical && chunk.parent < 0 ? 4 * tokens_max : tokens_max);
  }
  return out;
}

using Texts = std::vector<std::string>;

TEST(ChunkModes, RecursiveCrossesSectionsAndKeepsElements) {
  const std::vector<Element> elements = {{.text = "One two three four."},
                                         {.kind = Kind::kTitle, .level = 1, .text = "Title"},
                                         {.text = "Five six seven eight nine ten."}};
  EXPECT_EQ(texts(elements, Mode::kRecursive, 12),
            (Texts{"One two three four.\n\nTitle", "Five six seven eight nine ten."}));
}

TEST(ChunkModes, PagesEndChunks) {
  const std::vector<Element> elements = {
      {.text = "One.", .page = 1}, {.text = "Two.", .page = 1}, {.text = "Three.", .page = 2}};
  EXPECT_EQ(texts(elements, Mode::kPage, 100), (Texts{"One.\n\nTwo.", "Three."}));
}

TEST(ChunkModes, TableRowsCarryTheHeader) {
  const std::vector<Element> elements = {{.text = "Before."},
                                         {.kind = Kind::kTable, .text = "Kind\tShare\noak\t3\nelm\t12"}};
  EXPECT_EQ(texts(elements, Mode::kTableRows, 50), (Texts{"Before.", "Kind\tShare\noak\t3", "Kind\tShare\nelm\t12"}));
}

TEST(ChunkModes, CodeIsCutBetweenBlocks) {
  const std::vector<Element> elements = {
      {.kind = Kind::kCode,
       .text = "def a():\n    x = 1\n\n    return x\n\ndef b():\n    return 2\n\ndef c():\n    return 3"}};
  EXPECT_EQ(texts(elements, Mode::kCode, 18),
            (Texts{"def a():\n    x = 1\n\n    return x\n\ndef b():\n    return 2", "def c():\n    return 3"}));
}

TEST(ChunkModes, ContextStandsInFront) {
  const std::vector<Element> elements = {{.kind = Kind::kTitle, .level = 1, .text = "Leave"},
                                         {.kind = Kind::kTitle, .level = 2, .text = "Sick leave"},
                                         {.text = "Call before nine."}};
  EXPECT_EQ(texts(elements, Mode::kContextual, 60, "Handbook"),
            (Texts{"Handbook \u203A Leave \u203A Sick leave\n\nCall before nine."}));
  // No room for all: the outermost go first.
  EXPECT_EQ(texts(elements, Mode::kContextual, 16, "Handbook"),
            (Texts{"Leave \u203A Sick leave\n\nCall before nine."}));
}

TEST(ChunkModes, ParentsComeBeforeTheirParts) {
  const std::vector<Element> elements = {{.text = "One two three four five six."},
                                         {.text = "Seven eight nine ten eleven."}};
  Rules rules;
  rules.mode = Mode::kHierarchical;
  rules.tokens_max = 8;
  rules.tokens_min = 0;
  const std::vector<Chunk> chunks = split(elements, rules);
  ASSERT_EQ(chunks.size(), 3u);
  EXPECT_EQ(chunks[0].text, "One two three four five six.\n\nSeven eight nine ten eleven.");
  EXPECT_EQ(chunks[0].parent, -1);
  EXPECT_EQ(chunks[1].text, "One two three four five six.");
  EXPECT_EQ(chunks[1].parent, 0);
  EXPECT_EQ(chunks[2].parent, 0);
}

TEST(ChunkModes, MeaningDecidesWhereAChunkEnds) {
  std::vector<Element> elements(6);
  const Texts words = {"Water runs.", "Water falls.", "Water flows.", "Grain grows.", "Grain ripens.", "Grain falls."};
  for (std::size_t i = 0; i < 6; ++i) elements[i].text = words[i];
  Rules rules;
  rules.mode = Mode::kSemantic;
  rules.tokens_max = 18;
  rules.tokens_min = 0;
  auto chunker = *Chunker::make(test_tokenizer(), rules);
  EXPECT_FALSE(chunker.split(elements, "", [](const Chunk&) { return Status(); }).ok());  // without likeness
  chunker.set_likeness([](std::span<const std::string> texts, std::vector<float>& to_next) {
    for (std::size_t i = 0; i + 1 < texts.size(); ++i) to_next.push_back(i == 2 ? 0.1F : 0.9F);
    return Status();
  });
  Texts out;
  ASSERT_TRUE(chunker
                  .split(elements, "",
                         [&](const Chunk& chunk) {
                           out.push_back(chunk.text);
                           return Status();
                         })
                  .ok());
  EXPECT_EQ(out,
            (Texts{"Water runs.\n\nWater falls.\n\nWater flows.", "Grain grows.\n\nGrain ripens.\n\nGrain falls."}));
}

TEST(ChunkModes, NamesAndModesAgree) {
  for (std::size_t i = 0; i < mode_names().size(); ++i)
    EXPECT_EQ(mode_from_name(mode_names()[i]), static_cast<Mode>(i));
  EXPECT_FALSE(mode_from_name("late"));
}

}  // namespace
}  // namespace millpond::chunk
