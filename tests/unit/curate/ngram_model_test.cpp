// Models that fastText made (tests/golden/ngram_model/make.py), read here: the same labels, the same probabilities.

#include "millpond/curate/ngram_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>

#include "curate/classify/open_models.h"
#include "curate/classify/row_sums.h"

namespace millpond::curate {
namespace {

const std::string kFolder = MILLPOND_SOURCE_DIR "/tests/golden/ngram_model/";

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class NgramModelFiles : public testing::TestWithParam<const char*> {};

TEST_P(NgramModelFiles, GivesFastTextsLabelsAndProbabilities) {
  const auto model = NgramModel::open(kFolder + GetParam());
  ASSERT_TRUE(model.ok()) << model.status().to_string();
  NgramReader reader(*model);
  const std::vector<std::string> texts = lines_of(kFolder + "texts.txt");
  const std::vector<std::string> expected = lines_of(kFolder + GetParam() + ".tsv");
  ASSERT_EQ(texts.size(), expected.size());
  ASSERT_GT(texts.size(), 40U);
  // Twice: words that were met before come from memory.
  for (std::size_t i = 0; i < 2 * texts.size(); ++i) {
    const std::string& text = texts[i % texts.size()];
    std::vector<LabelScore> best;
    reader.classify(text, 3, best);
    std::istringstream wanted(expected[i % texts.size()]);
    std::string label;
    double probability = 0;
    std::size_t place = 0;
    for (; wanted >> label >> probability; ++place) {
      ASSERT_LT(place, best.size()) << text;
      EXPECT_EQ((*model)->labels()[static_cast<std::size_t>(best[place].label)], label) << text;
      EXPECT_NEAR(best[place].probability, probability, 2e-6) << text;
    }
    EXPECT_EQ(place, best.size()) << text;
    std::vector<LabelScore> first;
    reader.classify(text, 1, first);
    ASSERT_EQ(first.size(), std::min<std::size_t>(1, best.size()));
    if (!best.empty()) {
      EXPECT_EQ(first[0].label, best[0].label) << text;
      EXPECT_EQ(first[0].probability, best[0].probability) << text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Files, NgramModelFiles,
                         testing::Values("tree.bin", "softmax.bin", "each.bin", "samples.bin", "tree.ftz",
                                         "output.ftz"));

TEST(NgramModel, RefusesWhatIsCutShort) {
  for (const char* name : {"tree.bin", "tree.ftz", "output.ftz"}) {
    const std::string bytes = bytes_of(kFolder + name);
    ASSERT_TRUE(NgramModel::parse(bytes).ok());
    for (std::size_t size = 0; size < bytes.size(); size += size < 300 ? 1 : 97) {
      const auto model = NgramModel::parse(std::string_view(bytes).substr(0, size));
      ASSERT_FALSE(model.ok()) << name << " of " << size;
      EXPECT_EQ(model.status().code(), Code::kDataCorrupt) << model.status().to_string();
    }
  }
}

TEST(NgramModel, RefusesWordVectorsOtherVersionsAndTooMuch) {
  std::string bytes = bytes_of(kFolder + "tree.ftz");
  bytes[36] = 1;  // cbow
  EXPECT_EQ(NgramModel::parse(bytes).status().code(), Code::kUnsupported);
  bytes = bytes_of(kFolder + "tree.ftz");
  bytes[4] = 13;
  EXPECT_EQ(NgramModel::parse(bytes).status().code(), Code::kUnsupported);
  bytes = bytes_of(kFolder + "tree.ftz");
  EXPECT_EQ(NgramModel::parse(bytes, {.decoded_bytes_max = 1000}).status().code(), Code::kResourceExhausted);
  EXPECT_EQ(NgramModel::parse(bytes, {.buckets_max = 1999}).status().code(), Code::kResourceExhausted);
}

TEST(RowKernels, AgreeToTheLastBit) {
  std::vector<float> rows(70 * 40), x(70);
  std::uint32_t state = 1;
  const auto next = [&] { return static_cast<float>((state = state * 1664525 + 1013904223) >> 8) / 1e7F - 0.8F; };
  for (float& value : rows) value = next();
  for (float& value : x) value = next();
  std::vector<std::uint64_t> bits(100);
  for (std::uint64_t& word : bits) word = std::uint64_t{state = state * 1664525 + 1013904223} * 0x9E3779B97F4A7C15U;
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < 77; ++i) numbers.push_back((state = state * 1664525 + 1013904223) % 6400);
  for (const std::size_t width : {1, 3, 8, 15, 16, 17, 33, 64, 70}) {
    const std::uint32_t ids[] = {3, 39, 0, 3, 17};
    std::vector<float> wanted = x;
    const RowKernels& scalar = *row_kernels().front();
    scalar.add(reinterpret_cast<const char*>(rows.data()), width, ids, 5, wanted.data());
    std::vector<std::uint32_t> wanted_numbers = numbers;
    wanted_numbers.resize(scalar.keep_set(bits.data(), wanted_numbers.data(), numbers.size()));
    ASSERT_GT(wanted_numbers.size(), 10U);
    for (const RowKernels* kernels : row_kernels()) {
      std::vector<float> sum = x;
      kernels->add(reinterpret_cast<const char*>(rows.data()), width, ids, 5, sum.data());
      EXPECT_EQ(sum, wanted) << kernels->name << " of " << width;
      const char* row = reinterpret_cast<const char*>(rows.data()) + 4;
      EXPECT_EQ(kernels->dot(row, width, x.data()), scalar.dot(row, width, x.data())) << kernels->name;
      std::vector<std::uint32_t> kept = numbers;
      kept.resize(kernels->keep_set(bits.data(), kept.data(), kept.size()));
      EXPECT_EQ(kept, wanted_numbers) << kernels->name;
      EXPECT_EQ(kernels->count_bits(bits[1]), scalar.count_bits(bits[1]));
    }
  }
}

// What fastText 0.9.2 says with lid.176.ftz.
TEST(Language, IsFastTextsForSentencesOfManyLanguages) {
  const auto file = ngram_model_file("lid.176");
  if (!file.ok()) GTEST_SKIP() << file.status().to_string();
  const auto model = NgramModel::open(*file);
  ASSERT_TRUE(model.ok()) << model.status().to_string();
  NgramReader reader(*model);
  std::size_t languages = 0;
  for (const std::string& line : lines_of(kFolder + "sentences.tsv")) {
    std::istringstream fields(line);
    std::string label, text;
    double probability = 0;
    fields >> label >> probability >> std::ws;
    std::getline(fields, text);
    std::vector<LabelScore> best;
    reader.classify(text, 1, best);
    ASSERT_EQ(best.size(), 1U);
    EXPECT_EQ((*model)->labels()[static_cast<std::size_t>(best[0].label)], label) << text;
    EXPECT_NEAR(best[0].probability, probability, 5e-6) << text;
    ++languages;
  }
  EXPECT_GE(languages, 25U);
}

}  // namespace
}  // namespace millpond::curate
