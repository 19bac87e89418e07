// What the local embedder stands on: weights, hashes of files, batches by length.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "model/file_hash.h"
#include "model/length_batches.h"
#include "model/safetensors.h"

namespace millpond::model {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string file_of(const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  const std::uint64_t size = header.size();
  std::memcpy(bytes.data(), &size, 8);
  return bytes + header + data;
}

TEST(SafetensorsTest, ReadsTensors) {
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"n":{"dtype":"I64","shape":[],"data_offsets":[8,16]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  const float values[2] = {1.5f, -2.0f};
  const std::string bytes =
      file_of(padded, std::string(reinterpret_cast<const char*>(values), 8) + std::string(8, '\0'));
  const auto file = Safetensors::parse(bytes);
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  const auto floats = (*file)->floats("w", 2);
  ASSERT_TRUE(floats.ok()) << floats.status().to_string();
  EXPECT_EQ((*floats)[1], -2.0f);
  EXPECT_EQ((*file)->find("n")->shape.size(), 0U);
  EXPECT_EQ((*file)->find("absent"), nullptr);
  EXPECT_EQ((*file)->floats("w", 3).status().code(), Code::kUnsupported);
  EXPECT_EQ((*file)->floats("n", 2).status().code(), Code::kUnsupported);
}

TEST(SafetensorsTest, RefusesWhatDoesNotFit) {
  const std::vector<std::string> wrong = {
      "",
      "1234567",
      std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8),
      file_of("[]", ""),
      file_of("{\"w\":", ""),
      file_of(R"({"w":1})", ""),
      file_of(R"({"w":{"dtype":"F32","shape":[1]}})", "1234"),
      file_of(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "123"),
      file_of(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", "1234"),
      file_of(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "1234"),
      file_of(R"({"w":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}})", "1234"),
      file_of(R"({"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", "1234"),
      file_of(R"({"w":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,4]}})",
              "1234"),
      file_of(R"({"w":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,18446744073709551615]}})",
              "1234"),
      file_of(R"({"w":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}})", "1234"),
  };
  for (const std::string& bytes : wrong) {
    EXPECT_EQ(Safetensors::parse(bytes).status().code(), Code::kDataCorrupt) << bytes;
  }
}

class FileHashTest : public testing::Test {
 protected:
  void SetUp() override {
    folder = fs::temp_directory_path() / ("millpond_hash_" + std::to_string(::getpid()));
    fs::create_directories(folder);
    ::setenv("XDG_CACHE_HOME", (folder / "cache").c_str(), 1);
  }
  void TearDown() override {
    fs::remove_all(folder);
    ::unsetenv("XDG_CACHE_HOME");
  }
  void write(const std::string& text) { std::ofstream(folder / "file") << text; }
  fs::path folder;
};

TEST_F(FileHashTest, RemembersUntilTheFileChanges) {
  const std::string file = (folder / "file").string();
  write("water");
  const std::string first = *file_hash(file);
  EXPECT_EQ(first, *read_and_hash(file));
  EXPECT_EQ(first, text_hash("water"));
  ASSERT_FALSE(fs::is_empty(folder / "cache/millpond"));
  EXPECT_EQ(*file_hash(file), first);
  // It is the note that answered: one with another hash for the same file is believed.
  const fs::path note = fs::directory_iterator(folder / "cache/millpond")->path();
  std::string text;
  std::getline(std::ifstream(note), text);
  text.replace(0, 32, std::string(32, 'f'));
  std::ofstream(note) << text << '\n';
  EXPECT_EQ(*file_hash(file), std::string(32, 'f'));
  write("stone");
  EXPECT_EQ(*file_hash(file), text_hash("stone"));
  std::ofstream(note) << "damaged";
  EXPECT_EQ(*file_hash(file), text_hash("stone"));
  EXPECT_EQ(file_hash((folder / "absent").string()).status().code(), Code::kNotFound);
}

TEST(LengthBatchesTest, CoversEveryTextWithLittlePadding) {
  std::vector<int> lengths;
  std::uint32_t seed = 1;
  for (int i = 0; i < 500; ++i) {
    seed = seed * 1664525U + 1013904223U;
    lengths.push_back(2 + static_cast<int>(seed >> 24));
  }
  std::vector<int> times(lengths.size());
  std::int64_t used = 0, computed = 0;
  for (const LengthBatch& batch : batches_by_length(lengths, 2048)) {
    EXPECT_LE(static_cast<int>(batch.texts.size()) * batch.length, 2048);
    for (const auto text : batch.texts) {
      ++times[text];
      used += lengths[text];
      EXPECT_LE(lengths[text], batch.length);
    }
    computed += batch.length * static_cast<int>(batch.texts.size());
  }
  EXPECT_THAT(times, testing::Each(1));
  EXPECT_LT(static_cast<double>(computed - used), 0.05 * static_cast<double>(computed));
}

TEST(LengthBatchesTest, HandlesTheEdges) {
  EXPECT_TRUE(batches_by_length({}, 2048).empty());
  const std::vector<int> longer = {4096, 4096};
  EXPECT_EQ(batches_by_length(longer, 2048).size(), 2U);
  const std::vector<int> few = {8, 12, 16};  // starting a run costs more than this padding
  EXPECT_EQ(batches_by_length(few, 2048).size(), 1U);
}

}  // namespace
}  // namespace millpond::model
