// What belongs together stands in one chunk: figures and tables with their captions, lists with what leads to them.
#include "chunker_fixture.h"

namespace millpond::chunk {
namespace {

std::vector<Chunk> chunks_of(const std::vector<Element>& elements, int tokens_max, Mode mode = Mode::kStructure) {
  Rules rules;
  rules.mode = mode;
  rules.tokens_max = tokens_max;
  rules.tokens_min = 0;
  return split(elements, rules);
}

std::vector<std::string> texts(const std::vector<Element>& elements, int tokens_max, Mode mode = Mode::kStructure) {
  std::vector<std::string> out;
  for (const Chunk& chunk : chunks_of(elements, tokens_max, mode)) {
    out.push_back(chunk.text);
    EXPECT_EQ(chunk.tokens, test_tokenizer()->count(chunk.text)) << chunk.text;
    EXPECT_LE(chunk.tokens, tokens_max) << chunk.text;
  }
  return out;
}

using Texts = std::vector<std::string>;

TEST(ChunkTies, ACaptionGoesWithItsTable) {
  const std::vector<Element> elements = {{.text = "One two three four five."},
                                         {.kind = Kind::kCaption, .text = "Table 1: Wood"},
                                         {.kind = Kind::kTable, .text = "oak\t3\nelm\t4"},
                                         {.text = "Six seven eight nine ten eleven twelve."}};
  for (const Mode mode : {Mode::kStructure, Mode::kTitle, Mode::kRecursive, Mode::kPage, Mode::kCode}) {
    EXPECT_EQ(texts(elements, 13, mode), (Texts{"One two three four five.", "Table 1: Wood\n\noak\t3\nelm\t4",
                                                "Six seven eight nine ten eleven twelve."}));
  }
}

TEST(ChunkTies, ACaptionBelowAFigureWithWords) {
  const std::vector<Element> elements = {{.text = "One two three four."},
                                         {.kind = Kind::kFigure, .text = "Wheel shaft axle"},
                                         {.kind = Kind::kCaption, .text = "Figure 1: The mill"},
                                         {.kind = Kind::kFigure, .text = "Stone grain flour"},
                                         {.kind = Kind::kCaption, .text = "Figure 2: The stone"}};
  EXPECT_EQ(texts(elements, 12), (Texts{"One two three four.", "Wheel shaft axle\n\nFigure 1: The mill",
                                        "Stone grain flour\n\nFigure 2: The stone"}));
}

TEST(ChunkTies, AFigureWithoutWordsIsInTheRangeOfItsCaption) {
  const std::vector<Element> elements = {
      {.text = "One two three four.", .page = 1, .box = {10, 10, 200, 20}},
      {.kind = Kind::kFigure, .page = 2, .box = {10, 100, 200, 200}},
      {.kind = Kind::kCaption, .text = " Figure 1: The mill", .page = 2, .box = {10, 210, 200, 220}},
      {.text = "Five six seven eight.", .page = 2, .box = {10, 300, 200, 310}}};
  const auto chunks = chunks_of(elements, 8);
  ASSERT_EQ(chunks.size(), 3u);
  EXPECT_EQ(chunks[1].text, "Figure 1: The mill");
  EXPECT_EQ(chunks[1].first_element, 1);
  EXPECT_EQ(chunks[1].last_element, 2);
  EXPECT_EQ(chunks[1].first_char, 0);
  EXPECT_EQ(chunks[1].last_char, 19);
  ASSERT_FALSE(chunks[1].boxes.empty());
  EXPECT_EQ(chunks[1].boxes[0].box.y0, 100);
  const std::vector<Element> below = {elements[0], elements[2], elements[1]};
  const auto others = chunks_of(below, 8);
  ASSERT_EQ(others.size(), 2u);
  EXPECT_EQ(others[1].first_element, 1);
  EXPECT_EQ(others[1].last_element, 2);
  EXPECT_EQ(others[1].last_char, 0);
}

TEST(ChunkTies, ATableThatIsTooLongKeepsItsCaptionBesideARow) {
  const std::vector<Element> elements = {
      {.text = "One two three four five six."},
      {.kind = Kind::kCaption, .text = "Table 1: Wood"},
      {.kind = Kind::kTable, .text = "oak\t3\nelm\t4\nash\t5\nfir\t6\nyew\t7\npear\t8"}};
  const Texts above = texts(elements, 11);
  ASSERT_GE(above.size(), 3u);
  EXPECT_EQ(above[1].substr(0, 20), "Table 1: Wood\n\noak\t3");
  const std::vector<Element> below = {elements[0], elements[2], elements[1]};
  EXPECT_NE(texts(below, 11).back().find("pear\t8\n\nTable 1: Wood"), std::string::npos) << texts(below, 11).back();
}

TEST(ChunkTies, AListGoesWithTheLineBeforeIt) {
  const std::vector<Element> elements = {{.text = "One two three four five six seven."},
                                         {.text = "Woods are:"},
                                         {.kind = Kind::kListItem, .level = 1, .text = "oak"},
                                         {.kind = Kind::kListItem, .level = 1, .text = "elm"}};
  EXPECT_EQ(texts(elements, 12), (Texts{"One two three four five six seven.", "Woods are:\n\n- oak\n- elm"}));
  const std::vector<Element> code = {elements[0], {.text = "Run:"}, {.kind = Kind::kCode, .text = "make mill"}};
  EXPECT_EQ(texts(code, 11), (Texts{"One two three four five six seven.", "Run:\n\nmake mill"}));
}

}  // namespace
}  // namespace millpond::chunk
