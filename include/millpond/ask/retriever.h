#pragma once
// Finds passages for a question in one snapshot of a pond.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millpond/ask/passage.h"
#include "millpond/context.h"
#include "millpond/flow/flow.h"
#include "millpond/index/row_filter.h"
#include "millpond/pond/pond.h"

namespace millpond::model {
class Embedder;
}

namespace millpond::ask {

struct RetrieverOptions {
  std::string table;  ///< empty: the first table with an index
  std::string at;     ///< snapshot id or time; empty: now
};

struct SearchOptions {
  int limit = 5;  ///< 1 to 1000
  index::Legs legs = index::Legs::kHybrid;
  index::RowCondition where;         ///< which rows count as hits
  bool syntax = false;               ///< the question may hold the signs of millpond/index/query_text.h
  std::vector<std::string> columns;  ///< of the table, that passages carry as text
  int neighbours = 0;                ///< 0 to 10: so many chunks of the same document before and after each passage
  bool section = false;              ///< the rest of its section before and after each passage, in place of neighbours
  double diverse = 0;                ///< 0 to 1: how much a passage loses that repeats a better one
  bool marks = false;                ///< find where words of the question stand in the passages
  std::optional<index::FusionOptions> fusion;  ///< null: as `ranking:` of the index says
  /// What reads the first hits again: "" as `ranking:` says, "none", or a cross-encoder's folder.
  std::string rerank;
};

struct Retrieval {
  std::vector<Passage> passages;  ///< best first
  index::Found found;             ///< weights of the legs, terms: for explanations
  std::string reranker;           ///< what read the first hits again; empty: nothing
  double filter_ms = 0, embed_ms = 0, search_ms = 0, rerank_ms = 0;
};

/// Holds one snapshot open: every `find` sees the same rows, whatever is built meanwhile.
/// Threads: `find` from any.
class Retriever {
 public:
  /// Errors: kNotFound if the flow has no index or the table was never built; those of the embedder when it is needed.
  static Result<std::unique_ptr<Retriever>> open(std::shared_ptr<pond::Pond> pond, const flow::Plan& plan,
                                                 const RetrieverOptions& options, Context& context);
  ~Retriever();

  /// Errors: kInvalidArgument for a condition that does not fit the table, kUnavailable for one that needs SQL's
  /// library.
  Result<Retrieval> find(const std::string& question, const SearchOptions& options, Context& context) const;
  std::int64_t snapshot() const;
  std::int64_t rows() const;
  /// Whether a search by meaning waits for a service that makes the query's vector.
  bool asks_service() const;
  const Schema& schema() const;  ///< of the table
  /// The model that made the vectors; null if the index has none. Loaded on first use.
  Result<std::shared_ptr<model::Embedder>> embedder(Context& context) const;

 private:
  struct Impl;
  explicit Retriever(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace millpond::ask
