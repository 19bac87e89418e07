// Compares ids with the reference implementation: a small golden file always, 100,000 fresh lines and every code point
// when a Python with the `tokenizers` package is at hand (MILLPOND_PYTHON, or python3).
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "millpond/model/catalog.h"
#include "millpond/model/tokenizer.h"

namespace millpond::model {
namespace {

struct Line {
  std::string text;
  std::vector<std::int32_t> ids;
  std::vector<TokenSpan> spans;
  bool has_spans = false;
};

Line parse(const std::string& row) {
  Line line;
  std::istringstream fields(row);
  std::string hex, ids, spans;
  std::getline(fields, hex, '\t');
  std::getline(fields, ids, '\t');
  std::getline(fields, spans, '\t');
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    line.text += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  std::istringstream numbers(ids);
  for (std::int32_t id; numbers >> id;) line.ids.push_back(id);
  line.has_spans = spans != "-";
  std::istringstream pairs(spans);
  char colon;
  for (TokenSpan span; line.has_spans && pairs >> span.begin >> colon >> span.end;) line.spans.push_back(span);
  return line;
}

struct Comparison {
  std::int64_t lines = 0, ids = 0, wrong_lines = 0, spans = 0, wrong_spans = 0;
  std::string first_wrong;
};

Comparison compare(std::istream& rows) {
  Comparison found;
  const auto tokenizer = *Tokenizer::load(*find_model("minilm-l6"));
  for (std::string row; std::getline(rows, row);) {
    const Line line = parse(row);
    std::vector<std::int32_t> ids, again;
    std::vector<TokenSpan> spans;
    std::vector<Word> words;
    tokenizer->encode(line.text, ids);
    tokenizer->encode_with_offsets(line.text, again, spans);
    tokenizer->words(line.text, words);
    std::int64_t sum = 0;
    for (const Word& word : words) sum += word.tokens;
    ++found.lines;
    found.ids += static_cast<std::int64_t>(ids.size());
    const auto count = static_cast<std::int64_t>(ids.size());
    const bool right = ids == line.ids && again == ids && tokenizer->count(line.text) == count && sum == count;
    if (!right && ++found.wrong_lines == 1) found.first_wrong = row;
    if (!right || !line.has_spans) continue;
    for (std::size_t i = 0; i < spans.size(); ++i) {
      ++found.spans;
      const bool same = spans[i].begin == line.spans[i].begin && spans[i].end == line.spans[i].end;
      if (!same && ++found.wrong_spans == 1 && found.first_wrong.empty()) found.first_wrong = row;
    }
  }
  return found;
}

/// The reference takes spans by position where it puts marks in order, so it names a neighbour's bytes; ours follow
/// each mark. Everything else must be equal.
void check_spans(const Comparison& found) {
  EXPECT_LT(static_cast<double>(found.wrong_spans), 0.01 * static_cast<double>(found.spans)) << found.first_wrong;
}

/// Runs the script that asks the reference, and compares; skips without the reference.
void compare_with_reference(const std::string& lines) {
  const char* chosen = std::getenv("MILLPOND_PYTHON");
  const std::string python = chosen != nullptr ? chosen : "python3";
  if (std::system((python + " -c 'import tokenizers' 2>/dev/null").c_str()) != 0) {
    GTEST_SKIP() << "no Python with the tokenizers package; set MILLPOND_PYTHON";
  }
  const std::string path = testing::TempDir() + "millpond_tokenizer_" + lines + ".tsv";
  const std::string script = std::string(MILLPOND_SOURCE_DIR) + "/tests/golden/tokenizer/make_lines.py";
  const std::string command = python + " " + script + " " + *find_model("minilm-l6") + " " + lines + " 20 > " + path;
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  std::ifstream rows(path);
  const Comparison found = compare(rows);
  std::remove(path.c_str());
  EXPECT_GT(found.lines, 30'000);
  EXPECT_EQ(found.wrong_lines, 0) << found.first_wrong;
  check_spans(found);
  std::printf("%lld lines, %lld ids, %lld spans compared\n", static_cast<long long>(found.lines),
              static_cast<long long>(found.ids), static_cast<long long>(found.spans));
}

TEST(TokenizerReferenceTest, golden_lines) {
  std::ifstream rows(std::string(MILLPOND_SOURCE_DIR) + "/tests/golden/tokenizer/lines.tsv");
  const Comparison found = compare(rows);
  EXPECT_EQ(found.lines, 600);
  EXPECT_EQ(found.wrong_lines, 0) << found.first_wrong;
  check_spans(found);
}

TEST(TokenizerReferenceTest, a_hundred_thousand_lines_of_mixed_scripts) { compare_with_reference("100000"); }

TEST(TokenizerReferenceTest, every_code_point) { compare_with_reference("every"); }

}  // namespace
}  // namespace millpond::model
