// Lines and paragraphs that are there before, as a whole.

#include <algorithm>
#include <tuple>

#include "curate/repeats/found_places.h"
#include "curate/repeats/pieces.h"
#include "curate/repeats/repeat_finder.h"

namespace millpond::curate {
namespace {

constexpr int kPartBits = 6, kParts = 1 << kPartBits;
constexpr int kDepthMax = 4;

struct Entry {
  std::uint64_t high, low;  // a hash of the content
  std::uint64_t begin;      // in all texts joined
  std::uint64_t size;
};

class PieceFinder final : public RepeatFinder {
 public:
  PieceFinder(const Pieces& pieces, std::string spill_dir, MemoryBudget& budget)
      : pieces_(pieces),
        spill_dir_(std::move(spill_dir)),
        budget_(&budget),
        share_bytes_(sorting_share_bytes(budget)),
        found_(spill_dir_, budget) {
    for (int i = 0; i < kParts; ++i) parts_.emplace_back(spill_dir_, budget);
  }

  Status add(std::string_view text, Context& context) override {
    MP_TRY(context.check());
    const std::uint64_t begin = starts_.add(text.size());
    return each_piece(text, pieces_.paragraphs, [&](const Piece& piece) -> Status {
      if (static_cast<std::int64_t>(piece.content.size()) < pieces_.bytes_min) return {};
      const PieceHash hash = hash_piece(piece, pieces_.normalise, normal_);
      const Entry entry{hash.high, hash.low, begin + piece.begin, piece.end - piece.begin};
      return parts_[part_of(entry, 0)].append(entry);
    });
  }

  Status finish(Context& context) override {
    found_.open(starts_.total(), share_bytes_);
    for (auto& part : parts_) MP_TRY(search(part, 1, context));
    parts_.clear();
    return {};
  }

  Status next(std::vector<Repeat>& repeats) override {
    repeats.clear();
    const std::size_t text = text_number_++;
    while (true) {
      MP_ASSIGN(const Found* found, found_.next(starts_.end_of(text)));
      if (!found) return {};
      const std::size_t first_text = starts_.text_of(found->first);
      const Repeat repeat{static_cast<std::int64_t>(found->begin - starts_.begin_of(text)),
                          static_cast<std::int64_t>(found->size), static_cast<std::int64_t>(first_text),
                          static_cast<std::int64_t>(found->first - starts_.begin_of(first_text))};
      if (!repeats.empty() && repeats.back().end() == repeat.begin && repeats.back().goes_on_in(repeat)) {
        repeats.back().size += repeat.size;
      } else {
        repeats.push_back(repeat);
      }
    }
  }

 private:
  static std::size_t part_of(const Entry& entry, int depth) {
    return entry.high >> (64 - kPartBits * (depth + 1)) & (kParts - 1);
  }

  /// Finds what is equal in a part, and forgets it.
  Status search(RecordSpool<Entry>& part, int depth, Context& context) {
    MP_TRY(context.check());
    std::vector<Entry> entries;
    if (part.size_bytes() <= share_bytes_ || depth == kDepthMax) {
      MP_TRY(part.read(0, part.size(), entries));
      part.clear();
      const auto key = [](const Entry& e) { return std::tie(e.high, e.low, e.begin); };
      std::sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) { return key(a) < key(b); });
      for (std::size_t i = 1, first = 0; i < entries.size(); ++i) {
        if (entries[i].high != entries[first].high || entries[i].low != entries[first].low) {
          first = i;
        } else {
          MP_TRY(found_.add({entries[i].begin, entries[first].begin, entries[i].size}));
        }
      }
      return {};
    }
    std::vector<RecordSpool<Entry>> smaller;
    for (int i = 0; i < kParts; ++i) smaller.emplace_back(spill_dir_, *budget_);
    constexpr std::int64_t kStep = 4096;
    for (std::int64_t first = 0; first < part.size(); first += kStep) {
      MP_TRY(part.read(first, std::min(kStep, part.size() - first), entries));
      for (const Entry& entry : entries) MP_TRY(smaller[part_of(entry, depth)].append(entry));
    }
    part.clear();
    for (auto& each : smaller) MP_TRY(search(each, depth + 1, context));
    return {};
  }

  const Pieces pieces_;
  const std::string spill_dir_;
  MemoryBudget* budget_;
  const std::int64_t share_bytes_;
  TextStarts starts_;
  std::vector<RecordSpool<Entry>> parts_;  // by hash
  FoundPlaces found_;
  std::string normal_;
  std::size_t text_number_ = 0;
};

}  // namespace

std::unique_ptr<RepeatFinder> make_piece_finder(const Pieces& pieces, const std::string& spill_dir,
                                                MemoryBudget& budget) {
  return std::make_unique<PieceFinder>(pieces, spill_dir, budget);
}

}  // namespace millpond::curate
