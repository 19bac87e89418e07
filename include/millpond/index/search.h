#pragma once
// Finds rows by words, by vector, or by both, in one snapshot: a fixed list of segments and of deleted rows.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millpond/index/segment.h"
#include "millpond/status.h"

namespace millpond::index {

/// A set of rows of one segment. Rows beyond its end are not in it.
class RowSet {
 public:
  RowSet() = default;
  explicit RowSet(std::int64_t rows, bool full = false);
  static RowSet of(std::span<const std::int64_t> rows);
  void insert(std::int64_t row);
  void erase(std::int64_t row);
  bool contains(std::int64_t row) const {
    const auto word = static_cast<std::size_t>(row) / 64;
    return word < words_.size() && (words_[word] >> (row % 64) & 1) != 0;
  }
  std::int64_t size() const;
  /// Rows 64·i … 64·i + 63, the first in the lowest bit.
  std::uint64_t word(std::size_t i) const { return i < words_.size() ? words_[i] : 0; }
  void set_word(std::size_t i, std::uint64_t bits);

 private:
  std::vector<std::uint64_t> words_;
};

/// A segment as a snapshot sees it.
struct SegmentRef {
  std::string path;
  std::shared_ptr<const RowSet> deleted;  ///< null if no row of the data file is deleted
};

enum class Legs : unsigned char { kHybrid, kWords, kVector };

/// How the legs of a hybrid search become one order; docs/search.md.
struct FusionOptions {
  double vector = 0.5;     ///< share of the vector leg where both legs work, 0 to 1; the rest is the words leg's
  double feedback = 0.45;  ///< weight of likeness to what is found first, beside the 1 of both legs; 0: none
};

struct Query {
  std::string text;     ///< empty: by vector alone
  bool syntax = false;  ///< the text may hold the signs of millpond/index/query_text.h
  /// Of `text`, by the model that made the segments' vectors; empty: by words alone. For a column of several vectors
  /// a row: any number of vectors, one after the other. Of a column of bits, a number above 0 is a 1.
  std::vector<float> vector;
  std::string vector_column;  ///< empty: the first
  int limit = 10;
  Legs legs = Legs::kHybrid;
  /// The part of the rows nearest by vector that is found in segments of many rows; 1 compares every visible row.
  double recall = 0.99;
  FusionOptions fusion;
  /// What the asker may see: empty for everything, otherwise one set for each segment, null for nothing of it.
  /// Other rows count for nothing: neither as hits nor in the word statistics, so scores tell nothing about them.
  std::vector<std::shared_ptr<const RowSet>> allowed;
  /// What is looked for among them, in the same form. Rows outside are no hits, but they stay in the statistics: a row
  /// scores the same by words whatever the condition.
  std::vector<std::shared_ptr<const RowSet>> where;
};

struct LegScore {
  double score = 0;  ///< BM25, or what the metric of the column says
  int rank = 0;      ///< from 1; 0 if the row is not among the candidates of the leg
};

struct Hit {
  int segment = 0;  ///< position in the snapshot's list
  std::int64_t row = 0;
  double score = 0;  ///< hybrid: the fused score in 0..1; otherwise that of the leg. Comparable within one query
  LegScore words, vector;
  double feedback = 0;  ///< 0..1: how like the first rows of both legs it is; 0 if that was not asked
};

/// A word of the query as the snapshot knows it.
struct QueryTerm {
  std::string term;
  int count = 0;          ///< in the query
  std::int64_t rows = 0;  ///< visible rows that hold it
  double weight = 0;      ///< inverse document frequency
  int group = 0;          ///< not 0: one of the terms that a prefix or a fuzzy word stands for; they share a weight
};

/// What the vector leg did in a segment.
struct VectorPlan {
  enum Kind : unsigned char {
    kNone,      ///< no vectors, or no visible rows
    kExact,     ///< compared every visible row
    kMatches,   ///< compared the codes of every visible row, then the best rows: the filter leaves few
    kClusters,  ///< scanned the clusters near the query
  };
  Kind kind = kNone;
  std::int64_t visible = 0;  ///< rows
  std::int64_t scanned = 0, compared = 0, reranked = 0;
  int clusters = 0;
};

std::string_view plan_name(VectorPlan::Kind kind);  ///< "none", "exact", "matches", "clusters"

struct Found {
  std::vector<Hit> hits;      ///< best first; ties by segment, then row
  std::int64_t rows = 0;      ///< visible rows
  std::int64_t matching = 0;  ///< of them, those that meet `where`
  std::vector<QueryTerm> terms;
  double vector_mean = 0;  ///< of the vector scores of all visible rows
  /// What fusion gave to each leg and to feedback; they add up to 1.
  double words_weight = 0, vector_weight = 0, feedback_weight = 0;
  std::vector<VectorPlan> plans;       ///< of the segments; empty without a vector leg
  double words_ms = 0, vector_ms = 0;  ///< time in each leg
};

/// Open segments of a process, by path. Segments never change, so a path is opened once.
/// Threads: any.
class SegmentCache {
 public:
  Result<std::shared_ptr<const Segment>> open(const std::string& path);
  /// Puts a segment there that was opened in another way.
  void put(const std::string& path, std::shared_ptr<const Segment> segment);
  /// Forgets segments that are not in `paths`; searchers that use them go on.
  void retain(std::span<const std::string> paths);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Segment>> segments_;
};

/// Searches one snapshot.
///
/// Words:   exact: the same hits as comparing the query with every visible row, however rows are spread over segments,
///          except for the order of equal scores.
/// Vectors: exact in segments of fewer than 4096 rows, and with a recall of 1; scores are always exact.
/// Words:   BM25, k1 1.2, b 0.75; statistics over the visible rows of all segments.
/// Fusion:  docs/search.md; a leg that is lost on a query gets little weight.
/// Errors:  open: that of a segment that is missing or damaged (it names the file: build it again), kInvalidArgument
///          when segments were made with different analyzers or vector lengths; search: kInvalidArgument for a vector
///          of another length, kDataCorrupt.
/// Threads: `search` from any; it uses up to `threads` for large scans.
class Searcher {
 public:
  static Result<std::unique_ptr<Searcher>> open(std::vector<SegmentRef> segments, SegmentCache& cache, int threads = 1);
  ~Searcher();

  Result<Found> search(const Query& query) const;
  /// The stored columns of a hit, in the order of `info().stored` of its segment.
  Result<StoredRow> stored(const Hit& hit) const;
  const std::vector<std::shared_ptr<const Segment>>& segments() const;
  /// Where in a text the terms of a query stand, in order: bytes from and to. Neighbours are not joined.
  Result<std::vector<std::pair<std::uint32_t, std::uint32_t>>> marks(const Found& found, std::string_view text) const;
  /// The columns whose words are indexed: those that a query can name.
  std::vector<std::string> text_columns() const;
  std::int64_t rows() const;                           ///< live rows
  int dimensions(std::string_view column = {}) const;  ///< 0 if there are no vectors; of the first column
  std::vector<VectorColumn> vector_columns() const;

 private:
  struct Impl;
  explicit Searcher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace millpond::index
