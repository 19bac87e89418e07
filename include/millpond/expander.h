#pragma once
// The step that makes many rows of one, a piece at a time: a file of a million records fits in no batch.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "millpond/operator.h"
#include "millpond/stream.h"

namespace millpond {

/// Columns between the two halves of an expander; they go no further than its `process`.
inline constexpr std::string_view kExpandedPrefix = "_expanded_";
inline constexpr std::string_view kExpandedRecord = "_expanded_record";  ///< binary, or a struct of the record's fields
inline constexpr std::string_view kExpandedNumber = "_expanded_number";  ///< int64: the record's place, from 1
inline constexpr std::string_view kExpandedError = "_expanded_error";    ///< utf8: why there is no record; mostly null

/// An operator that may stand first in a table. `open` cuts what one input row names into records, on one thread;
/// `process` gets batches of records, with the columns of their input row beside them, on all threads. Each record is
/// emitted, dropped or rejected on its own.
///
/// Memory: that of a few pieces, whatever the size of the input.
class Expander : public Operator {
 public:
  /// Batches of the three columns above, of about 1 MiB each; the same pieces whenever the content is the same.
  /// What is wrong in the middle (a truncated file) is a last row with an error; an error of `open` or of the stream
  /// rejects the input row as a whole, kCancelled and the like aside.
  virtual Result<std::unique_ptr<Stream>> open(const Input& in, std::int64_t row, Context& context) = 0;
};

/// The error column's form of a status, and back.
std::string expanded_error(const Status& status);
Status expanded_status(std::string_view text);

/// A batch of input rows, expanded: for each the pieces of `open`, with the input row's columns repeated beside them.
class Expansion {
 public:
  Expansion(Expander& expander, Batch input) : expander_(expander), input_(std::move(input)) {}
  /// None when all input rows are done.
  Result<std::optional<Batch>> next(Context& context);
  std::int64_t input_row() const { return row_; }  ///< of the batch that `next` returned
  bool ends_row() const { return !ahead_; }        ///< nothing more comes of that row

 private:
  Result<std::optional<Batch>> piece(Context& context);
  Expander& expander_;
  const Batch input_;
  std::int64_t row_ = -1;
  std::unique_ptr<Stream> open_;
  std::optional<Batch> ahead_;
};

}  // namespace millpond
