// Lines and paragraphs beside their definitions, and the masks that find them by each set of instructions.

#include "curate/quality/lines.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "curate/words/byte_masks.h"

namespace millpond::curate {
namespace {

std::string made_by_chance(std::uint32_t seed) {
  const std::array<std::string, 17> pieces = {"word",     "\n",     "\n\n",     " ",      "\r\n",   "\r",
                                              "\xC2\x85", "\u2028", "\u2029",   "\u201C", "\u2026", "\x1c",
                                              "\x0b",     "\xC2",   "\xE2\x80", "\xA8",   "..."};
  std::mt19937 random(seed);
  std::string text;
  const std::size_t size = random() % (seed % 5 == 0 ? 9000 : 300), words = random() % 20;
  while (text.size() < size) text += random() % 21 < words ? "abcd" : pieces[random() % pieces.size()];
  return text;
}

/// Bytes of the line end at `at`.
std::size_t end_at(const std::string& text, std::size_t at) {
  for (const std::string_view end :
       {"\r\n", "\r", "\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\xC2\x85", "\u2028", "\u2029"}) {
    if (std::string_view(text).substr(at).starts_with(end)) return end.size();
  }
  return 0;
}

std::vector<std::string> strings(const std::vector<std::string_view>& views) { return {views.begin(), views.end()}; }

TEST(Lines, AreAsDefined) {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    const std::string text = made_by_chance(seed);
    std::vector<std::string> lines, newlines(1), paragraphs(1);
    std::string line;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = end_at(text, at);
      if (end > 0) lines.push_back(std::exchange(line, ""));
      if (end == 0) line += text[at];
      at += std::max<std::size_t>(end, 1);
    }
    if (!line.empty()) lines.push_back(line);
    for (const char c : text) c == '\n' ? newlines.emplace_back() : newlines.back() += c;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find_first_not_of('\n', at), text.size());
      if (end - at >= 2) {
        paragraphs.emplace_back();
        at = end;
      } else {
        paragraphs.back() += text[at++];
      }
    }
    std::vector<std::string_view> found;
    split_lines(text, found);
    ASSERT_EQ(strings(found), lines) << seed;
    split_newlines(text, found);
    ASSERT_EQ(strings(found), newlines) << seed;
    split_paragraphs(text, found);
    ASSERT_EQ(strings(found), paragraphs) << seed;
  }
}

TEST(Lines, AreFoundByEachSetOfInstructions) {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    const std::string text = made_by_chance(seed) + std::string(64, '.');
    const std::size_t blocks = text.size() / 64;
    std::vector<std::uint64_t> expected(blocks), found(blocks);
    all_byte_mask_kernels()[0]->line_end(text.data(), blocks, expected.data());
    for (std::size_t at = 0; at < blocks * 64; ++at) {  // each end is marked; marks that are none are allowed
      if (end_at(text, at) > 0) ASSERT_TRUE(expected[at / 64] >> (at % 64) & 1) << seed;
    }
    for (const ByteMaskKernels* kernels : all_byte_mask_kernels()) {
      kernels->line_end(text.data(), blocks, found.data());
      ASSERT_EQ(found, expected) << kernels->name;
      for (const char byte : {'\n', '.', '\xE2'}) {
        kernels->equal(text.data(), blocks, byte, found.data());
        for (std::size_t at = 0; at < blocks * 64; ++at) {
          ASSERT_EQ(found[at / 64] >> (at % 64) & 1, std::uint64_t{text[at] == byte}) << kernels->name;
        }
      }
    }
  }
}

}  // namespace
}  // namespace millpond::curate
