#include "ask/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace millpond::ask {
namespace {

using nlohmann::ordered_json;

std::string dumped(const Passage& passage, bool marked) {
  ordered_json json = to_json(passage);
  if (marked) json["highlighted"] = highlighted(passage);
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string appended(const Passage& passage, bool marked) {
  std::string out;
  append_json(passage, marked, out);
  return out;
}

TEST(PassageAsText, IsWhatTheValueIs) {
  Passage passage;
  passage.row = std::string(32, 'a');
  passage.score = 12;
  EXPECT_EQ(appended(passage, false), dumped(passage, false));
  passage.document = std::string(32, 'b');
  passage.uri = "file:///a/\"quoted\"\\back.pdf";
  passage.title = "Gänse & <Schafe>";
  passage.heading_path = {"One", "", "Zwei\n\"und\" drei"};
  passage.text = "plain \"text\" with \\ and more";
  passage.before = "a \xFF byte, \x7F and a \x01";
  passage.after = "日本語";
  passage.first_page = 3, passage.last_page = 4;
  passage.score = 1e-7, passage.words_score = 35.23442825800417, passage.words_rank = 1;
  passage.vector_score = -.25, passage.vector_rank = 12, passage.feedback_score = .5;
  passage.rerank_score = 1e300, passage.found_rank = 7;
  passage.marks = {{0, 5}, {7, 11}};
  EXPECT_EQ(appended(passage, false), dumped(passage, false));
  EXPECT_EQ(appended(passage, true), dumped(passage, true));
}

}  // namespace
}  // namespace millpond::ask
