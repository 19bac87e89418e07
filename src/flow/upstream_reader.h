#pragma once
// Rows of an upstream table, as a derived table takes them up.

#include <memory>
#include <optional>
#include <vector>

#include "millpond/expander.h"
#include "millpond/flow/flow.h"
#include "millpond/pond/table.h"

namespace millpond::flow {

/// Pulls upstream rows in batches that bound both rows and the bytes behind them. Where the first step is an expander,
/// its records, a piece of one upstream row at a time. Threads: one at a time.
class UpstreamReader {
 public:
  static Result<std::unique_ptr<UpstreamReader>> open(const pond::Table& upstream, const PlannedTable& planned,
                                                      const std::vector<pond::FilePart>& parts, Context& context);
  Result<std::optional<Batch>> next(Context& context);

 private:
  Result<std::optional<Batch>> rows(Context& context);
  /// Rows until the files that they stand for add up: one large file is a batch of its own.
  std::int64_t end_by_size() const;

  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Operator> first_;
  Expander* expander_ = nullptr;  ///< `first_`, if it is one
  std::optional<Expansion> expansion_;
  bool content_elsewhere_ = false;
  Batch batch_;
  std::int64_t row_ = 0;
};

/// Upstream rows that are done when this batch is: those of the batch, but for a piece of one that goes on.
std::int64_t rows_done(const Batch& batch);
/// The bytes behind a batch, for progress: of the files that its rows stand for, or of its columns.
std::int64_t input_bytes(const Batch& batch);

}  // namespace millpond::flow
