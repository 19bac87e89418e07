#pragma once
// What the folds share that find clusters of rows and keep one of each.

#include <cstdint>
#include <vector>

#include "curate/keep_rule.h"
#include "curate/near_duplicates/union_find.h"
#include "millpond/schema.h"
#include "millpond/status.h"

namespace millpond::curate {

/// `cluster` (int64, null for a row like no other), `cluster_size`, `duplicate` (would go).
Schema cluster_columns();

/// Rows of a table in its order, first all absorbed, then all judged. Memory: 12 bytes a row, and 8 more for a rule
/// other than `first`. Threads: one.
class Clusters {
 public:
  /// `drop`: rows that another stands for are left out; else they are marked.
  Clusters(KeepRule rule, bool drop) : rule_(std::move(rule)), drop_(drop) {}

  Status absorb(const Batch& rows);
  std::int64_t rows() const { return rows_; }
  /// Who is with whom; with `by_root` the sets' roots stay, whatever the rule.
  void choose(UnionFind& sets, bool by_root);
  Result<Batch> judge(const Batch& rows);

 private:
  const KeepRule rule_;
  const bool drop_;
  std::int64_t rows_ = 0, judged_ = 0;
  std::vector<double> worth_;
  std::vector<std::uint32_t> stays_, cluster_, sizes_;
};

}  // namespace millpond::curate
