#pragma once
// Joins the words of all rows of a segment: term → rows.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/interner.h"
#include "index/segment_file.h"
#include "index/segment_rows.h"

namespace millpond::index {

/// Threads: one thread an instance.
class Inverter {
 public:
  void add(SegmentRows&& rows);
  std::uint32_t rows() const { return static_cast<std::uint32_t>(lengths_.size()); }
  std::uint32_t terms() const { return terms_.size(); }
  std::uint64_t length() const { return length_; }
  std::int64_t memory_bytes() const;

  /// Writes lengths, postings, terms and term blocks.
  Status write(SegmentFile& file);

 private:
  /// The numbers here of the terms that a vocabulary has shown, so that each spelling is looked up once.
  struct Known {
    std::shared_ptr<const Vocabulary> vocabulary;
    std::vector<std::uint32_t> terms;
  };
  struct Part {
    std::string runs;
    std::vector<std::uint32_t> begins, terms;  // of each run
    std::uint32_t first_row = 0;
  };
  struct Run {
    std::uint32_t part, begin;
  };
  class TermsWriter;

  Known& known(const std::shared_ptr<const Vocabulary>& vocabulary);
  void number_terms(const WordRuns& words, std::vector<std::uint32_t>& terms);
  std::vector<std::uint32_t> sorted_terms() const;
  std::vector<Run> sorted_runs(const std::vector<std::uint32_t>& order) const;

  Interner terms_;
  std::vector<Known> known_;
  std::vector<Part> parts_;  // in the order of the rows
  std::uint64_t run_bytes_ = 0, runs_ = 0;
  std::vector<std::uint32_t> lengths_;
  std::vector<std::uint32_t> runs_of_term_;  // how many
  std::uint64_t length_ = 0;
};

}  // namespace millpond::index
