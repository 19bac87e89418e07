#pragma once
// A survey whose rows lie in many places, on Spark or Ray: small records about rows travel, all rows never meet.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/context.h"
#include "millpond/fold.h"
#include "millpond/stream.h"

namespace millpond {

/// Something about a row or between two rows. `place` decides where it goes: records of equal places come together.
struct Record {
  std::int64_t place = 0;
  std::int32_t kind = 0;  ///< a survey's own numbers, from 0
  std::int64_t a = 0, b = 0;
  std::string_view value = {};
};

/// The columns of records, in that order; `kind` is `kTally` for what goes to the driver.
ArrowSchema record_schema();
inline constexpr std::int32_t kTally = -1;

/// Takes the records that a pass makes.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual Status add(const Record& record) = 0;
};

/// A row's number says the piece of the table that it came from, and its place there: rows of one piece have numbers
/// without gaps, and pieces in order are the table in order.
inline constexpr int kPieceShift = 32;
inline std::int64_t piece_of(std::int64_t row) { return row >> kPieceShift; }

/// What happens next, everywhere: rows give records; records that came together give records; rows that records were
/// addressed to (as verdicts are) give records; rows are judged.
enum class Pass { kRows, kRecords, kAnswer, kJudge };
struct NextPass {
  Pass pass = Pass::kRows;
  std::string plan;       ///< any bytes; the same everywhere
  std::string note = {};  ///< what whoever builds should hear
};

/// One fold in passes. The driver calls `next_pass` with an empty plan first, then after each pass, until it says
/// `kJudge`. Each pass runs in many places, with an instance of its own that was made from the plan.
///
/// Shape:   `note` sees rows with `kFoldPosition`, in order, whole pieces; `work` sees all records of the places that
///          came to it, sorted by place, the rest in any order. A pass replaces the records of the one before it.
///          Before `kJudge` and `kAnswer` the records are addressed to rows: `a` is the row, `place` its piece, and
///          `verdict` gets the value. `judge`, or `note`, sees rows in order, whole pieces, each after its records.
/// Results: those of `FoldDef::survey` over the table in order, to the bit, for any number of places.
/// Threads: one an instance.
class ScatteredSurvey {
 public:
  virtual ~ScatteredSurvey() = default;
  virtual Status note(const Batch& rows, RecordSink& records, Context& context) = 0;
  virtual Status work(const std::vector<Record>& records, RecordSink& sink, Context& context) = 0;
  /// What the driver should know of this place, after `note` or `work`.
  virtual Result<std::string> tally() = 0;
  virtual Result<NextPass> next_pass(const std::vector<std::string>& tallies) = 0;
  virtual Status verdict(std::int64_t row, std::string_view value) = 0;
  virtual Result<Batch> judge(const Batch& rows, Context& context) = 0;
};

/// The scattered form of the fold of this name. In the source of the fold, beside it:
/// `MILLPOND_SCATTERED(mix) = {.name = "mix", .make = scattered};`
struct ScatteredDef {
  std::string_view name;
  std::function<Result<std::unique_ptr<ScatteredSurvey>>(const Options&, std::string_view plan)> make;
};
/// Null for a fold that needs all rows in one place.
const ScatteredDef* find_scattered(std::string_view fold);

/// The parts of a pass, for an engine: streams in, streams out.
/// Errors: kUnsupported if the fold cannot be scattered; else those of the survey, with the fold's name.
Result<NextPass> next_pass(const FoldDef& def, const Options& options, std::string_view plan,
                           const std::vector<std::string>& tallies);
/// The column (binary) that tells a record on a row from a row, where both are in one stream; null for rows. Such a
/// record's `kFoldPosition` is that of its row.
inline constexpr std::string_view kVerdictColumn = "_verdict";

/// Hands the records among `rows` to the survey. Returns the rows, without that column.
Result<Batch> take_verdicts(const Batch& rows, ScatteredSurvey& survey);

/// Rows in, with `kVerdictColumn` for `kAnswer`, records out; the last is the tally, whose `a` is the number of rows
/// that were seen.
Result<std::unique_ptr<Stream>> note_rows(const FoldDef& def, const Options& options, std::string_view plan,
                                          std::unique_ptr<Stream> rows);
/// The records of some places in, records out; the last is the tally, whose `a` is the number that came in.
Result<std::unique_ptr<Stream>> work_records(const FoldDef& def, const Options& options, std::string_view plan,
                                             std::unique_ptr<Stream> records, Context& context);
/// An instance, for the last pass.
Result<std::unique_ptr<ScatteredSurvey>> scattered(const FoldDef& def, const Options& options, std::string_view plan);

}  // namespace millpond

#define MILLPOND_SCATTERED(name)                                       \
  extern "C" const ::millpond::ScatteredDef millpond_scattered_##name; \
  const ::millpond::ScatteredDef millpond_scattered_##name
