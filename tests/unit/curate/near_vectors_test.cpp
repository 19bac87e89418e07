// Against all pairs: nearly all are found, none that is not one, and the same with little memory.

#include "curate/near_duplicates/near_vectors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <random>

namespace millpond::curate {
namespace {

constexpr std::size_t kVectors = 5000, kLength = 24;

std::vector<std::vector<float>> vectors() {
  std::mt19937 random(9);
  std::normal_distribution<float> normal;
  std::vector<std::vector<float>> made;
  for (std::size_t i = 0; i < kVectors; ++i) {
    std::vector<float> vector(kLength);
    const bool near = i % 2 == 1;
    const std::vector<float>* other = near ? &made[random() % made.size()] : nullptr;
    for (std::size_t k = 0; k < kLength; ++k) vector[k] = near ? (*other)[k] + 0.15F * normal(random) : normal(random);
    made.push_back(vector);
  }
  return made;
}

std::vector<std::uint32_t> roots(const std::vector<std::vector<float>>& given, std::int64_t groups,
                                 std::int64_t memory_bytes, const std::string& folder) {
  Context context;
  context.set_memory_limit(memory_bytes);
  UnionFind sets(given.size());
  NearVectors near({0.95, groups}, folder, context.memory());
  for (std::size_t i = 0; i < given.size(); ++i) EXPECT_TRUE(near.add(static_cast<std::uint32_t>(i), given[i]).ok());
  EXPECT_TRUE(near.join(sets, context).ok());
  std::vector<std::uint32_t> found;
  for (std::uint32_t i = 0; i < given.size(); ++i) found.push_back(sets.root(i));
  return found;
}

TEST(NearVectors, FindsNearlyAllPairs) {
  const auto folder = std::filesystem::temp_directory_path() / "millpond-near-vectors-test";
  const auto given = vectors();
  const auto all = roots(given, 1, 1 << 30, {}), grouped = roots(given, 20, 1 << 30, {});
  std::size_t joined = 0, missed = 0;
  for (std::size_t i = 1; i < kVectors; i += 2) {
    bool with_any = false, with_any_grouped = false;
    for (std::size_t j = 0; j < i && !(with_any && with_any_grouped); ++j) {
      with_any |= all[i] == all[j];
      with_any_grouped |= grouped[i] == grouped[j];
    }
    joined += with_any;
    missed += with_any && !with_any_grouped;
    EXPECT_TRUE(with_any || !with_any_grouped);
  }
  EXPECT_GT(joined, kVectors / 4);
  EXPECT_LT(missed, joined / 20);
  EXPECT_EQ(roots(given, 20, 1 << 20, folder.string()), roots(given, 20, 1 << 20, {}));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace millpond::curate
