#pragma once
// The step that needs rows together: dedup, aggregates, splits. Nothing else ever sees the whole table.

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "millpond/context.h"
#include "millpond/options.h"
#include "millpond/schema.h"
#include "millpond/stream.h"

namespace millpond {

/// Rows of equal key columns, brought together by the driver, which partitions by the hash of the key and spills
/// partitions to disk when the memory budget is met.
///
/// Shape:   `absorb` gets the rows of one partition in table order, any number of batches; `finish` yields the rows kept,
///          under the input's schema plus `FoldDef::adds`.
/// Threads: one instance for each partition; `merge` joins two instances that absorbed rows of the same partition in order
///          (`later` came after this one), as on an engine that aggregates in parts (Spark, Ray).
class Fold {
 public:
  virtual ~Fold() = default;
  virtual Status absorb(const Batch& rows, Context& context) = 0;
  virtual Status merge(Fold&& later, Context& context) = 0;
  virtual Result<std::vector<Batch>> finish(Context& context) = 0;
};

struct FoldDef {
  std::string_view name, summary;
  int version = 1;
  Schema reads, adds;
  std::vector<Option> options;
  /// The columns whose equality brings rows together, for these options.
  std::function<std::vector<std::string>(const Options&)> keys;
  std::function<Result<std::unique_ptr<Fold>>(const Options&)> make;
};

/// Runs a fold over a stream within `context.memory()`; rows come out in the order in which their first row went in.
/// Spills to `spill_dir`, which it empties again, also after an error.
Result<std::unique_ptr<Stream>> run_fold(std::unique_ptr<Stream> input, const FoldDef& def, const Options& options,
                                         const std::string& spill_dir, Context& context);

}  // namespace millpond

#define MILLPOND_FOLD(name)                                   \
  extern "C" const ::millpond::FoldDef millpond_fold_##name; \
  const ::millpond::FoldDef millpond_fold_##name
