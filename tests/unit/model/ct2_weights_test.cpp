#include "model/ct2_weights.h"

#include <gtest/gtest.h>

#include <string>

namespace millpond::model {
namespace {

std::string number(std::uint32_t value, int width) {
  std::string out;
  for (int i = 0; i < width; ++i) out += static_cast<char>(value >> 8 * i & 0xFF);
  return out;
}
std::string name(const std::string& text) {
  return number(static_cast<std::uint32_t>(text.size()) + 1, 2) + text + '\0';
}

/// Two tensors, the second under two names.
std::string small_file() {
  std::string file = number(6, 4) + name("WhisperSpec") + number(3, 4) + number(2, 4);
  file += name("heads") + number(0, 1) + number(2, 1) + number(2, 4) + number(8, 2);
  file += name("w") + number(2, 1) + number(1, 4) + number(3, 4) + number(4, 1) + number(6, 4);
  file += number(0x3C00, 2) + number(0xC100, 2) + number(0x0001, 2);
  return file + number(1, 4) + name("again") + name("w");
}

TEST(Ct2Weights, ReadsTensorsAndTheirOtherNames) {
  const std::string file = small_file();
  const auto weights = read_ct2(file);
  ASSERT_TRUE(weights.ok()) << weights.status().message();
  std::int64_t heads = 0;
  EXPECT_TRUE(weights->at("heads").integer(heads));
  EXPECT_EQ(heads, 8);
  std::vector<float> numbers;
  EXPECT_TRUE(weights->at("again").append_f32(numbers));
  EXPECT_EQ(numbers, (std::vector<float>{1.0F, -2.5F, 0x1p-24F}));
  EXPECT_EQ(weights->at("w").shape, (std::vector<std::size_t>{1, 3}));
  EXPECT_FALSE(weights->at("heads").append_f32(numbers));
}

TEST(Ct2Weights, RefusesWhatIsCutOffOrDoesNotFit) {
  const std::string file = small_file();
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(read_ct2(std::string_view(file).substr(0, size)).ok()) << size;
  }
  std::string other = file;
  other[other.find("\x3C") - 5] = 5;  // six bytes, it says, are five
  EXPECT_FALSE(read_ct2(other).ok());
  EXPECT_EQ(read_ct2(number(9, 4) + std::string(50, '\0')).status().code(), Code::kUnsupported);
}

}  // namespace
}  // namespace millpond::model
