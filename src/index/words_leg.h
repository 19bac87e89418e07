#pragma once
// BM25 over the visible rows of a snapshot.

#include <span>
#include <vector>

#include "index/postings.h"
#include "index/top.h"
#include "index/visible.h"

namespace millpond::index {

/// How many of the rows that hold a term may be seen. Errors: kDataCorrupt.
Result<std::int64_t> visible_rows_of(const TermEntry& entry, const Visible& visible);

/// One query. Threads: one.
class WordsLeg {
 public:
  /// Looks the terms up and counts them. `rows` and `length` are those of all visible rows.
  /// Hits are rows of `sought`, which is a part of `segments`. Errors: kDataCorrupt.
  static Result<WordsLeg> prepare(std::span<const Visible> segments, std::span<const Visible> sought,
                                  std::vector<QueryTerm> terms, std::int64_t rows, std::int64_t length);

  /// The best rows that hold at least one term. Errors: kDataCorrupt.
  Result<std::vector<Scored>> best(std::size_t limit) const;
  /// Sets the scores of given rows, sorted by segment and row; 0 for rows without a term.
  Status score(std::span<Scored> rows) const;
  const std::vector<QueryTerm>& terms() const { return terms_; }

 private:
  struct Posting {
    std::uint32_t term;  // in terms_
    TermEntry entry;
  };
  double part(std::uint32_t term, std::uint32_t count, std::uint32_t length) const {
    const double tf = count;
    return weights_[term] * tf / (tf + norm_base_ + norm_slope_ * length);
  }
  struct List;
  Status best_of_segment(std::uint32_t segment, Top& top) const;
  std::vector<List*> order(std::vector<List>& lists) const;
  double score_if_best(std::span<List* const> lists, std::size_t first, std::uint32_t row, std::uint32_t length,
                       double threshold, std::vector<double>& parts) const;

  std::vector<Visible> segments_;            // the sought rows
  std::vector<QueryTerm> terms_;             // rarest first
  std::vector<double> weights_;              // idf × count in the query × (k1 + 1)
  std::vector<std::vector<Posting>> lists_;  // segment → terms that it holds
  double norm_base_ = 0, norm_slope_ = 0;
};

}  // namespace millpond::index
