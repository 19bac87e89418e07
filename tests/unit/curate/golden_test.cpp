// Texts made by chance, and what datatrove and spaCy make of them (tests/golden/words/make_lines.py).

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "curate/near_duplicates/minhash.h"
#include "curate/near_duplicates/minhash_kernel.h"
#include "curate/near_duplicates/plain_text.h"
#include "curate/pii/contacts.h"
#include "curate/words/english_words.h"
#include "millpond/chain.h"

namespace millpond::curate {
namespace {

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

/// The lines of one kind, without it.
std::vector<std::vector<std::string>> lines_of(const std::string& kind) {
  std::ifstream file(MILLPOND_SOURCE_DIR "/tests/golden/words/lines.tsv");
  std::vector<std::vector<std::string>> lines;
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> fields(1);
    for (const char c : line) c == '\t' ? void(fields.emplace_back()) : void(fields.back() += c);
    if (fields[0] != kind) continue;
    fields.erase(fields.begin());
    lines.push_back(std::move(fields));
  }
  EXPECT_FALSE(lines.empty()) << kind;
  return lines;
}

ChainOutcome run(const std::vector<StepSpec>& steps, const std::string& text) {
  arrow::StringBuilder column;
  EXPECT_TRUE(column.Append(text).ok());
  const auto batch =
      arrow::RecordBatch::Make(arrow::schema({arrow::field("text", arrow::utf8())}), 1, {*column.Finish()});
  const auto chain = Chain::plan({{"text", utf8()}}, steps);
  EXPECT_TRUE(chain.ok()) << chain.status().to_string();
  Context context;
  auto outcome = (*ChainRunner::make(*chain))->run(batch, context);
  EXPECT_TRUE(outcome.ok()) << outcome.status().to_string();
  return *std::move(outcome);
}

TEST(Golden, WordsAreThoseOfTheReference) {
  EnglishWords words;
  std::vector<WordToken> tokens;
  for (int round = 0; round < 2; ++round) {  // the second time from the memo
    for (const auto& line : lines_of("words")) {
      const std::string text = from_hex(line[0]);
      words.split(text, tokens);
      std::string joined;
      for (const WordToken& token : tokens) {
        if (!joined.empty()) joined += '\x1f';
        joined += text.substr(token.begin, token.end - token.begin);
        EXPECT_EQ(token.chars, count_chars(std::string_view(text).substr(token.begin, token.end - token.begin)));
      }
      ASSERT_EQ(joined, from_hex(line[1])) << text;
    }
  }
}

TEST(Golden, NormalFormsAreThoseOfTheReference) {
  for (const auto& line : lines_of("plain")) {
    std::string plain;
    append_plain(from_hex(line[0]), plain);
    // A mark between two blanks leaves both in the reference; words are what counts.
    std::string expected;
    std::istringstream words(from_hex(line[1]));
    for (std::string word; words >> word;) expected += (expected.empty() ? "" : " ") + word;
    ASSERT_EQ(plain, expected) << from_hex(line[0]);
  }
}

TEST(Golden, SignaturesAreThoseOfTheReference) {
  const auto hasher = *Minhasher::make(MinhashForm{});
  std::string signature;
  for (const auto& line : lines_of("minhash")) {
    hasher->sign(from_hex(line[0]), signature);
    std::istringstream values(line[1]);
    std::size_t at = 8;
    for (std::uint64_t value = 0; values >> value; at += 8) {
      std::uint64_t ours = 0;
      ASSERT_LE(at + 8, signature.size());
      std::memcpy(&ours, signature.data() + at, 8);
      ASSERT_EQ(ours, value) << "value " << (at - 8) / 8;
    }
    EXPECT_EQ(at, signature.size());
  }
}

TEST(Golden, VerdictsAreThoseOfTheReference) {
  const std::vector<std::vector<std::string>> chains = {{"gopher_signals", "gopher_repetition"},
                                                        {"gopher_signals", "gopher_quality"},
                                                        {"fineweb_signals", "fineweb_quality"},
                                                        {"c4_quality"}};
  for (const auto& line : lines_of("verdict")) {
    for (std::size_t i = 0; i < chains.size(); ++i) {
      std::vector<StepSpec> steps;
      for (const std::string& name : chains[i]) steps.push_back({name, {}});
      const ChainOutcome outcome = run(steps, from_hex(line[0]));
      const std::string verdict = outcome.drops.empty() ? "kept" : outcome.drops.begin()->first;
      EXPECT_EQ(verdict, line[1 + i] == "kept" ? "kept" : chains[i].back() + ": " + line[1 + i]) << from_hex(line[0]);
      if (chains[i].back() != "c4_quality" || verdict != "kept") continue;
      const auto column = outcome.rows->GetColumnByName("text");
      EXPECT_EQ(static_cast<const arrow::StringArray&>(*column).GetString(0), from_hex(line[5]));
    }
  }
}

TEST(Golden, AddressesAreThoseOfTheReference) {
  std::vector<Found> found;
  const auto joined = [&](const std::string& text) {
    std::string all;
    for (const Found& each : found) all += (all.empty() ? "" : "\x1f") + text.substr(each.begin, each.end - each.begin);
    return all;
  };
  for (const auto& line : lines_of("contacts")) {
    const std::string text = from_hex(line[0]);
    find_emails(text, found);
    ASSERT_EQ(joined(text), from_hex(line[1])) << text;
    find_addresses(text, true, found);
    ASSERT_EQ(joined(text), from_hex(line[2])) << text;
  }
}

TEST(MinhashKernel, AllAreEqualToTheScalarOne) {
  std::vector<std::uint64_t> hashes, a, b;
  std::vector<std::uint32_t> narrow, narrow_a, narrow_b;
  std::uint64_t state = 1;
  const auto next = [&] { return state = state * 6364136223846793005u + 1442695040888963407u, state ^ state >> 29; };
  for (int i = 0; i < 333; ++i) hashes.push_back(next()), narrow.push_back(static_cast<std::uint32_t>(next()));
  hashes.push_back(0), hashes.push_back(~std::uint64_t{0});
  for (int i = 0; i < 176; ++i) {
    a.push_back(next() >> 3), b.push_back(next() >> 3);
    narrow_a.push_back(static_cast<std::uint32_t>(next())), narrow_b.push_back(static_cast<std::uint32_t>(next()));
  }
  for (const std::size_t count : {std::size_t{16}, std::size_t{112}, std::size_t{176}}) {
    for (const std::size_t size : {std::size_t{1}, hashes.size()}) {
      std::vector<std::uint64_t> one(count, ~std::uint64_t{0}), two = one;
      minhash_kernels().prime(hashes.data(), size, a.data(), b.data(), count, one.data());
      scalar_minhash_kernels().prime(hashes.data(), size, a.data(), b.data(), count, two.data());
      EXPECT_EQ(one, two);
      std::vector<std::uint32_t> three(count, ~std::uint32_t{0}), four = three;
      const std::size_t narrow_size = std::min(size, narrow.size());
      minhash_kernels().narrow(narrow.data(), narrow_size, narrow_a.data(), narrow_b.data(), count, three.data());
      scalar_minhash_kernels().narrow(narrow.data(), narrow_size, narrow_a.data(), narrow_b.data(), count, four.data());
      EXPECT_EQ(three, four);
    }
  }
}

}  // namespace
}  // namespace millpond::curate
