#include "curate/repeats/word_rows.h"

#include <xxhash.h>

#include <algorithm>
#include <cmath>

#include "curate/normal_form.h"

namespace millpond::curate {
namespace {

constexpr std::uint64_t kBase = 0x9e3779b97f4a7c15;
constexpr double kBlockSlack = 1.3;  // blocks fill unevenly

std::uint64_t mixed(std::uint64_t hash) { return XXH3_64bits(&hash, sizeof hash); }

}  // namespace

FilterShape::FilterShape(std::int64_t items, double false_positives)
    : bits(std::clamp(static_cast<int>(std::lround(std::log2(1 / false_positives))), 1, 16)),
      blocks(static_cast<std::uint64_t>(static_cast<double>(items) * bits * 1.4427 * kBlockSlack / 512) + 1) {}

bool FilterShape::has(const FilterBlock& block, std::uint64_t hash) const {
  std::uint64_t steps = hash * kBase;
  for (int i = 0; i < bits; ++i, steps = steps * kBase + 1) {
    const std::uint64_t bit = steps >> 55;
    if (!(block[bit / 64] >> bit % 64 & 1)) return false;
  }
  return true;
}

void FilterShape::add(FilterBlock& block, std::uint64_t hash) const {
  std::uint64_t steps = hash * kBase;
  for (int i = 0; i < bits; ++i, steps = steps * kBase + 1) block[(steps >> 55) / 64] |= 1ULL << (steps >> 55) % 64;
}

RowHasher::RowHasher(const Pieces& pieces, const WordRows& rows)
    : normalise_(pieces.normalise), length_(static_cast<std::size_t>(rows.words)) {
  for (std::size_t i = 0; i < length_; ++i) base_power_ *= kBase;
}

const std::vector<std::uint64_t>& RowHasher::hashes_of(std::string_view content) {
  hashes_.clear();
  if (normalise_) {
    normal_.clear();
    append_normal(content, normal_);
    content = normal_;
  }
  words_.clear();
  for (std::size_t begin = 0, end; begin < content.size(); begin = end) {
    while (begin < content.size() && is_white_space(content[begin])) ++begin;
    for (end = begin; end < content.size() && !is_white_space(content[end]);) ++end;
    if (end > begin) words_.push_back(XXH3_64bits(content.data() + begin, end - begin));
  }
  std::uint64_t row = 0;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    row = row * kBase + words_[i];
    if (length_ > 0 && i >= length_) row -= words_[i - length_] * base_power_;
    if (length_ > 0 && i + 1 >= length_) hashes_.push_back(mixed(row));
  }
  if (hashes_.empty()) hashes_.push_back(mixed(row));
  return hashes_;
}

std::string overfull_note(const WordRows& rows, std::int64_t new_rows) {
  if (new_rows <= rows.items) return {};
  return "The filter is made for " + std::to_string(rows.items) + " rows of words and saw " + std::to_string(new_rows) +
         ": more is taken out than should be. Raise `items`.";
}

}  // namespace millpond::curate
