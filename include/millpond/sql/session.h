#pragma once
// SQL over the snapshots of a pond, by DuckDB.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/context.h"
#include "millpond/pond/pond.h"
#include "millpond/stream.h"

namespace millpond::sql {

struct SessionOptions {
  std::string at;      ///< a snapshot's id, or a time: every table is read as it was then; empty: as it is now
  bool write = false;  ///< statements may change the pond, attached databases and files
  /// For statements of strangers: one SELECT over tables of the pond each, no files, no other databases, no settings.
  bool sealed = false;
  std::function<Status(std::string_view table)> may_read;  ///< of a sealed session; if empty, every table
};

/// What a statement gave: rows, or what it changed.
struct Outcome {
  std::unique_ptr<Stream> rows;  ///< null if it gives none
  std::string done;              ///< "3 rows into sales"; empty for a statement that only sets something
};

/// A connection to a DuckDB in memory, in which each table of the pond is a table of that name. One statement sees
/// one snapshot of each table. `"chunks@2026-01-31"` (in quotes) is a table at a time, or at a snapshot's id.
///
/// Also there: whatever DuckDB reads by itself, such as 'file.parquet' and attached databases. Nothing is fetched from
/// the network to extend it.
/// Errors:  kUnavailable if DuckDB's library is not installed; kNotFound for an unknown `at`.
/// Threads: one at a time; a query uses `context.threads()` and at most the memory of `context.memory()`.
/// Source:  docs/sql.md
class Session {
 public:
  static Result<std::unique_ptr<Session>> open(std::shared_ptr<pond::Pond> pond, const SessionOptions& options,
                                               Context& context);
  ~Session();

  /// Runs one statement. The rows come as they are computed; read them before the next statement begins.
  /// Errors: kInvalidArgument, kNotFound with what DuckDB says; kPermissionDenied for a change without `write`;
  /// kCancelled; kResourceExhausted.
  Result<Outcome> run(std::string_view statement, Context& context);

  /// Names that a prompt can complete: tables, or the columns of one.
  std::vector<std::string> table_names() const;
  std::vector<std::string> column_names(std::string_view table) const;

  struct State;

 private:
  explicit Session(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace millpond::sql
