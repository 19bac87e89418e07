#pragma once
// Batches on demand. Whoever needs rows pulls them: back-pressure, limits and cancellation come for free.

#include <memory>
#include <optional>
#include <vector>

#include "millpond/context.h"
#include "millpond/status.h"
#include "millpond/type_fwd.h"

namespace millpond {

/// A source of batches under one schema. Threads: one consumer at a time.
class Stream {
 public:
  virtual ~Stream() = default;
  virtual ArrowSchema schema() const = 0;
  /// The next batch, of at least one row, or none at the end.
  virtual Result<std::optional<Batch>> next(Context& context) = 0;
};

/// Batches that are in memory already.
std::unique_ptr<Stream> stream_of(ArrowSchema schema, std::vector<Batch> batches);

}  // namespace millpond
