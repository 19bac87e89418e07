#include "index/words_leg.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace millpond::index {
namespace {

constexpr double kK1 = 1.2, kB = 0.75;
// Bounds are sums in another order than scores: this covers the rounding.
constexpr double kSlack = 1 + 1e-9;

}  // namespace

Result<std::int64_t> visible_rows_of(const TermEntry& entry, const Visible& visible) {
  if (visible.everything()) return std::int64_t{entry.rows};
  MP_TRY(visible.segment->need(entry.postings));
  PostingsCursor cursor(entry, visible.segment->lengths);
  std::int64_t rows = 0;
  for (; cursor.row() != PostingsCursor::kEnd; cursor.next()) rows += visible.contains(cursor.row()) ? 1 : 0;
  if (cursor.corrupt()) return corrupt("postings").at(visible.segment->path);
  return rows;
}

namespace {

struct List {
  PostingsCursor cursor;
  std::uint32_t term;
  double bound;  // the most that it can add to any row
};

}  // namespace

Result<WordsLeg> WordsLeg::prepare(std::span<const Visible> segments, std::span<const Visible> sought,
                                   std::vector<QueryTerm> terms, std::int64_t rows, std::int64_t length) {
  WordsLeg leg;
  leg.segments_.assign(sought.begin(), sought.end());
  std::vector<std::vector<TermEntry>> found(segments.size(), std::vector<TermEntry>(terms.size()));
  for (std::size_t s = 0; s < segments.size(); ++s) {
    std::vector<std::string_view> postings;
    for (std::size_t t = 0; t < terms.size(); ++t) {
      MP_ASSIGN(found[s][t], find_term(*segments[s].segment, terms[t].term));
      postings.push_back(found[s][t].postings);
    }
    MP_TRY(segments[s].segment->need(postings));
    for (std::size_t t = 0; t < terms.size(); ++t) {
      if (found[s][t].rows == 0) continue;
      MP_ASSIGN(const std::int64_t seen, visible_rows_of(found[s][t], segments[s]));
      terms[t].rows += seen;
    }
  }
  const auto total = static_cast<double>(rows);
  std::map<int, std::int64_t> rows_of_group;
  for (const QueryTerm& term : terms)
    if (term.group != 0) rows_of_group[term.group] += term.rows;
  for (QueryTerm& term : terms) {
    const auto with = static_cast<double>(term.group != 0 ? std::min(rows_of_group[term.group], rows) : term.rows);
    term.weight = std::log1p((total - with + 0.5) / (with + 0.5));
  }
  std::vector<std::uint32_t> order(terms.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  // One order for all segments, so that sums of doubles come out the same however rows are spread.
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return terms[a].rows != terms[b].rows ? terms[a].rows < terms[b].rows : terms[a].term < terms[b].term;
  });
  leg.lists_.resize(segments.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    QueryTerm& term = terms[order[i]];
    leg.weights_.push_back(term.weight * term.count * (kK1 + 1));
    for (std::size_t s = 0; s < segments.size(); ++s) {
      if (term.rows > 0 && found[s][order[i]].rows > 0 && !sought[s].nothing)
        leg.lists_[s].push_back({i, found[s][order[i]]});
    }
    leg.terms_.push_back(std::move(term));
  }
  const double mean = rows > 0 && length > 0 ? static_cast<double>(length) / total : 1;
  leg.norm_base_ = kK1 * (1 - kB);
  leg.norm_slope_ = kK1 * kB / mean;
  return leg;
}

Result<std::vector<Scored>> WordsLeg::best(std::size_t limit) const {
  Top top(limit);
  for (std::uint32_t s = 0; s < segments_.size(); ++s) MP_TRY(best_of_segment(s, top));
  return top.take();
}

// MaxScore: the lists with the lowest bounds, which together cannot lift a row over the threshold, are only looked up
// for rows that the other lists propose; and only as long as bounds of the blocks leave hope.
Status WordsLeg::best_of_segment(std::uint32_t segment, Top& top) const {
  const Visible& visible = segments_[segment];
  const std::span<const std::uint32_t> lengths = visible.segment->lengths;
  std::vector<List> lists;
  for (const Posting& posting : lists_[segment]) {
    PostingsCursor cursor(posting.entry, lengths);
    const double bound = part(posting.term, cursor.count_max(), cursor.length_min()) * kSlack;
    lists.push_back({std::move(cursor), posting.term, bound});
  }
  if (lists.empty()) return {};
  std::stable_sort(lists.begin(), lists.end(), [](const List& a, const List& b) { return a.bound < b.bound; });
  std::vector<double> below(lists.size() + 1, 0);  // bounds of the lists before
  for (std::size_t i = 0; i < lists.size(); ++i) below[i + 1] = below[i] + lists[i].bound;
  std::vector<double> parts(terms_.size(), 0);

  std::size_t first = 0;  // lists from here on propose rows
  while (true) {
    const double threshold = top.threshold();
    while (first < lists.size() && below[first + 1] < threshold) ++first;
    if (first == lists.size()) break;
    std::uint32_t row = PostingsCursor::kEnd;
    for (std::size_t i = first; i < lists.size(); ++i) row = std::min(row, lists[i].cursor.row());
    if (row == PostingsCursor::kEnd) break;
    const std::uint32_t length = lengths[row];
    double sum = 0;
    for (std::size_t i = first; i < lists.size(); ++i) {
      if (lists[i].cursor.row() != row) continue;
      sum += parts[lists[i].term] = part(lists[i].term, lists[i].cursor.count(), length);
      lists[i].cursor.next();
    }
    bool hope = visible.contains(row);
    for (std::size_t i = first; hope && i-- > 0;) {
      if (sum * kSlack + below[i + 1] < threshold) {
        hope = false;
        break;
      }
      const PostingsCursor::Bound bound = lists[i].cursor.bound_at(row);
      const double most = bound.count_max == 0 ? 0 : part(lists[i].term, bound.count_max, bound.length_min) * kSlack;
      if (sum * kSlack + most + below[i] < threshold) {
        hope = false;
        break;
      }
      lists[i].cursor.seek(row);
      if (lists[i].cursor.row() == row)
        sum += parts[lists[i].term] = part(lists[i].term, lists[i].cursor.count(), length);
    }
    if (hope) {
      double score = 0;
      for (const double p : parts) score += p;
      top.push({score, segment, row});
    }
    std::fill(parts.begin(), parts.end(), 0.0);
  }
  for (const List& list : lists) {
    if (list.cursor.corrupt()) return corrupt("postings").at(visible.segment->path);
  }
  return {};
}

Status WordsLeg::score(std::span<Scored> rows) const {
  for (std::size_t from = 0, to = 0; from < rows.size(); from = to) {
    const std::uint32_t segment = rows[from].segment;
    while (to < rows.size() && rows[to].segment == segment) rows[to++].score = 0;
    const std::span<const std::uint32_t> lengths = segments_[segment].segment->lengths;
    for (const Posting& posting : lists_[segment]) {
      PostingsCursor cursor(posting.entry, lengths);
      for (std::size_t i = from; i < to; ++i) {
        cursor.seek(rows[i].row);
        if (cursor.row() == rows[i].row) rows[i].score += part(posting.term, cursor.count(), lengths[rows[i].row]);
      }
      if (cursor.corrupt()) return corrupt("postings").at(segments_[segment].segment->path);
    }
  }
  return {};
}

}  // namespace millpond::index
