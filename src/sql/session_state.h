#pragma once
// What a session holds: DuckDB's handles, and the tables of the statement at work.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "millpond/sql/session.h"
#include "sql/live_rows.h"
#include "sql/query_filter.h"
#include "sql/query_stream.h"

namespace millpond::sql {

struct Session::State {
  const duck::Api* api = nullptr;
  std::shared_ptr<pond::Pond> pond;
  SessionOptions options;
  std::string at;  ///< as a time, or an id that is only the named table's
  LiveRows live;
  duck::Handle database = nullptr, connection = nullptr;

  /// Tables in place of those of the pond, as queries: what a model reads of its upstream.
  std::map<std::string, std::string, std::less<>> given;
  /// What this statement has read: name in the statement → query over one snapshot.
  std::map<std::string, std::string, std::less<>> scans;
  std::optional<TableFilter> filter;  ///< of the statement at work
  Status scan_error;                  ///< of the last table that could not be read; DuckDB knows only its text

  ~State();
  Status connect(Context& context);
  Status execute(const std::string& sql) const;  ///< a setting
  /// Bound, with the tables that it names.
  Result<Prepared> prepare(const std::string& statement);
  /// Prepared and run. Forgets what the statement before it read.
  Result<std::unique_ptr<Stream>> query(const std::string& statement, Context& context);

  /// The query that stands for a name of a statement; none if the pond has no such table.
  Result<std::optional<std::string>> scan_of(std::string_view name);
  void begin_statement();
  /// Remembers what a SELECT asks of its table. Without it all files are read, so it never fails.
  void note_filter(std::string_view statement, Context& context);

 private:
  static void replace(duck::Handle info, const char* name, void* data);
  Status explain_error(Status status) const;
};

/// INSERT INTO, CREATE TABLE ... AS, DELETE FROM and DROP TABLE of the pond's tables; none if the statement is
/// something else. Errors: kPermissionDenied unless the session may write.
Result<std::optional<Outcome>> run_on_pond(Session::State& state, std::string_view statement, Context& context);

}  // namespace millpond::sql
