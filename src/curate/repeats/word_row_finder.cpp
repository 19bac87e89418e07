// Lines and paragraphs whose rows of words were mostly seen before, by a Bloom filter.

#include <algorithm>

#include "curate/repeats/found_places.h"
#include "curate/repeats/pieces.h"
#include "curate/repeats/repeat_finder.h"
#include "curate/repeats/word_rows.h"

namespace millpond::curate {
namespace {

constexpr std::int64_t kOwnBytes = 32 << 20;  // a filter up to this may come on top of the budget

/// A whole filter.
class BlockedFilter {
 public:
  BlockedFilter(std::int64_t items, double false_positives) : shape_(items, false_positives) {}

  std::int64_t size_bytes() const { return static_cast<std::int64_t>(shape_.blocks * sizeof(FilterBlock)); }
  void allocate() { memory_.resize(shape_.blocks); }
  void forget() { std::vector<FilterBlock>().swap(memory_); }
  bool has(std::uint64_t hash) const { return shape_.has(memory_[shape_.block_of(hash)], hash); }
  void add(std::uint64_t hash) { shape_.add(memory_[shape_.block_of(hash)], hash); }

 private:
  const FilterShape shape_;
  std::vector<FilterBlock> memory_;
};

class WordRowFinder final : public RepeatFinder {
 public:
  WordRowFinder(const Pieces& pieces, const WordRows& rows, const std::string& spill_dir, MemoryBudget& budget)
      : pieces_(pieces),
        rows_(rows),
        budget_(&budget),
        hasher_(pieces, rows),
        filter_(rows.items, rows.false_positives),
        found_(spill_dir, budget) {}
  ~WordRowFinder() override { budget_->release(lent_bytes_); }
  WordRowFinder(const WordRowFinder&) = delete;
  WordRowFinder& operator=(const WordRowFinder&) = delete;

  Status add(std::string_view text, Context& context) override {
    MP_TRY(context.check());
    if (!begun_) MP_TRY(begin());
    const std::uint64_t begin = starts_.add(text.size());
    return each_piece(text, pieces_.paragraphs, [&](const Piece& piece) -> Status {
      if (static_cast<std::int64_t>(piece.content.size()) < pieces_.bytes_min) return {};
      const std::vector<std::uint64_t>& hashes = hasher_.hashes_of(piece.content);
      const auto seen = std::count_if(hashes.begin(), hashes.end(), [&](auto hash) { return filter_.has(hash); });
      for (const std::uint64_t hash : hashes) filter_.add(hash);
      new_rows_ += static_cast<std::int64_t>(hashes.size()) - seen;
      if (!mostly_seen(rows_, seen, hashes.size())) return {};
      return found_.append({begin + piece.begin, 0, piece.end - piece.begin});
    });
  }

  Status finish(Context& context) override {
    if (const std::string note = overfull_note(rows_, new_rows_); !note.empty()) context.progress().note(note);
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

  const Pieces pieces_;
  const WordRows rows_;
  MemoryBudget* budget_;
  std::int64_t lent_bytes_ = 0;
  bool begun_ = false;
  RowHasher hasher_;
  BlockedFilter filter_;
  TextStarts starts_;
  RecordSpool<Found> found_;
  std::int64_t new_rows_ = 0;

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
