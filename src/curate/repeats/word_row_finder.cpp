// Lines and paragraphs whose rows of words were mostly seen before, by a Bloom filter.

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "curate/repeats/found_places.h"
#include "curate/repeats/pieces.h"
#include "curate/repeats/repeat_finder.h"

namespace millpond::curate {
namespace {

constexpr std::uint64_t kBase = 0x9e3779b97f4a7c15;
constexpr std::int64_t kOwnBytes = 32 << 20;  // a filter up to this may come on top of the budget
constexpr double kBlockSlack = 1.3;           // blocks fill unevenly

/// A filter in blocks of one cache line (Putze, Sanders, Singler 2007).
class BlockedFilter {
 public:
  BlockedFilter(std::int64_t items, double false_positives)
      : bits_(std::clamp(static_cast<int>(std::lround(std::log2(1 / false_positives))), 1, 16)),
        blocks_(static_cast<std::uint64_t>(static_cast<double>(items) * bits_ * 1.4427 * kBlockSlack / 512) + 1) {}

  std::int64_t size_bytes() const { return static_cast<std::int64_t>(blocks_ * sizeof(Block)); }
  void allocate() { memory_.resize(blocks_); }
  void forget() { std::vector<Block>().swap(memory_); }

  bool has(std::uint64_t hash) const {
    const Block& block = memory_[block_of(hash)];
    std::uint64_t steps = hash * kBase;
    for (int i = 0; i < bits_; ++i, steps = steps * kBase + 1) {
      const std::uint64_t bit = steps >> 55;
      if (!(block[bit / 64] >> bit % 64 & 1)) return false;
    }
    return true;
  }
  void add(std::uint64_t hash) {
    Block& block = memory_[block_of(hash)];
    std::uint64_t steps = hash * kBase;
    for (int i = 0; i < bits_; ++i, steps = steps * kBase + 1) block[(steps >> 55) / 64] |= 1ULL << (steps >> 55) % 64;
  }

 private:
  using Block = std::array<std::uint64_t, 8>;
  std::uint64_t block_of(std::uint64_t hash) const {
    return static_cast<std::uint64_t>(static_cast<unsigned __int128>(hash) * blocks_ >> 64);
  }
  const int bits_;
  const std::uint64_t blocks_;
  std::vector<Block> memory_;
};

class WordRowFinder final : public RepeatFinder {
 public:
  WordRowFinder(const Pieces& pieces, const WordRows& rows, const std::string& spill_dir, MemoryBudget& budget)
      : pieces_(pieces),
        rows_(rows),
        budget_(&budget),
        filter_(rows.items, rows.false_positives),
        found_(spill_dir, budget) {
    for (int i = 0; i < rows.words; ++i) base_power_ *= kBase;
  }
  ~WordRowFinder() override { budget_->release(lent_bytes_); }
  WordRowFinder(const WordRowFinder&) = delete;
  WordRowFinder& operator=(const WordRowFinder&) = delete;

  Status add(std::string_view text, Context& context) override {
    MP_TRY(context.check());
    if (!begun_) MP_TRY(begin());
    const std::uint64_t begin = starts_.add(text.size());
    return each_piece(text, pieces_.paragraphs, [&](const Piece& piece) -> Status {
      if (static_cast<std::int64_t>(piece.content.size()) < pieces_.bytes_min) return {};
      hash_rows(piece.content);
      const auto seen = std::count_if(hashes_.begin(), hashes_.end(), [&](auto hash) { return filter_.has(hash); });
      for (const std::uint64_t hash : hashes_) filter_.add(hash);
      new_rows_ += static_cast<std::int64_t>(hashes_.size()) - seen;
      if (static_cast<double>(seen) < rows_.part_min * static_cast<double>(hashes_.size())) return {};
      return found_.append({begin + piece.begin, 0, piece.end - piece.begin});
    });
  }

  Status finish(Context& context) override {
    if (new_rows_ > rows_.items) {
      context.progress().note("The filter is made for " + std::to_string(rows_.items) + " rows of words and saw " +
                              std::to_string(new_rows_) + ": more is taken out than should be. Raise `items`.");
    }
    filter_.forget();
    budget_->release(lent_bytes_);
    lent_bytes_ = 0;
    return {};
  }

  Status next(std::vector<Repeat>& repeats) override {
    repeats.clear();
    const std::size_t text = text_number_++;
    const std::uint64_t begin = starts_.begin_of(text), end = starts_.end_of(text);
    while (true) {
      if (at_ == read_.size()) {
        const std::int64_t count = std::min<std::int64_t>(4096, found_.size() - read_to_);
        if (count == 0) return {};
        MP_TRY(found_.read(read_to_, count, read_));
        read_to_ += count;
        at_ = 0;
      }
      const Found& found = read_[at_];
      if (found.begin >= end) return {};
      ++at_;
      const auto place = static_cast<std::int64_t>(found.begin - begin);
      if (!repeats.empty() && repeats.back().end() == place) {
        repeats.back().size += static_cast<std::int64_t>(found.size);
      } else {
        repeats.push_back({place, static_cast<std::int64_t>(found.size), -1, 0});
      }
    }
  }

 private:
  Status begin() {
    begun_ = true;
    if (budget_->try_reserve(filter_.size_bytes())) {
      lent_bytes_ = filter_.size_bytes();
    } else if (filter_.size_bytes() > kOwnBytes) {
      return exhausted("the filter does not fit in --memory; bytes: ", filter_.size_bytes())
          .hint("Give a larger --memory, fewer `items`, or a larger `false_positives`.");
    }
    filter_.allocate();
    return {};
  }

  /// Of each row of words in `content`; of all its words if there are fewer.
  void hash_rows(std::string_view content) {
    hashes_.clear();
    if (pieces_.normalise) {
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
    const auto length = static_cast<std::size_t>(rows_.words);
    std::uint64_t row = 0;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      row = row * kBase + words_[i];
      if (length > 0 && i >= length) row -= words_[i - length] * base_power_;
      if (length > 0 && i + 1 >= length) hashes_.push_back(mixed(row));
    }
    if (hashes_.empty()) hashes_.push_back(mixed(row));
  }
  static std::uint64_t mixed(std::uint64_t hash) { return XXH3_64bits(&hash, sizeof hash); }

  const Pieces pieces_;
  const WordRows rows_;
  MemoryBudget* budget_;
  std::int64_t lent_bytes_ = 0;
  bool begun_ = false;
  BlockedFilter filter_;
  std::uint64_t base_power_ = 1;
  TextStarts starts_;
  RecordSpool<Found> found_;
  std::int64_t new_rows_ = 0;
  std::vector<std::uint64_t> words_, hashes_;
  std::string normal_;

  std::size_t text_number_ = 0, at_ = 0;
  std::int64_t read_to_ = 0;
  std::vector<Found> read_;
};

}  // namespace

std::unique_ptr<RepeatFinder> make_word_row_finder(const Pieces& pieces, const WordRows& rows,
                                                   const std::string& spill_dir, MemoryBudget& budget) {
  return std::make_unique<WordRowFinder>(pieces, rows, spill_dir, budget);
}

}  // namespace millpond::curate
