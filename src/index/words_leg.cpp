#include "index/words_leg.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "index/row_sums.h"

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

struct WordsLeg::List {
  List(std::uint32_t number, const TermEntry& entry, std::span<const std::uint32_t> lengths)
      : scan(entry, lengths), look(scan), term(number) {}
  PostingsCursor scan, look;  // through all its rows; for those that other lists propose
  std::uint32_t term;
  double bound = 0;  // the most that it can add to any row
  double below = 0;  // the bounds of the lists before it
};

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

// By bound; the cursors stay where they are.
std::vector<WordsLeg::List*> WordsLeg::order(std::vector<List>& lists) const {
  std::vector<List*> ordered;
  ordered.reserve(lists.size());
  for (List& list : lists) {
    list.bound = part(list.term, list.scan.count_max(), list.scan.length_min()) * kSlack;
    ordered.push_back(&list);
  }
  std::stable_sort(ordered.begin(), ordered.end(), [](const List* a, const List* b) { return a->bound < b->bound; });
  double below = 0;
  for (List* list : ordered) {
    list->below = below;
    below += list->bound;
  }
  return ordered;
}

// The score of a row, or nothing above zero as soon as it is clear that it is below the threshold: then `parts` is not
// filled. The lists before `first` are looked up only as long as bounds of their blocks leave hope.
double WordsLeg::score_if_best(std::span<List* const> lists, std::size_t first, std::uint32_t row, std::uint32_t length,
                               double threshold, std::vector<double>& parts) const {
  double sum = 0;
  std::fill(parts.begin(), parts.end(), 0.0);
  for (std::size_t i = lists.size(); i-- > 0;) {
    List& list = *lists[i];
    if (i < first) {
      if (sum * kSlack + list.below + list.bound < threshold) return 0;
      const PostingsCursor::Bound bound = list.look.bound_at(row);
      const double most = bound.count_max == 0 ? 0 : part(list.term, bound.count_max, bound.length_min) * kSlack;
      if (sum * kSlack + most + list.below < threshold) return 0;
    }
    list.look.seek(row);
    if (list.look.row() == row) sum += parts[list.term] = part(list.term, list.look.count(), length);
  }
  double score = 0;  // in the order of the terms, so that it does not depend on bounds
  for (const double each : parts) score += each;
  return score;
}

// MaxScore, a window of rows after the other: the lists with the lowest bounds, which together cannot lift a row over
// the threshold, only add to rows that the others propose. All this is done in floats; what could then be among the
// best gets its exact score.
Status WordsLeg::best_of_segment(std::uint32_t segment, Top& top) const {
  const Visible& visible = segments_[segment];
  const std::span<const std::uint32_t> lengths = visible.segment->lengths;
  std::vector<List> unordered;
  unordered.reserve(lists_[segment].size());
  for (const Posting& posting : lists_[segment]) unordered.emplace_back(posting.term, posting.entry, lengths);
  const std::vector<List*> lists = order(unordered);
  std::vector<double> parts(terms_.size(), 0);
  RowSums sums(lengths);
  const auto weight = [&](const List& list) { return TermWeight{weights_[list.term], norm_base_, norm_slope_}; };
  constexpr double kLess = 1 - 2 * RowSums::kError;
  double known = -std::numeric_limits<double>::infinity();  // so many rows as are wanted have at least this
  double threshold = known;
  // Drops rows that cannot reach the threshold with what is still to be added.
  const auto keep = [&](double to_come) {
    if (to_come <= 0 && sums.kept() >= top.limit() && top.limit() > 0)
      threshold = known = std::max(threshold, double{sums.largest(top.limit())} * kLess);
    const auto least = static_cast<float>((threshold - to_come) * kLess);
    sums.keep_if([least](std::uint32_t, float sum) { return sum >= least; });
  };
  for (std::size_t first = 0;;) {
    threshold = std::max(top.threshold(), known);
    while (first < lists.size() && lists[first]->below + lists[first]->bound < threshold) ++first;
    if (first == lists.size()) break;
    std::uint32_t begin = PostingsCursor::kEnd;
    for (std::size_t i = first; i < lists.size(); ++i) begin = std::min(begin, lists[i]->scan.row());
    if (begin == PostingsCursor::kEnd) break;
    sums.start(begin);
    for (std::size_t i = first; i < lists.size(); ++i) sums.add(lists[i]->scan, weight(*lists[i]));
    const auto least = static_cast<float>((threshold - lists[first]->below) * kLess);
    sums.keep_if([&](std::uint32_t row, float sum) { return sum >= least && visible.contains(row); });
    keep(lists[first]->below);
    for (std::size_t i = first; i-- > 0 && sums.kept() > 0;) {
      sums.add_to_kept(lists[i]->scan, weight(*lists[i]));
      keep(lists[i]->below);
    }
    for (const std::uint16_t at : sums.sorted()) {
      const std::uint32_t row = begin + at;
      threshold = std::max(top.threshold(), known);
      const double score = score_if_best(lists, first, row, lengths[row], threshold, parts);
      if (score > 0) top.push({score, segment, row});
    }
  }
  for (const List& list : unordered) {
    if (list.scan.corrupt() || list.look.corrupt()) return corrupt("postings").at(visible.segment->path);
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
