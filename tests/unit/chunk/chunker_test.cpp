#include "millpond/chunk/chunker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chunker_fixture.h"

namespace millpond::chunk {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Path = std::vector<std::string>;

Element text(std::string_view text) { return {.text = text}; }
Element title(int level, std::string_view text) { return {.kind = Kind::kTitle, .level = level, .text = text}; }
Element of(Kind kind, std::string_view text) { return {.kind = kind, .level = 1, .text = text}; }

std::vector<std::string> texts(const std::vector<Chunk>& chunks) {
  std::vector<std::string> found;
  for (const Chunk& chunk : chunks) found.push_back(chunk.text);
  return found;
}

const Rules kSmall{.tokens_max = 10, .tokens_min = 0};

TEST(ChunkerTest, keeps_sections_apart_and_names_the_titles_above) {
  const auto chunks = split({title(1, "Handbook"), text("Welcome."), title(2, "Leave"), text("Thirty days."),
                             title(3, "Sick"), text("Call us."), title(2, "Pay"), text("Monthly.")},
                            {.tokens_min = 0});
  EXPECT_THAT(texts(chunks), ElementsAre("Welcome.", "Thirty days.", "Call us.", "Monthly."));
  EXPECT_EQ(chunks[0].heading_path, Path({"Handbook"}));
  EXPECT_EQ(chunks[2].heading_path, Path({"Handbook", "Leave", "Sick"}));
  EXPECT_EQ(chunks[3].heading_path, Path({"Handbook", "Pay"}));
}

TEST(ChunkerTest, leaves_the_document_title_out_of_the_path) {
  const auto chunks =
      split({title(1, " Handbook"), title(2, "Leave"), text("Thirty days.")}, {.tokens_min = 0}, "Handbook");
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(chunks[0].heading_path, Path({"Leave"}));
}

TEST(ChunkerTest, joins_small_sections_under_one_parent) {
  const auto chunks =
      split({title(1, "A"), title(2, "B"), text("Bee."), title(2, "C"), text("Sea."), title(1, "D"), text("Dee.")},
            {.tokens_min = 20});
  EXPECT_THAT(texts(chunks), ElementsAre("B\n\nBee.\n\nC\n\nSea.", "Dee."));
  EXPECT_EQ(chunks[0].heading_path, Path({"A"}));
  EXPECT_THAT(chunks[0].titles, ElementsAre(0, 9));
  EXPECT_EQ(chunks[1].heading_path, Path({"D"}));
  EXPECT_THAT(chunks[1].titles, ElementsAre());
  EXPECT_EQ(chunks[0].first_element, 1);
  EXPECT_EQ(chunks[0].last_element, 4);
}

TEST(ChunkerTest, joins_a_small_section_with_its_own_subsection) {
  const auto chunks = split({title(1, "A"), text("Intro."), title(2, "B"), text("Bee.")}, {.tokens_min = 20});
  EXPECT_THAT(texts(chunks), ElementsAre("Intro.\n\nB\n\nBee."));
  EXPECT_EQ(chunks[0].heading_path, Path({"A"}));
}

TEST(ChunkerTest, makes_a_title_without_text_its_own_text) {
  EXPECT_THAT(texts(split({title(1, "A"), text("Text."), title(1, "Z")}, {.tokens_min = 0})),
              ElementsAre("Text.", "Z"));
  EXPECT_THAT(texts(split({title(1, "Only")}, {}, "Only")), ElementsAre("Only"));
}

TEST(ChunkerTest, prefers_the_end_of_an_element_then_of_a_sentence_then_of_a_word) {
  EXPECT_THAT(texts(split({text("One two three four five."), text("Six seven eight nine.")}, kSmall)),
              ElementsAre("One two three four five.", "Six seven eight nine."));
  EXPECT_THAT(texts(split({text("One two three. Four five six. Seven eight nine ten.")}, kSmall)),
              ElementsAre("One two three. Four five six.", "Seven eight nine ten."));
  EXPECT_THAT(texts(split({text("one two three four five six seven eight nine ten eleven twelve.")}, kSmall)),
              ElementsAre("one two three four five six seven eight nine ten", "eleven twelve."));
}

TEST(ChunkerTest, does_not_leave_a_tiny_chunk_before_an_element_that_would_not_fit) {
  Rules rules{.tokens_max = 10, .tokens_min = 4};
  EXPECT_THAT(texts(split({text("One."), text("Two three four. Five six seven eight.")}, rules)),
              ElementsAre("One.\n\nTwo three four.", "Five six seven eight."));
}

TEST(ChunkerTest, writes_bullets_and_keeps_lists_close) {
  Element nested = of(Kind::kListItem, "inner");
  nested.level = 2;
  const auto chunks =
      split({text("Bring:"), of(Kind::kListItem, "a pen"), nested, of(Kind::kListItem, "2. paper")}, {.tokens_min = 0});
  EXPECT_THAT(texts(chunks), ElementsAre("Bring:\n\n- a pen\n  - inner\n2. paper"));
  EXPECT_EQ(chunks[0].tokens, test_tokenizer()->count(chunks[0].text));
}

TEST(ChunkerTest, repeats_the_header_row_of_a_split_table) {
  const auto chunks = split({of(Kind::kTable, "name\tage\nada\t36\nalan\t41\ngrace\t85\nlinus\t55")},
                            {.tokens_max = 8, .tokens_min = 0});
  EXPECT_THAT(texts(chunks), ElementsAre("name\tage\nada\t36\nalan\t41\ngrace\t85", "name\tage\nlinus\t55"));
  EXPECT_EQ(chunks[1].first_char, 33);  // the repeated row is not part of the span
  EXPECT_EQ(chunks[1].last_char, 41);
}

TEST(ChunkerTest, splits_code_at_lines_and_keeps_indentation) {
  const auto chunks = split({of(Kind::kCode, "if a:\n  b = 1\n  c = 2\nd()\n")}, {.tokens_max = 8, .tokens_min = 0});
  EXPECT_THAT(texts(chunks), ElementsAre("if a:\n  b = 1", "  c = 2\nd()"));
}

TEST(ChunkerTest, leaves_page_headers_and_footers_out) {
  EXPECT_EQ(kind_from_name("header"), Kind::kSkipped);
  EXPECT_EQ(kind_from_name("footer"), Kind::kSkipped);
  EXPECT_EQ(kind_from_name("page_break"), Kind::kSkipped);
  const auto chunks = split({text("The text goes"), of(Kind::kSkipped, "Page 7"), text("on here.")}, {});
  EXPECT_THAT(texts(chunks), ElementsAre("The text goes\n\non here."));
}

TEST(ChunkerTest, cuts_a_word_only_if_it_alone_is_too_long) {
  std::string word;
  for (int i = 0; i < 30; ++i) word += "qxzj";  // 120 letters: one unknown token
  EXPECT_EQ(split({text(word)}, {.tokens_max = 8, .tokens_min = 0}).size(), 1u);
  const std::string shorter = word.substr(0, 60);
  const auto parts = split({text("before " + shorter + " after")}, {.tokens_max = 8, .tokens_min = 0});
  std::string all;
  for (const Chunk& chunk : parts) {
    EXPECT_LE(chunk.tokens, 8);
    EXPECT_EQ(chunk.tokens, test_tokenizer()->count(chunk.text));
    all += chunk.text;
  }
  EXPECT_THAT(all, ::testing::HasSubstr(shorter));
  EXPECT_GT(parts.size(), 2u);
  const std::string base64(1'000'000, 'Q');
  std::size_t size = 0;
  for (const Chunk& chunk : split({text(base64)}, {})) {
    EXPECT_LE(chunk.text.size(), 256u * kBytesPerTokenMax);
    size += chunk.text.size();
  }
  EXPECT_EQ(size, base64.size());
}

TEST(ChunkerTest, repeats_whole_sentences_as_overlap) {
  Rules rules{.tokens_max = 10, .tokens_min = 0, .tokens_overlap = 4};
  EXPECT_THAT(texts(split({text("Alpha one two. Beta one two. Gamma one two. Delta one.")}, rules)),
              ElementsAre("Alpha one two. Beta one two.", "Beta one two. Gamma one two.", "Gamma one two. Delta one."));
}

TEST(ChunkerTest, counts_positions_in_code_points) {
  const std::string body = "Äpfel und Öl. Über allen Gipfeln ist Ruh.";
  const auto chunks = split({text(body)}, {.tokens_max = 12, .tokens_min = 0});
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_EQ(chunks[1].first_char, 14);
  EXPECT_EQ(slice(body, chunks[1].first_char, chunks[1].last_char), "Über allen Gipfeln ist Ruh.");
  EXPECT_EQ(slice(body, 100, 200), "");
}

TEST(ChunkerTest, fills_the_budget_across_sections_in_the_other_modes) {
  const std::vector<Element> elements{title(1, "A"), text("One two. Three four."), title(1, "B"),
                                      text("Five six seven eight nine.")};
  Rules rules{.mode = Mode::kSentence, .tokens_max = 8, .tokens_min = 0};
  auto chunks = split(elements, rules);
  EXPECT_THAT(texts(chunks), ElementsAre("A\n\nOne two. Three four.\n\nB", "Five six seven eight nine."));
  EXPECT_EQ(chunks[0].heading_path, Path());
  EXPECT_EQ(chunks[1].heading_path, Path({"B"}));
  rules.mode = Mode::kFixed;
  EXPECT_THAT(texts(split(elements, rules)),
              ElementsAre("A\n\nOne two. Three four.\n\nB", "Five six seven eight nine."));
  EXPECT_THAT(texts(split({text("One two three. Four five six seven eight nine.")}, rules)),
              ElementsAre("One two three. Four five six seven", "eight nine."));
}

TEST(ChunkerTest, gathers_pages_and_merges_boxes) {
  Element a = text("One."), b = text("Two."), c = text("Three.");
  a.page = b.page = 3, c.page = 4;
  a.box = {72, 700, 300, 712}, b.box = {72, 718, 290, 730}, c.box = {72, 72, 300, 84};
  const auto chunks = split({a, b, c}, {});
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(chunks[0].first_page, 3);
  EXPECT_EQ(chunks[0].last_page, 4);
  ASSERT_EQ(chunks[0].boxes.size(), 2u);
  EXPECT_EQ(chunks[0].boxes[0].box.y1, 730);
  EXPECT_EQ(chunks[0].boxes[1].page, 4);
}

TEST(ChunkerTest, has_nothing_to_say_about_nothing) {
  EXPECT_THAT(split({}, {}), IsEmpty());
  EXPECT_THAT(split({text(""), text(" \n\t"), text("\u200b")}, {}), IsEmpty());
}

TEST(ChunkerTest, refuses_rules_that_contradict_each_other) {
  EXPECT_EQ(Chunker::make(nullptr, {.tokens_max = 7, .tokens_min = 0}).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(Chunker::make(nullptr, {.tokens_max = 10, .tokens_min = 11}).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(Chunker::make(nullptr, {.tokens_overlap = 129}).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace millpond::chunk
