#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

#include "index/feedback.h"
#include "index/fusion.h"
#include "index/query_plan.h"
#include "index/vector_leg.h"
#include "index/words_leg.h"
#include "millpond/index/analyzer.h"
#include "millpond/index/search.h"

namespace millpond::index {
namespace {

constexpr std::size_t kCandidatesMin = 200;  // of each leg, for fusion
constexpr std::int64_t kAnalyzerBytesMax = 8 << 20;

using Clock = std::chrono::steady_clock;
double milliseconds(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

struct Statistics {
  std::int64_t rows = 0, length = 0;
};

Result<Statistics> count_rows(std::span<const Visible> segments) {
  Statistics all;
  for (const Visible& visible : segments) {
    if (visible.everything()) {
      all.rows += visible.segment->info.rows;
      all.length += visible.segment->info.length;
      continue;
    }
    MP_TRY(visible.segment->need(visible.segment->section(Section::kLengths)));
    for_each_visible(visible, [&](std::uint32_t row) {
      ++all.rows;
      all.length += visible.segment->lengths[row];
    });
  }
  return all;
}

void rank(std::vector<Hit>& hits, LegScore Hit::* leg, const std::vector<Scored>& best) {
  const auto before = [](const Hit& hit, const Scored& scored) {
    return hit.segment != static_cast<int>(scored.segment) ? hit.segment < static_cast<int>(scored.segment)
                                                           : hit.row < scored.row;
  };
  for (std::size_t i = 0; i < best.size(); ++i) {
    (*std::lower_bound(hits.begin(), hits.end(), best[i], before)).*leg = {best[i].score, static_cast<int>(i) + 1};
  }
}

void narrow(RowSet& rows, const RowSet& by, std::size_t words) {
  for (std::size_t i = 0; i < words; ++i) rows.set_word(i, rows.word(i) & by.word(i));
}

std::vector<Hit> hits_of(const std::vector<Scored>& best, LegScore Hit::* leg) {
  std::vector<Hit> hits(best.size());
  for (std::size_t i = 0; i < best.size(); ++i) {
    hits[i].segment = static_cast<int>(best[i].segment);
    hits[i].row = best[i].row;
    hits[i].score = best[i].score;
    hits[i].*leg = {best[i].score, static_cast<int>(i) + 1};
  }
  return hits;
}

}  // namespace

Result<std::shared_ptr<const Segment>> SegmentCache::open(const std::string& path) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = segments_.find(path); found != segments_.end()) return found->second;
  }
  MP_ASSIGN(auto segment, Segment::open(path));
  const std::lock_guard lock(mutex_);
  return segments_.emplace(path, std::move(segment)).first->second;
}

void SegmentCache::put(const std::string& path, std::shared_ptr<const Segment> segment) {
  const std::lock_guard lock(mutex_);
  segments_.insert_or_assign(path, std::move(segment));
}

void SegmentCache::retain(std::span<const std::string> paths) {
  const std::lock_guard lock(mutex_);
  std::erase_if(segments_,
                [&](const auto& entry) { return std::find(paths.begin(), paths.end(), entry.first) == paths.end(); });
}

std::string_view plan_name(VectorPlan::Kind kind) {
  constexpr std::string_view kNames[] = {"none", "exact", "matches", "clusters"};
  return kNames[kind];
}

struct Searcher::Impl {
  std::vector<SegmentRef> refs;
  std::vector<std::shared_ptr<const Segment>> segments;
  std::vector<Visible> live;
  Statistics live_statistics;
  std::vector<VectorColumn> vectors;  // of all segments
  std::vector<int> dimensions;        // of `vectors`; 0 if no row has one
  int threads = 1;
  std::string language;
  mutable std::mutex mutex;
  mutable std::vector<std::unique_ptr<Analyzer>> analyzers;  // idle ones

  Result<std::unique_ptr<Analyzer>> take_analyzer() const;
  void give_back(std::unique_ptr<Analyzer> analyzer) const;
  Result<QueryPlan> plan(const Query& query, std::span<const Visible> visible) const;
  std::vector<std::string> text_columns() const;
  Status add_vectors(const SegmentInfo& info, const std::string& path);
  Status check_vector(const Query& query, std::size_t column) const;
  std::size_t find_vectors(std::string_view name) const;
  Status need_stored(const std::vector<Hit>& hits) const;
  Status fuse_legs(const WordsLeg& words_leg, const Query& query, std::span<const Visible> visible,
                   std::span<const Visible> sought, Found& found) const;
};

Result<std::unique_ptr<Analyzer>> Searcher::Impl::take_analyzer() const {
  const std::lock_guard lock(mutex);
  if (analyzers.empty()) return Analyzer::make(language);
  auto analyzer = std::move(analyzers.back());
  analyzers.pop_back();
  return analyzer;
}

void Searcher::Impl::give_back(std::unique_ptr<Analyzer> analyzer) const {
  if (analyzer->memory_bytes() > kAnalyzerBytesMax) analyzer->forget();
  const std::lock_guard lock(mutex);
  analyzers.push_back(std::move(analyzer));
}

Result<QueryPlan> Searcher::Impl::plan(const Query& query, std::span<const Visible> visible) const {
  std::vector<QueryPart> parts = {{.text = query.text}};
  if (query.syntax) parts = parse_query(query.text, text_columns());
  MP_ASSIGN(auto analyzer, take_analyzer());
  auto planned = plan_query(parts, visible, *analyzer);
  give_back(std::move(analyzer));
  return planned;
}

std::vector<std::string> Searcher::Impl::text_columns() const {
  std::vector<std::string> names;
  for (const auto& segment : segments) {
    for (const TextColumn& column : segment->info().text)
      if (std::find(names.begin(), names.end(), column.name) == names.end()) names.push_back(column.name);
  }
  return names;
}

// Every candidate of one leg gets its score in the other leg too, so that no row loses by being just below a cut.
Status Searcher::Impl::fuse_legs(const WordsLeg& words_leg, const Query& query, std::span<const Visible> visible,
                                 std::span<const Visible> sought, Found& found) const {
  const VectorAsked asked{query.vector_column, query.vector};
  const std::size_t limit = std::max(kCandidatesMin, static_cast<std::size_t>(query.limit));
  const auto began = Clock::now();
  MP_ASSIGN(const std::vector<Scored> by_words, words_leg.best(limit));
  const auto after_words = Clock::now();
  found.words_ms += milliseconds(after_words - began);
  MP_ASSIGN(VectorBest by_vector, best_by_vector(visible, sought, asked, limit, query.recall, threads));
  found.vector_ms = milliseconds(Clock::now() - after_words);
  found.plans = std::move(by_vector.plans);
  std::vector<Scored> rows;
  rows.reserve(by_words.size() + by_vector.rows.size());
  rows.insert(rows.end(), by_words.begin(), by_words.end());
  rows.insert(rows.end(), by_vector.rows.begin(), by_vector.rows.end());
  for (Scored& scored : rows) scored.score = 0;
  std::sort(rows.begin(), rows.end(), better);
  rows.erase(std::unique(rows.begin(), rows.end(),
                         [](const Scored& a, const Scored& b) { return a.segment == b.segment && a.row == b.row; }),
             rows.end());

  FusionInput input;
  input.vector_mean = found.vector_mean = by_vector.mean;
  input.words_known = words_known(words_leg.terms(), found.rows);
  input.candidates.resize(rows.size());
  MP_TRY(words_leg.score(rows));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    input.candidates[i].segment = static_cast<int>(rows[i].segment);
    input.candidates[i].row = rows[i].row;
    input.candidates[i].words.score = rows[i].score;
  }
  MP_TRY(score_by_vector(sought, asked, rows));
  for (std::size_t i = 0; i < rows.size(); ++i) input.candidates[i].vector.score = rows[i].score;
  rank(input.candidates, &Hit::words, by_words);
  rank(input.candidates, &Hit::vector, by_vector.rows);
  input.vector_share = query.fusion.vector;
  const FusionWeights weights = fuse(input);
  const double feedback =
      add_feedback(sought, query.vector_column, query.fusion.feedback * weights.agreement, input.candidates);
  found.words_weight = weights.words * (1 - feedback);
  found.vector_weight = weights.vector * (1 - feedback);
  found.feedback_weight = feedback;
  found.hits = std::move(input.candidates);
  std::stable_sort(found.hits.begin(), found.hits.end(), [](const Hit& a, const Hit& b) { return a.score > b.score; });
  if (found.hits.size() > static_cast<std::size_t>(query.limit))
    found.hits.resize(static_cast<std::size_t>(query.limit));
  return {};
}

Searcher::Searcher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Searcher::~Searcher() = default;
const std::vector<std::shared_ptr<const Segment>>& Searcher::segments() const { return impl_->segments; }
std::int64_t Searcher::rows() const { return impl_->live_statistics.rows; }
int Searcher::dimensions(std::string_view column) const {
  const std::size_t at = impl_->find_vectors(column);
  return at < impl_->dimensions.size() ? impl_->dimensions[at] : 0;
}
std::vector<VectorColumn> Searcher::vector_columns() const { return impl_->vectors; }

std::size_t Searcher::Impl::find_vectors(std::string_view name) const {
  std::size_t at = 0;
  while (!name.empty() && at < vectors.size() && vectors[at].name != name) ++at;
  return at;
}

// What hits show is asked for at once, not one after the other.
Status Searcher::Impl::need_stored(const std::vector<Hit>& hits) const {
  for (std::size_t s = 0; s < segments.size(); ++s) {
    if (segments[s]->view().object == nullptr) continue;
    std::vector<std::int64_t> rows;
    for (const Hit& hit : hits) {
      if (hit.segment == static_cast<int>(s)) rows.push_back(hit.row);
    }
    MP_TRY(segments[s]->view().need_stored(rows));
  }
  return {};
}

Status Searcher::Impl::add_vectors(const SegmentInfo& info, const std::string& path) {
  for (std::size_t i = 0; i < info.vectors.size(); ++i) {
    const VectorColumn& declared = info.vectors[i];
    const std::size_t at = declared.name.empty() ? 0 : find_vectors(declared.name);
    if (at >= vectors.size()) {
      vectors.push_back(declared);
      dimensions.push_back(info.dimensions[i]);
      continue;
    }
    if (declared != vectors[at]) {
      return invalid("segments whose vectors were kept in different ways: ", declared.name, " in ", path)
          .hint("Build the segments again.");
    }
    if (info.dimensions[i] == 0) continue;
    if (dimensions[at] != 0 && info.dimensions[i] != dimensions[at]) {
      return invalid("segments with vectors of different lengths: ", dimensions[at], ", ", info.dimensions[i], " in ",
                     path)
          .hint("Build the segments again with one embedding model.");
    }
    dimensions[at] = info.dimensions[i];
  }
  return {};
}

Status Searcher::Impl::check_vector(const Query& query, std::size_t column) const {
  const auto size = static_cast<std::size_t>(dimensions[column]);
  const VectorColumn& declared = vectors[column];
  if (declared.many ? query.vector.size() % size != 0 : query.vector.size() != size) {
    return invalid(declared.many ? "each vector of the query must have " : "the vector of the query must have ", size,
                   " numbers; it has: ", query.vector.size());
  }
  constexpr std::size_t kVectorsMost = 1024;
  if (query.vector.size() / size > kVectorsMost)
    return exhausted("a query has at most ", kVectorsMost, " vectors: ", query.vector.size() / size);
  for (std::size_t i = 0; i < query.vector.size(); ++i) {
    if (!std::isfinite(query.vector[i]))
      return invalid("the vector of the query holds a number that is not finite: ", query.vector[i]);
  }
  for (std::size_t i = 0; declared.metric == Metric::kCosine && i < query.vector.size(); i += size) {
    const auto begin = query.vector.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::all_of(begin, begin + static_cast<std::ptrdiff_t>(size), [](float value) { return value == 0; }))
      return invalid("a vector of zeros has no direction for the cosine; of the query, vector: ", i / size);
  }
  return {};
}

Result<std::unique_ptr<Searcher>> Searcher::open(std::vector<SegmentRef> segments, SegmentCache& cache, int threads) {
  auto impl = std::make_unique<Impl>();
  impl->refs = std::move(segments);
  impl->threads = threads;
  impl->language = "none";
  std::string analyzer;
  for (const SegmentRef& ref : impl->refs) {
    MP_ASSIGN(auto segment, cache.open(ref.path));
    const SegmentInfo& info = segment->info();
    const bool first = impl->segments.empty();
    if (!first && info.analyzer != analyzer) {
      return invalid("segments made with different analyzers: ", analyzer, ", ", info.analyzer, " in ", ref.path)
          .hint("Build the segments again.");
    }
    MP_TRY(impl->add_vectors(info, ref.path));
    if (first) {
      analyzer = info.analyzer;
      impl->language = info.language;
      MP_ASSIGN(auto made, Analyzer::make(info.language));
      if (made->id() != analyzer) {
        return invalid("segment made with another analyzer: ", analyzer, " in ", ref.path)
            .hint("Build the segment again.");
      }
    }
    const bool none_deleted = ref.deleted == nullptr || ref.deleted->size() == 0;
    impl->live.push_back({&segment->view(), none_deleted ? nullptr : ref.deleted.get()});
    impl->segments.push_back(std::move(segment));
  }
  MP_ASSIGN(impl->live_statistics, count_rows(impl->live));
  return std::unique_ptr<Searcher>(new Searcher(std::move(impl)));
}

Result<Found> Searcher::search(const Query& query) const {
  const Impl& impl = *impl_;
  const bool filtered = !query.allowed.empty();
  if (filtered && query.allowed.size() != impl.live.size()) {
    return invalid("allowed rows must be given for every segment or for none; given: ", query.allowed.size());
  }
  if (!query.where.empty() && query.where.size() != impl.live.size()) {
    return invalid("rows to look among must be given for every segment or for none; given: ", query.where.size());
  }
  const std::size_t column = impl.find_vectors(query.vector_column);
  if (!query.vector_column.empty() && column >= impl.vectors.size())
    return invalid("the index has no such column of vectors: ", query.vector_column);
  const bool has_vectors = column < impl.vectors.size() && impl.dimensions[column] > 0;
  const bool by_vector = !query.vector.empty() && query.legs != Legs::kWords && has_vectors;
  const bool by_words = !query.text.empty() && (query.legs != Legs::kVector || !by_vector);
  if (by_vector) MP_TRY(impl.check_vector(query, column));
  Found found;
  if (query.limit <= 0) return found;
  const auto outside = [](double weight) { return !(weight >= 0 && weight <= 1); };
  if (outside(query.fusion.vector) || outside(query.fusion.feedback)) {
    return invalid("weights of fusion are 0 to 1: ", query.fusion.vector, ", ", query.fusion.feedback);
  }
  std::vector<Visible> visible = impl.live;
  for (std::size_t i = 0; filtered && i < visible.size(); ++i) {
    visible[i].allowed = query.allowed[i].get();
    visible[i].nothing = query.allowed[i] == nullptr;
  }
  Statistics statistics = impl.live_statistics;
  if (filtered) { MP_ASSIGN(statistics, count_rows(visible)); }
  found.rows = statistics.rows;
  const auto began_words = Clock::now();
  QueryPlan plan;
  if (!query.text.empty() && (by_words || query.syntax)) { MP_ASSIGN(plan, impl.plan(query, visible)); }
  std::vector<Visible> sought = visible;
  for (std::size_t i = 0; i < sought.size(); ++i) {
    if (!query.where.empty()) {
      sought[i].where = query.where[i].get();
      sought[i].nothing = sought[i].nothing || query.where[i] == nullptr;
    }
    if (plan.rows.empty() || sought[i].nothing) continue;
    if (sought[i].where != nullptr) narrow(*plan.rows[i], *sought[i].where, sought[i].words());
    sought[i].where = plan.rows[i].get();
  }
  const bool narrowed = !query.where.empty() || !plan.rows.empty();
  found.matching = statistics.rows;
  if (narrowed) {
    MP_ASSIGN(const Statistics counted, count_rows(sought));
    found.matching = counted.rows;
  }
  const auto limit = static_cast<std::size_t>(std::min<std::int64_t>(query.limit, found.matching));
  if (limit == 0) return found;
  std::vector<QueryTerm> terms = by_words ? std::move(plan.terms) : std::vector<QueryTerm>();
  MP_ASSIGN(const WordsLeg words_leg,
            WordsLeg::prepare(visible, sought, std::move(terms), statistics.rows, statistics.length));
  found.terms = words_leg.terms();
  found.words_ms = milliseconds(Clock::now() - began_words);
  if (by_words && by_vector) {
    MP_TRY(impl.fuse_legs(words_leg, query, visible, sought, found));
  } else if (by_vector) {
    found.vector_weight = 1;
    const auto began = Clock::now();
    MP_ASSIGN(VectorBest best,
              best_by_vector(visible, sought, {query.vector_column, query.vector}, limit, query.recall, impl.threads));
    found.vector_ms = milliseconds(Clock::now() - began);
    found.plans = std::move(best.plans);
    found.vector_mean = best.mean;
    found.hits = hits_of(best.rows, &Hit::vector);
  } else if (by_words) {
    found.words_weight = 1;
    const auto began = Clock::now();
    MP_ASSIGN(const std::vector<Scored> best, words_leg.best(limit));
    found.words_ms += milliseconds(Clock::now() - began);
    found.hits = hits_of(best, &Hit::words);
  }
  MP_TRY(impl.need_stored(found.hits));
  return found;
}

std::vector<std::string> Searcher::text_columns() const { return impl_->text_columns(); }

Result<std::vector<std::pair<std::uint32_t, std::uint32_t>>> Searcher::marks(const Found& found,
                                                                             std::string_view text) const {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> marks;
  MP_ASSIGN(auto analyzer, impl_->take_analyzer());
  std::set<std::string_view> terms;
  for (const QueryTerm& term : found.terms) terms.insert(term.term);
  std::vector<Token> tokens;
  analyzer->analyze(text, tokens);
  for (const Token& token : tokens) {
    if (!terms.contains(analyzer->term(token.term))) continue;
    // Pairs of characters overlap.
    if (!marks.empty() && token.begin < marks.back().second) {
      marks.back().second = std::max(marks.back().second, token.end);
    } else {
      marks.emplace_back(token.begin, token.end);
    }
  }
  impl_->give_back(std::move(analyzer));
  return marks;
}

Result<StoredRow> Searcher::stored(const Hit& hit) const {
  if (hit.segment < 0 || static_cast<std::size_t>(hit.segment) >= impl_->segments.size()) {
    return invalid("no such segment: ", hit.segment);
  }
  return impl_->segments[static_cast<std::size_t>(hit.segment)]->stored(hit.row);
}

}  // namespace millpond::index
