#include "index/query_plan.h"

#include <algorithm>
#include <array>
#include <map>

#include "index/positions.h"
#include "index/postings.h"
#include "index/term_walk.h"
#include "index/words_leg.h"

namespace millpond::index {
namespace {

constexpr std::size_t kExpansionsMax = 50;
constexpr std::size_t kTermsMax = 1024;

using Kind = QueryPart::Kind;

struct Analyzed {
  std::vector<std::string> terms;  // in order, function words among them
  std::vector<bool> function_word;
};

Analyzed analyze(const std::string& text, Analyzer& analyzer) {
  std::vector<Token> tokens;
  analyzer.analyze(text, tokens);
  Analyzed out;
  for (const Token& token : tokens) {
    if (out.terms.size() == kTermsMax) break;
    out.terms.emplace_back(analyzer.term(token.term));
    out.function_word.push_back(token.function_word);
  }
  return out;
}

/// As the words of a text are folded, but not cut to a stem: a prefix ends anywhere.
Result<std::string> folded(const std::string& text) {
  MP_ASSIGN(const auto plain, Analyzer::make("none"));
  const Analyzed words = analyze(text, *plain);
  return words.terms.empty() ? std::string() : words.terms.back();
}

bool matches(const std::string& term, const QueryPart& part, const std::string& prefix, const std::u32string& letters) {
  if (part.kind == Kind::kPrefix) return term.starts_with(prefix);
  // Letters of UTF-8 take up to four bytes.
  const std::size_t most = (letters.size() + static_cast<std::size_t>(part.edits)) * 4;
  return term.size() <= most && within_edits(code_points(term), letters, part.edits);
}

/// The terms that a prefix or a fuzzy word stands for, the most frequent ones of all segments.
Result<std::vector<std::string>> expand(const QueryPart& part, std::span<const Visible> segments, Analyzer& analyzer) {
  std::vector<std::string> terms;
  const Analyzed stems = analyze(part.text, analyzer);
  if (stems.terms.empty()) return terms;
  std::string prefix;
  if (part.kind == Kind::kPrefix) { MP_ASSIGN(prefix, folded(part.text)); }
  const std::u32string letters = code_points(stems.terms.back());
  std::map<std::string, std::int64_t> rows;
  for (const Visible& visible : segments) {
    std::int64_t whole_rows = -1;  // of the stem, if the walk meets it
    MP_TRY(visible.segment->need_words());
    TermWalk walk(*visible.segment, prefix);
    while (walk.next()) {
      if (part.kind == Kind::kPrefix && !walk.term().starts_with(prefix)) break;
      if (!matches(walk.term(), part, prefix, letters)) continue;
      MP_ASSIGN(const std::int64_t seen, visible_rows_of(walk.entry(), visible));
      rows[walk.term()] += seen;
      if (walk.term() == stems.terms.back()) whole_rows = seen;
    }
    if (whole_rows >= 0) continue;
    MP_ASSIGN(const TermEntry whole, find_term(*visible.segment, stems.terms.back()));
    MP_ASSIGN(const std::int64_t seen, visible_rows_of(whole, visible));
    rows[stems.terms.back()] += seen;
  }
  // Words of rows that may not be seen are not there.
  std::vector<std::pair<std::int64_t, std::string>> order;
  for (const auto& [term, count] : rows)
    if (count > 0) order.emplace_back(-count, term);
  std::sort(order.begin(), order.end());
  for (std::size_t i = 0; i < order.size() && i < kExpansionsMax; ++i) terms.push_back(order[i].second);
  return terms;
}

int column_of(const SegmentView& segment, const std::string& field) {
  for (std::size_t i = 0; i < segment.info.text.size(); ++i)
    if (segment.info.text[i].name == field) return static_cast<int>(i);
  return -1;
}

bool has_phrase(const std::vector<std::vector<std::uint32_t>>& positions, int column) {
  for (const std::uint32_t first : positions[0]) {
    if (column >= 0 && column_of_position(first) != static_cast<std::size_t>(column)) continue;
    bool all = true;
    for (std::size_t i = 1; all && i < positions.size(); ++i)
      all = std::binary_search(positions[i].begin(), positions[i].end(), first + static_cast<std::uint32_t>(i));
    if (all) return true;
  }
  return false;
}

/// Rows that hold the terms next to each other, in a column if it is not below 0.
Status add_phrase_rows(const SegmentView& segment, const std::vector<std::string>& terms, int column, RowSet& rows) {
  std::vector<PostingsCursor> cursors;
  std::vector<PositionsReader> readers;
  std::size_t rarest = 0;
  for (const std::string& term : terms) {
    MP_ASSIGN(const TermEntry entry, find_term(segment, term));
    if (entry.rows == 0) return {};
    const std::array<std::string_view, 2> parts = {entry.postings, entry.positions};
    MP_TRY(segment.need(parts));
    cursors.emplace_back(entry, segment.lengths);
    readers.emplace_back(entry);
    if (entry.rows < cursors[rarest].rows()) rarest = cursors.size() - 1;
  }
  if (terms.empty()) return {};
  const bool any_place = terms.size() == 1 && column < 0;
  std::vector<std::vector<std::uint32_t>> positions(terms.size());
  for (PostingsCursor& lead = cursors[rarest]; lead.row() != PostingsCursor::kEnd; lead.next()) {
    const std::uint32_t row = lead.row();
    bool all = true;
    for (PostingsCursor& cursor : cursors) {
      if (&cursor != &lead) cursor.seek(row);
      all = all && cursor.row() == row;
    }
    if (!all) continue;
    for (std::size_t i = 0; !any_place && i < terms.size(); ++i) {
      if (!readers[i].read(cursors[i].index(), positions[i])) return corrupt("positions of words").at(segment.path);
    }
    if (any_place || has_phrase(positions, column)) rows.insert(row);
  }
  for (const PostingsCursor& cursor : cursors)
    if (cursor.corrupt()) return corrupt("postings").at(segment.path);
  return {};
}

/// The rows of one segment that hold a part.
Result<RowSet> rows_of(const QueryPart& part, const Analyzed& words, const std::vector<std::string>& expansions,
                       const SegmentView& segment) {
  RowSet rows(segment.info.rows);
  const int column = part.field.empty() ? -1 : column_of(segment, part.field);
  if (!part.field.empty() && column < 0) return rows;
  if (part.kind == Kind::kPhrase || part.kind == Kind::kWords) {
    MP_TRY(add_phrase_rows(segment, words.terms, column, rows));
  } else {
    for (const std::string& term : expansions) MP_TRY(add_phrase_rows(segment, {term}, column, rows));
  }
  return rows;
}

void narrow(RowSet& to, const RowSet& by, std::int64_t rows, bool excluded) {
  for (std::size_t i = 0; i < static_cast<std::size_t>((rows + 63) / 64); ++i)
    to.set_word(i, to.word(i) & (excluded ? ~by.word(i) : by.word(i)));
}

}  // namespace

Result<QueryPlan> plan_query(std::span<const QueryPart> parts, std::span<const Visible> segments, Analyzer& analyzer) {
  QueryPlan plan;
  std::map<std::string, int> counts;
  std::vector<Analyzed> analyzed;
  bool content = false;
  for (const QueryPart& part : parts) {
    analyzed.push_back(analyze(part.text, analyzer));
    const auto& words = analyzed.back().function_word;
    if (!part.excluded) content = content || std::find(words.begin(), words.end(), false) != words.end();
  }
  int groups = 0;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const QueryPart& part = parts[p];
    const bool expanded = part.kind == Kind::kPrefix || part.kind == Kind::kFuzzy;
    std::vector<std::string> expansions;
    if (expanded) { MP_ASSIGN(expansions, expand(part, segments, analyzer)); }
    if (!part.excluded) {
      for (std::size_t i = 0; !expanded && i < analyzed[p].terms.size(); ++i) {
        if (content && analyzed[p].function_word[i]) continue;
        if (counts.size() < kTermsMax || counts.contains(analyzed[p].terms[i])) ++counts[analyzed[p].terms[i]];
      }
      ++groups;
      for (const std::string& term : expansions) {
        if (!counts.contains(term)) plan.terms.push_back({.term = term, .count = 1, .group = groups});
      }
    }
    if (!part.required()) continue;
    for (std::size_t s = 0; s < segments.size(); ++s) {
      const std::int64_t rows = segments[s].segment->info.rows;
      if (plan.rows.size() == s) plan.rows.push_back(std::make_shared<RowSet>(rows, true));
      MP_ASSIGN(const RowSet with, rows_of(part, analyzed[p], expansions, *segments[s].segment));
      narrow(*plan.rows[s], with, rows, part.excluded);
    }
  }
  // A term that also stands in the query as a word counts once, as that word.
  std::erase_if(plan.terms, [&](const QueryTerm& term) { return counts.contains(term.term); });
  std::sort(plan.terms.begin(), plan.terms.end(), [](const QueryTerm& a, const QueryTerm& b) {
    return a.term != b.term ? a.term < b.term : a.group < b.group;
  });
  plan.terms.erase(std::unique(plan.terms.begin(), plan.terms.end(),
                               [](const QueryTerm& a, const QueryTerm& b) { return a.term == b.term; }),
                   plan.terms.end());
  for (const auto& [term, count] : counts) plan.terms.push_back({.term = term, .count = count});
  return plan;
}

}  // namespace millpond::index
