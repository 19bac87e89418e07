#include "index/word_runs.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "index/positions.h"

namespace millpond::index {
namespace {

constexpr std::int64_t kRememberedBytesMax = std::int64_t{16} << 20;  // words and their stems, in one maker
// Turned round together: more share the head of a run and the look-up of its term, fewer stay in the caches.
constexpr std::size_t kWordsTogether = 256 << 10;

}  // namespace

WordRunsMaker::WordRunsMaker(std::unique_ptr<Analyzer> analyzer)
    : analyzer_(std::move(analyzer)), vocabulary_(std::make_shared<Vocabulary>()) {}

void WordRunsMaker::begin_batch() {
  if (analyzer_->memory_bytes() > kRememberedBytesMax) {
    analyzer_->forget();
    seen_.clear();
    vocabulary_ = std::make_shared<Vocabulary>();
  }
  reset();  // what a failed batch may have left
  first_row_ = row_ = 0;
}

void WordRunsMaker::reset() {
  occurrences_.clear();
  terms_.clear();
  ends_.clear();
  first_row_ = row_;
  if (++flush_ == 0) {
    std::fill(seen_.begin(), seen_.end(), Seen{});
    flush_ = 1;
  }
}

std::uint32_t WordRunsMaker::add(std::string_view text, std::uint8_t column, std::uint8_t weight,
                                 std::uint32_t first_word) {
  tokens_.clear();
  analyzer_->analyze(text, tokens_);
  if (analyzer_->terms() > seen_.size()) seen_.resize(analyzer_->terms() + analyzer_->terms() / 2);
  weights_[column] = weight;
  weighted_ = weighted_ || weight != 1;
  std::uint32_t at = first_word;
  for (const Token& token : tokens_) {
    Seen& seen = seen_[token.term];
    if (seen.flush != flush_) {
      seen = {flush_, static_cast<std::uint32_t>(terms_.size())};
      terms_.push_back(token.term);
      ends_.push_back(0);
    }
    ++ends_[seen.run];
    occurrences_.push_back({seen.run, row_, position_of(column, std::min(at++, kPositionsInColumn))});
  }
  return static_cast<std::uint32_t>(tokens_.size());
}

Status WordRunsMaker::end_row(std::vector<WordRuns>& out) {
  if (row_ == std::numeric_limits<std::uint32_t>::max()) return exhausted("rows of a batch: ", row_);
  ++row_;
  return occurrences_.size() >= kWordsTogether ? flush(out) : Status();
}

Status WordRunsMaker::end_batch(std::vector<WordRuns>& out) { return flush(out); }

// The occurrences of `run` are places_[ends_[run - 1] … ends_[run]), by row and position.
void WordRunsMaker::encode_run(std::uint32_t run, std::string& out) {
  const std::uint32_t begin = run == 0 ? 0 : ends_[run - 1], end = ends_[run];
  std::uint64_t rows = 1;
  for (std::uint32_t i = begin + 1; i < end; ++i) rows += places_[i].row != places_[i - 1].row ? 1 : 0;
  put_varint(out, rows);
  std::uint32_t next_row = first_row_;
  for (std::uint32_t i = begin; i < end;) {
    const std::uint32_t row = places_[i].row;
    positions_.clear();
    std::uint64_t count = 0;
    for (; i < end && places_[i].row == row; ++i) {
      count += weighted_ ? weights_[column_of_position(places_[i].position)] : 1;
      if (has_position(places_[i].position)) positions_.push_back(places_[i].position);
    }
    count = std::min<std::uint64_t>(count, std::numeric_limits<std::uint32_t>::max());
    put_varint(out, std::uint64_t{row - next_row} << 1 | (count > 1 ? 1 : 0));
    if (count > 1) put_varint(out, count);
    next_row = row + 1;
    // The size comes first: nearly always one byte.
    const std::size_t before = out.size();
    out.push_back('\0');
    encode_positions(positions_, out);
    const std::size_t size = out.size() - before - 1;
    if (size < 0x80) {
      out[before] = static_cast<char>(size);
    } else {
      std::string long_size;
      put_varint(long_size, size);
      out.replace(before, 1, long_size);
    }
  }
}

Status WordRunsMaker::flush(std::vector<WordRuns>& out) {
  if (!occurrences_.empty()) {
    if (occurrences_.size() > std::numeric_limits<std::uint32_t>::max() / 16)
      return exhausted("words of one row: ", occurrences_.size());
    std::uint32_t begin = 0;
    for (std::uint32_t& end : ends_) begin += std::exchange(end, begin);
    places_.resize(occurrences_.size());
    for (const Occurrence& each : occurrences_) places_[ends_[each.run]++] = {each.row, each.position};
    WordRuns& made = out.emplace_back();
    made.first_row = first_row_;
    made.vocabulary = vocabulary_;
    made.runs.reserve(occurrences_.size() * 4);
    made.begins.reserve(terms_.size());
    made.spelling_ends.reserve(terms_.size());
    for (std::uint32_t run = 0; run < terms_.size(); ++run) {
      made.begins.push_back(static_cast<std::uint32_t>(made.runs.size()));
      encode_run(run, made.runs);
      made.spellings += analyzer_->term(terms_[run]);
      made.spelling_ends.push_back(static_cast<std::uint32_t>(made.spellings.size()));
    }
    made.runs.append(WordRuns::kPaddingBytes, '\0');
    made.runs.shrink_to_fit();
    made.terms.assign(terms_.begin(), terms_.end());
    if (made.runs.size() > std::numeric_limits<std::uint32_t>::max())
      return exhausted("bytes of the words of one row: ", made.runs.size());
  }
  reset();
  return {};
}

}  // namespace millpond::index
