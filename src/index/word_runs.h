#pragma once
// Words of some thousand rows, turned round already: term → rows. A segment joins the runs of its terms.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "index/bytes.h"
#include "millpond/index/analyzer.h"

namespace millpond::index {

/// Stands for the numbers that an analyzer gave, until it forgets them.
struct Vocabulary {};

/// A run is what one term has in these rows: varint rows; for each row varint gap × 2 + (1 if the count is more than
/// one), in that case varint count, then varint size of its coded positions and these. A gap is the row less the lowest
/// that could follow.
struct WordRuns {
  std::uint32_t first_row = 0;
  std::string runs;                   // of the distinct terms, in order of first sight
  std::vector<std::uint32_t> begins;  // of each run
  std::vector<std::uint32_t> terms;   // of each run, as `vocabulary` numbers them
  std::string spellings;              // of each run's term
  std::vector<std::uint32_t> spelling_ends;
  std::shared_ptr<const Vocabulary> vocabulary;
  static constexpr std::size_t kPaddingBytes = 64;  // behind the runs, so that short pieces are copied in one step
};

/// Reads a run.
class RunReader {
 public:
  explicit RunReader(const char* run) : at_(run) { left_ = varint(); }
  std::uint64_t rows() const { return left_; }  ///< still to come
  /// The next row; call it `rows()` times.
  void next() {
    const std::uint64_t gap = varint();
    row = next_row_ + static_cast<std::uint32_t>(gap >> 1);
    next_row_ = row + 1;
    count = (gap & 1) != 0 ? static_cast<std::uint32_t>(varint()) : 1;
    position_bytes = static_cast<std::uint16_t>(varint());
    positions = at_;
    at_ += position_bytes;
    --left_;
  }
  std::uint32_t row = 0, count = 0;
  std::uint16_t position_bytes = 0;
  const char* positions = nullptr;

 private:
  std::uint64_t varint() {
    std::uint64_t value = static_cast<unsigned char>(*at_++);
    if (value < 0x80) return value;
    value &= 0x7F;
    for (int shift = 7;; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
  }
  const char* at_;
  std::uint64_t left_ = 0;
  std::uint32_t next_row_ = 0;
};

/// Makes `WordRuns`.
/// Threads: one thread an instance.
class WordRunsMaker {
 public:
  explicit WordRunsMaker(std::unique_ptr<Analyzer> analyzer);
  void begin_batch();  ///< rows count from 0 again
  /// A text of the open row. Words of different columns count `weights[column]` times each. Returns how many words.
  std::uint32_t add(std::string_view text, std::uint8_t column, std::uint8_t weight, std::uint32_t first_word);
  /// Errors: kResourceExhausted for rows that no segment can hold.
  Status end_row(std::vector<WordRuns>& out);
  Status end_batch(std::vector<WordRuns>& out);

 private:
  struct Occurrence {
    std::uint32_t run, row, position;
  };
  struct Place {
    std::uint32_t row, position;
  };
  Status flush(std::vector<WordRuns>& out);
  void reset();
  void encode_run(std::uint32_t run, std::string& out);

  std::unique_ptr<Analyzer> analyzer_;
  std::shared_ptr<const Vocabulary> vocabulary_;
  std::vector<Token> tokens_;
  struct Seen {
    std::uint32_t flush = 0, run = 0;  // the last one that had the term
  };
  std::vector<Seen> seen_;  // by the analyzer's numbers
  std::uint32_t flush_ = 1, first_row_ = 0, row_ = 0;
  std::vector<std::uint32_t> terms_, ends_;  // of the open runs; ends_ are counts, then places
  std::vector<Occurrence> occurrences_;
  std::vector<Place> places_;
  std::vector<std::uint32_t> positions_;
  std::uint8_t weights_[256] = {};
  bool weighted_ = false;
};

}  // namespace millpond::index
