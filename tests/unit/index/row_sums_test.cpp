#include "index/row_sums.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>

namespace millpond::index {
namespace {

constexpr std::uint32_t kRowsOfAll = 3 * RowSums::kRows;

struct Term {
  std::map<std::uint32_t, std::uint32_t> counts;  // by row
  std::string bytes;
  TermWeight weight;
  TermEntry entry() const {
    return {static_cast<std::uint32_t>(counts.size()),
            std::string_view(bytes).substr(0, bytes.size() - kPostingsPaddingBytes)};
  }
};

Term random_term(std::span<const std::uint32_t> lengths, std::uint32_t gap_max, double weight, unsigned seed) {
  std::mt19937 random(seed);
  Term term{{}, "", {weight, .3, .02}};
  std::vector<std::uint32_t> rows, counts;
  for (std::uint32_t row = random() % gap_max; row < lengths.size(); row += 1 + random() % gap_max) {
    rows.push_back(row);
    counts.push_back(1 + random() % 5);
    term.counts[row] = counts.back();
  }
  encode_postings(rows, counts, lengths, term.bytes);
  term.bytes.append(kPostingsPaddingBytes, '\0');
  return term;
}

double part(const Term& term, std::uint32_t row, std::span<const std::uint32_t> lengths) {
  const auto found = term.counts.find(row);
  if (found == term.counts.end()) return 0;
  const double tf = found->second;
  return term.weight.weight * tf / (tf + term.weight.norm_base + term.weight.norm_slope * lengths[row]);
}

TEST(RowSums, AreWhatTheTermsGiveToEachRowOfAWindow) {
  std::vector<std::uint32_t> lengths(kRowsOfAll);
  std::mt19937 random(1);
  for (std::uint32_t& length : lengths) length = 1 + random() % 200;
  const Term a = random_term(lengths, 40, 3, 2), b = random_term(lengths, 7, 2, 3);
  for (const std::uint32_t gap : {2U, 3000U}) {  // every row, or a few: added up, or looked up
    const Term late = random_term(lengths, gap, 1, 4);
    PostingsCursor of_a(a.entry(), lengths), of_b(b.entry(), lengths), of_late(late.entry(), lengths);
    const auto sums = std::make_unique<RowSums>(lengths);
    for (const std::uint32_t first : {5U, RowSums::kRows + 9, 2 * RowSums::kRows + 100}) {
      of_a.seek(first), of_b.seek(first);
      sums->start(first);
      sums->add(of_a, a.weight);
      sums->add(of_b, b.weight);
      sums->keep_if([](std::uint32_t, float sum) { return sum > 1; });
      sums->add_to_kept(of_late, late.weight);
      std::map<std::uint32_t, double> expected;
      for (std::uint32_t row = first; row < std::min(first + RowSums::kRows, kRowsOfAll); ++row) {
        const double sum = part(a, row, lengths) + part(b, row, lengths);
        if (sum > 1) expected[row] = sum + part(late, row, lengths);
      }
      ASSERT_EQ(sums->sorted().size(), expected.size());
      std::vector<double> ordered;
      for (const auto& [row, sum] : expected) ordered.push_back(sum);
      std::sort(ordered.rbegin(), ordered.rend());
      EXPECT_NEAR(sums->largest(3), ordered[2], 1e-4);
      sums->keep_if([&](std::uint32_t row, float sum) {
        EXPECT_TRUE(expected.contains(row)) << row;
        EXPECT_NEAR(sum, expected[row], RowSums::kError * expected[row]) << row;
        return true;
      });
    }
  }
}

}  // namespace
}  // namespace millpond::index
