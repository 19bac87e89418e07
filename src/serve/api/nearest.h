#pragma once
// The rows whose vectors are nearest to given ones: no text, no model.

#include <memory>
#include <string>
#include <vector>

#include "millpond/flow/flow.h"
#include "millpond/index/row_filter.h"
#include "millpond/index/table_index.h"
#include "millpond/serve/router.h"
#include "serve/api/json_text.h"
#include "serve/api/library.h"

namespace millpond::serve {

struct NearestAsked {
  std::string column;         ///< empty: the first of the index
  std::vector<float> vector;  ///< or several, one after the other, where the column has several a row
  int limit = 10;             ///< 1 to 1000
  std::string where;          ///< SQL over the table's columns; empty: all rows
  double recall = 0.99;       ///< 1 compares everything
};

/// One snapshot of a table with vectors.
/// Threads: `find` from any.
class NearestRows {
 public:
  /// Errors: kNotFound if the table has no index or was never built.
  static Result<std::unique_ptr<NearestRows>> open(std::shared_ptr<pond::Pond> pond, const flow::PlannedTable& planned,
                                                   Context& context);
  std::int64_t snapshot() const { return opened_.snapshot; }
  /// `snapshot`, `column`, `metric`, `matching` rows, and `hits`: `score` (larger is nearer) and the stored columns.
  /// Errors: those of `Searcher::search` and `RowFilter::rows`.
  Result<Json> find(const NearestAsked& asked, Context& context) const;

 private:
  index::SegmentCache cache_;
  index::TableSearcher opened_;
  std::unique_ptr<index::RowFilter> filter_;
};

/// A list of numbers, or a list of such lists. Errors: kInvalidArgument.
Result<std::vector<float>> vector_of(const Json& value);

/// POST /api/nearest.
void add_nearest(Router& router, std::shared_ptr<Library> library);
Json nearest_input();  ///< JSON Schema of its arguments

}  // namespace millpond::serve
