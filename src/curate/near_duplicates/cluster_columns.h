#pragma once
// The columns that say which cluster a row is in.

#include <arrow/builder.h>

#include <cstdint>
#include <vector>

#include "millpond/schema.h"
#include "millpond/status.h"

namespace millpond::curate {

/// Rows judged one after another. Threads: one.
class ClusterColumns {
 public:
  /// `cluster` < 0: a row like no other.
  Status keep(std::int64_t row, std::int64_t cluster, std::int64_t size, bool duplicate);
  /// The kept rows of `rows` with `cluster_columns()`; then empty again.
  Result<Batch> finish(const Batch& rows);

 private:
  arrow::Int64Builder clusters_, sizes_;
  arrow::BooleanBuilder duplicates_;
  std::vector<std::int64_t> kept_;
};

}  // namespace millpond::curate
