// A model of words against one that was estimated by the definitions and asked by KenLM
// (tests/golden/perplexity/make.py).

#include "millpond/curate/word_model.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace millpond::curate {
namespace {

const std::string kFolder = MILLPOND_SOURCE_DIR "/tests/golden/perplexity/";

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Path {
  std::string path = std::filesystem::temp_directory_path() / ("millpond-words-" + std::to_string(::getpid()));
  ~Path() { std::filesystem::remove(path); }
};

TEST(WordModel, GivesWhatKenLmGives) {
  Path path;
  Context context;
  const std::string corpus = bytes_of(kFolder + "corpus.txt");
  const std::string_view texts[] = {corpus};
  const Status trained = train_word_model(texts, 4, path.path, context);
  ASSERT_TRUE(trained.ok()) << trained.to_string();
  EXPECT_EQ(context.memory().used_bytes(), 0);
  const auto model = WordModel::open(path.path);
  ASSERT_TRUE(model.ok()) << model.status().to_string();
  std::ifstream lines(kFolder + "lines.tsv");
  std::string text, all;
  double sum = 0, score = 0, perplexity = 0;
  int count = 0;
  while (lines >> score >> perplexity >> std::ws && std::getline(lines, text)) {
    const WordModel::Sum got = (*model)->score(text);
    EXPECT_NEAR(got.log10, score, 2e-4) << text;
    EXPECT_NEAR(got.perplexity() / perplexity, 1, 1e-4) << text;
    all += text + "\n\n";
    sum += score;
    ++count;
  }
  EXPECT_EQ(count, 35);
  EXPECT_NEAR((*model)->score(all).log10, sum, 5e-3);
  EXPECT_EQ((*model)->score("ka unheard unheard lo").unknown, 2);
  EXPECT_EQ((*model)->score(" \n\t\n").words, 0);
}

TEST(WordModel, IsWrittenForOtherPrograms) {
  Path path, arpa;
  arpa.path += ".arpa";
  Context context;
  const std::string_view texts[] = {"the mill\nthe pond", "the mill\n\n"};
  ASSERT_TRUE(train_word_model(texts, 2, path.path, context).ok());
  const auto model = WordModel::open(path.path);
  ASSERT_TRUE(model.ok()) << model.status().to_string();
  const Status written = write_arpa(texts, **model, arpa.path, context);
  ASSERT_TRUE(written.ok()) << written.to_string();
  std::istringstream lines(bytes_of(arpa.path));
  std::vector<std::string> rows;
  double of_the_line = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t from = line.find('\t'), until = line.find('\t', from + 1);
    if (from == std::string::npos) {
      rows.push_back(line);
      continue;
    }
    rows.push_back(line.substr(from + 1, until - from - 1) + (until == std::string::npos ? "" : " +"));
    if (rows.back() == "<s> the" || rows.back() == "the pond" || rows.back() == "pond </s>") {
      of_the_line += std::stod(line);
    }
  }
  const std::vector<std::string> expected = {
      "\\data\\", "ngram 1=6", "ngram 2=5", "",          "\\1-grams:", "<unk> +",    "<s> +",
      "the +",    "mill +",    "</s> +",    "pond +",    "",           "\\2-grams:", "<s> the",
      "the mill", "mill </s>", "the pond",  "pond </s>", "",           "\\end\\"};
  EXPECT_EQ(rows, expected);
  EXPECT_NEAR(of_the_line, (*model)->score("the pond").log10, 1e-5);
  const std::string_view others[] = {"the weir"}, marks[] = {"the <unk>"};
  EXPECT_EQ(write_arpa(others, **model, arpa.path, context).code(), Code::kInvalidArgument);
  EXPECT_EQ(write_arpa(marks, **model, arpa.path, context).code(), Code::kInvalidArgument);
  EXPECT_FALSE(std::filesystem::exists(arpa.path + ".part"));
}

TEST(WordModel, RefusesWhatIsNoModelAndWhatDoesNotFit) {
  Path path;
  Context context;
  const std::string_view texts[] = {"a b c\na b d"};
  ASSERT_TRUE(train_word_model(texts, 3, path.path, context).ok());
  const std::string bytes = bytes_of(path.path);
  for (const std::size_t size : {std::size_t{0}, std::size_t{7}, std::size_t{40}, bytes.size() - 1}) {
    std::ofstream(path.path, std::ios::binary) << bytes.substr(0, size);
    EXPECT_EQ(WordModel::open(path.path).status().code(), Code::kDataCorrupt) << size;
  }
  std::string full = bytes;
  for (std::size_t at = 32; at + 16 <= full.size(); at += 16)
    full[at] |= 1;  // no slot is empty: a search must still end
  std::ofstream(path.path, std::ios::binary) << full;
  const auto model = WordModel::open(path.path);
  ASSERT_TRUE(model.ok());
  EXPECT_EQ((*model)->score("x y").words, 3);
  EXPECT_EQ(train_word_model(texts, 9, path.path, context).code(), Code::kInvalidArgument);
  const std::string_view blank[] = {" \n "};
  EXPECT_EQ(train_word_model(blank, 3, path.path, context).code(), Code::kInvalidArgument);
  Context narrow;
  narrow.set_memory_limit(1000);
  EXPECT_EQ(train_word_model(texts, 3, path.path, narrow).code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace millpond::curate
