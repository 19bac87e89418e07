// Lines and paragraphs of texts that lie in many places.

#include <algorithm>
#include <tuple>

#include "core/packed.h"
#include "curate/repeats/pieces.h"
#include "curate/repeats/scattered_finders.h"
#include "curate/repeats/scattered_repeats.h"

namespace millpond::curate {
namespace {

constexpr std::int32_t kPiece = 16;  // place: half of the hash; a: row, b: where; value: the other half, size

class ScatteredPieces final : public ScatteredRepeats {
 public:
  ScatteredPieces(const Pieces& pieces, const Options& options, std::string_view plan)
      : ScatteredRepeats(options, plan, {{'k', Pass::kRecords}}), pieces_(pieces) {}

 private:
  struct Entry {
    std::uint64_t low;
    std::int64_t row, begin, size;
  };

  bool names_rows() const override { return true; }

  Status note_text(std::int64_t row, std::string_view text, const std::vector<std::string>&,
                   RecordSink& sink) override {
    return each_piece(text, pieces_.paragraphs, [&](const Piece& piece) -> Status {
      if (static_cast<std::int64_t>(piece.content.size()) < pieces_.bytes_min) return {};
      const PieceHash hash = hash_piece(piece, pieces_.normalise, normal_);
      PackedWriter value;
      value.number(hash.low).number(static_cast<std::int64_t>(piece.end - piece.begin));
      return sink.add(
          {static_cast<std::int64_t>(hash.high), kPiece, row, static_cast<std::int64_t>(piece.begin), value.bytes()});
    });
  }

  Status work_place(std::vector<const Record*>& records, RecordSink& sink) override {
    if (records.size() < 2) return {};
    entries_.clear();
    for (const Record* record : records) {
      PackedReader value(record->value);
      const auto low = value.number<std::uint64_t>();
      entries_.push_back({low, record->a, record->b, value.number<std::int64_t>()});
      MP_TRY(value.status());
    }
    std::sort(entries_.begin(), entries_.end(), [](const Entry& x, const Entry& y) {
      return std::tie(x.low, x.row, x.begin) < std::tie(y.low, y.row, y.begin);
    });
    for (std::size_t i = 1, first = 0; i < entries_.size(); ++i) {
      const Entry& here = entries_[i];
      if (here.low != entries_[first].low) {
        first = i;
      } else {
        MP_TRY(add_found({here.row, here.begin, here.size, entries_[first].row, entries_[first].begin}, sink));
      }
    }
    return {};
  }

  void cover(const std::vector<Repeat>& found, std::vector<Repeat>& repeats) override {
    for (const Repeat& repeat : found) {
      if (!repeats.empty() && repeats.back().end() == repeat.begin && repeats.back().goes_on_in(repeat)) {
        repeats.back().size += repeat.size;
      } else {
        repeats.push_back(repeat);
      }
    }
  }

  const Pieces pieces_;
  std::string normal_;
  std::vector<Entry> entries_;
};

}  // namespace

std::unique_ptr<ScatteredSurvey> scattered_pieces(const Pieces& pieces, const Options& options, std::string_view plan) {
  return std::make_unique<ScatteredPieces>(pieces, options, plan);
}

}  // namespace millpond::curate
