#pragma once
// The step that needs rows together: dedup, aggregates, splits. Nothing else ever sees the whole table.

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "millpond/context.h"
#include "millpond/options.h"
#include "millpond/row_hash.h"
#include "millpond/schema.h"
#include "millpond/stream.h"

namespace millpond {

/// Rows of equal key columns, brought together by the driver, which partitions by the hash of the key and spills
/// partitions to disk when the memory budget is met.
///
/// Shape:   `absorb` gets the rows of one partition in table order, any number of batches; `finish` yields the rows
/// kept,
///          under the input's schema plus `FoldDef::adds`. The input has one more column than the table,
///          `kFoldPosition`, which stays with the first row of a group: the driver puts the results into that order,
///          and takes it off.
/// Threads: one instance for each partition; `merge` joins two instances that absorbed rows of the same partition in
/// order
///          (`later` came after this one), as on an engine that aggregates in parts (Spark, Ray).
class Fold {
 public:
  virtual ~Fold() = default;
  virtual Status absorb(const Batch& rows, Context& context) = 0;
  virtual Status merge(Fold&& later, Context& context) = 0;
  virtual Result<std::vector<Batch>> finish(Context& context) = 0;
};

/// Name of the hidden column (int64) with the place of a row in the fold's input.
inline constexpr std::string_view kFoldPosition = "_fold_position";

/// Rows that are judged by all the others, where no key brings them together (near-duplicates): each row is seen twice,
/// in table order, and what is remembered between is small. The driver keeps the rows, on disk if need be.
///
/// Threads: one.
class Survey {
 public:
  virtual ~Survey() = default;
  virtual Status absorb(const Batch& rows, Context& context) = 0;
  /// All rows were absorbed.
  virtual Status finish(Context& context) = 0;
  /// The same rows again, in batches of any size: those kept, under their schema plus `FoldDef::adds`.
  virtual Result<Batch> judge(const Batch& rows, Context& context) = 0;
};

struct FoldDef {
  std::string_view name, summary;
  int version = 1;
  Schema reads, adds;
  std::vector<Option> options;
  /// The columns whose equality brings rows together, for these options.
  std::function<std::vector<std::string>(const Options&)> keys;
  std::function<Result<std::unique_ptr<Fold>>(const Options&)> make;
  /// Where rows belong together that are equal only in some form (in lower case): a hash of that form for each row, in
  /// place of the hash of the columns' values.
  std::function<Result<std::vector<RowId>>(const Batch&, const Options&)> key_ids = {};
  /// Instead of `make`'s fold, where rows are judged by all others; `spill_dir` is for what it cannot remember, and may
  /// be empty. `make` is then `[](auto& o) { return fold_of(def, o); }`.
  std::function<Result<std::unique_ptr<Survey>>(const Options&, const std::string& spill_dir)> survey = {};
};

/// The survey of `def` as a fold that holds its rows, for an engine that brings all rows to one place.
Result<std::unique_ptr<Fold>> fold_of(const FoldDef& def, const Options& options);

/// The options checked, and the columns that the fold reads and adds checked against `input`; the schema of the
/// results. Errors: kInvalidArgument with the fold's name.
Result<Schema> fold_schema(const Schema& input, const FoldDef& def, const Options& options);

/// Runs a fold over a stream; rows come out in the order in which their first row went in, the same for any batches
/// and any memory limit. While the rows fit in `context.memory()` one instance takes them all; else they are parted by
/// the hash of their keys, the largest parts wait in `spill_dir`, and a part that is still too large is parted again
/// (rows of one key stay together: there only the fold's own state has to fit).
///
/// Errors:  those of `fold_schema`; kIoError and kResourceExhausted from the disk; what the fold returned, with its
/// name.
///          `spill_dir` is left empty, also after an error.
/// Threads: one. The stream and `context` must be alive while the result is read.
Result<std::unique_ptr<Stream>> run_fold(std::unique_ptr<Stream> input, const FoldDef& def, const Options& options,
                                         const std::string& spill_dir, Context& context);

}  // namespace millpond

#define MILLPOND_FOLD(name)                                  \
  extern "C" const ::millpond::FoldDef millpond_fold_##name; \
  const ::millpond::FoldDef millpond_fold_##name
