// Rows of words of texts that lie in many places, in a Bloom filter whose blocks lie in many places.

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "core/packed.h"
#include "curate/repeats/pieces.h"
#include "curate/repeats/repeat_cutter.h"
#include "curate/repeats/scattered_finders.h"
#include "curate/repeats/word_rows.h"

namespace millpond::curate {
namespace {

constexpr std::uint64_t kShards = 1024;  // of the filter; the places that can work at once

enum Kind : std::int32_t {
  kHashes,  // place: shard; a: the first row of a batch; value: `Looked`, in the order of the texts
  kSeen     // a: row; value: `Seen`
};

/// A row of words.
struct Looked {
  std::uint64_t hash;
  std::uint32_t row, begin;  // after the batch's first row; of the piece in its text
};
/// Of a piece, in some shards.
struct Seen {
  std::uint32_t begin, rows;
};

class ScatteredWordRows final : public ScatteredSurvey {
 public:
  ScatteredWordRows(const Pieces& pieces, const WordRows& rows, const Options& options, std::string_view plan)
      : pieces_(pieces),
        rows_(rows),
        plan_(plan),
        hasher_(pieces, rows),
        filter_(rows.items, rows.false_positives),
        cutter_(options.flag("drop")) {}

  Status note(const Batch& rows, RecordSink& sink, Context& context) override {
    const auto text_column = rows->GetColumnByName("text");
    const auto number_column = rows->GetColumnByName(std::string(kFoldPosition));
    const auto& texts = static_cast<const arrow::StringArray&>(*text_column);
    const auto& numbers = static_cast<const arrow::Int64Array&>(*number_column);
    std::map<std::uint64_t, PackedWriter> shards;
    for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
      if (row % 64 == 0) MP_TRY(context.check());
      const auto after = static_cast<std::uint32_t>(numbers.Value(row) - numbers.Value(0));
      MP_TRY(each_piece(texts.GetView(row), pieces_.paragraphs, [&](const Piece& piece) -> Status {
        if (!counts(piece)) return {};
        for (const std::uint64_t hash : hasher_.hashes_of(piece.content)) {
          const Looked looked{hash, after, static_cast<std::uint32_t>(piece.begin)};
          shards[filter_.block_of(hash) / shard_blocks()].number(looked);
        }
        return {};
      }));
    }
    for (const auto& [shard, hashes] : shards) {
      MP_TRY(sink.add({static_cast<std::int64_t>(shard), kHashes, numbers.Value(0), 0, hashes.bytes()}));
    }
    return {};
  }

  Status work(const std::vector<Record>& records, RecordSink& sink, Context& context) override {
    std::unordered_map<std::int64_t, PackedWriter> seen;  // by row
    std::vector<const Record*> shard;
    for (std::size_t begin = 0, end; begin < records.size(); begin = end) {
      MP_TRY(context.check());
      shard.clear();
      for (end = begin; end < records.size() && records[end].place == records[begin].place; ++end) {
        shard.push_back(&records[end]);
      }
      std::sort(shard.begin(), shard.end(), [](const Record* x, const Record* y) { return x->a < y->a; });
      MP_TRY(replay(shard, seen));
    }
    std::vector<std::int64_t> rows;
    for (const auto& entry : seen) rows.push_back(entry.first);
    std::sort(rows.begin(), rows.end());
    for (const std::int64_t row : rows) MP_TRY(sink.add({piece_of(row), kSeen, row, 0, seen[row].bytes()}));
    return {};
  }

  Result<std::string> tally() override { return PackedWriter().number(new_rows_).take(); }

  Result<NextPass> next_pass(const std::vector<std::string>& tallies) override {
    if (plan_.empty()) return NextPass{Pass::kRows, "r"};
    if (plan_ == "r") return NextPass{Pass::kRecords, "b"};
    std::int64_t new_rows = 0;
    for (const std::string& bytes : tallies) {
      PackedReader tally(bytes);
      new_rows += tally.number<std::int64_t>();
      MP_TRY(tally.status());
    }
    return NextPass{Pass::kJudge, "v", overfull_note(rows_, new_rows)};
  }

  Status verdict(std::int64_t row, std::string_view value) override {
    PackedReader bytes(value);
    while (!bytes.at_end()) {
      const auto seen = bytes.number<Seen>();
      seen_[row][seen.begin] += seen.rows;
    }
    return bytes.status();
  }

  Result<Batch> judge(const Batch& rows, Context& context) override {
    MP_TRY(context.check());
    const auto column = rows->GetColumnByName(std::string(kFoldPosition));
    const auto& numbers = static_cast<const arrow::Int64Array&>(*column);
    return cutter_.cut(
        rows,
        [&](std::int64_t row, std::string_view text, std::vector<Repeat>& repeats) {
          return find(numbers.Value(row), text, repeats);
        },
        [](std::int64_t, std::string&) { return internal("a filter does not know who was first"); });
  }

 private:
  bool counts(const Piece& piece) const { return static_cast<std::int64_t>(piece.content.size()) >= pieces_.bytes_min; }
  std::uint64_t shard_blocks() const { return (filter_.blocks + kShards - 1) / kShards; }

  /// What was seen before in the blocks of a shard: each piece is looked up as a whole, then added.
  Status replay(const std::vector<const Record*>& records, std::unordered_map<std::int64_t, PackedWriter>& seen) {
    const std::uint64_t first_block = static_cast<std::uint64_t>(records.front()->place) * shard_blocks();
    std::vector<FilterBlock> blocks(shard_blocks());
    std::vector<Looked> looked;
    for (const Record* record : records) {
      if (record->value.size() % sizeof(Looked) != 0) return corrupt("hashes of rows of words are cut off");
      looked.resize(record->value.size() / sizeof(Looked));
      std::memcpy(looked.data(), record->value.data(), record->value.size());
      const auto block = [&](const Looked& each) -> FilterBlock& {
        return blocks[filter_.block_of(each.hash) - first_block];
      };
      for (std::size_t begin = 0, end; begin < looked.size(); begin = end) {
        const Looked& piece = looked[begin];
        std::uint32_t rows = 0;
        for (end = begin; end < looked.size() && looked[end].row == piece.row && looked[end].begin == piece.begin;
             ++end)
          rows += filter_.has(block(looked[end]), looked[end].hash);
        for (std::size_t i = begin; i < end; ++i) filter_.add(block(looked[i]), looked[i].hash);
        new_rows_ += static_cast<std::int64_t>(end - begin) - rows;
        if (rows > 0) seen[record->a + piece.row].number(Seen{piece.begin, rows});
      }
    }
    return {};
  }

  Status find(std::int64_t row, std::string_view text, std::vector<Repeat>& repeats) {
    repeats.clear();
    const auto found = seen_.find(row);
    if (found == seen_.end()) return {};
    const auto& seen = found->second;
    MP_TRY(each_piece(text, pieces_.paragraphs, [&](const Piece& piece) -> Status {
      const auto here = seen.find(static_cast<std::uint32_t>(piece.begin));
      if (!counts(piece) || here == seen.end()) return {};
      if (!mostly_seen(rows_, here->second, hasher_.hashes_of(piece.content).size())) return {};
      const auto begin = static_cast<std::int64_t>(piece.begin), size = static_cast<std::int64_t>(piece.end) - begin;
      if (!repeats.empty() && repeats.back().end() == begin) {
        repeats.back().size += size;
      } else {
        repeats.push_back({begin, size, -1, 0});
      }
      return {};
    }));
    seen_.erase(found);
    return {};
  }

  const Pieces pieces_;
  const WordRows rows_;
  const std::string plan_;
  RowHasher hasher_;
  const FilterShape filter_;
  RepeatCutter cutter_;
  std::int64_t new_rows_ = 0;
  std::unordered_map<std::int64_t, std::unordered_map<std::uint32_t, std::int64_t>> seen_;  // by row and piece
};

}  // namespace

std::unique_ptr<ScatteredSurvey> scattered_word_rows(const Pieces& pieces, const WordRows& rows, const Options& options,
                                                     std::string_view plan) {
  return std::make_unique<ScatteredWordRows>(pieces, rows, options, plan);
}

}  // namespace millpond::curate
