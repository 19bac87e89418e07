#pragma once
// A statement at work in DuckDB: its result as record batches.

#include <memory>
#include <string>
#include <string_view>

#include "millpond/context.h"
#include "millpond/stream.h"
#include "sql/duckdb_api.h"

namespace millpond::sql {

/// An error of DuckDB's: the code follows from the kind that it names ("Binder Error: ...").
Status duckdb_error(std::string_view message);

/// A statement that DuckDB has bound, not yet run.
class Prepared {
 public:
  /// Errors: what DuckDB says of the text.
  static Result<Prepared> make(const duck::Api& api, duck::Handle connection, const std::string& statement);
  ~Prepared();
  Prepared(Prepared&& other) noexcept;
  Prepared& operator=(Prepared&&) = delete;
  int kind() const;  ///< duck::Statement
  std::uint64_t columns() const;
  std::string column_name(std::uint64_t index) const;
  /// The type in which a table of the pond can keep this column; empty if it is that already. The nearest one where it
  /// has no type of the kind: BIGINT for HUGEINT, VARCHAR for UUID; unless `exact`, DOUBLE for DECIMAL and VARCHAR for
  /// TIME, which steps of a flow do not know.
  std::string stored_type(std::uint64_t index, bool exact) const;
  duck::Handle handle() const { return handle_; }

 private:
  Prepared(const duck::Api& api, duck::Handle connection) : api_(&api), connection_(connection) {}
  const duck::Api* api_;
  duck::Handle connection_, extracted_ = nullptr, handle_ = nullptr;
};

/// Runs it, and gives rows while they are computed. A thread beside it stops the query when `context` says so, and
/// reports progress. `context` and the connection must outlive the stream.
/// `changed`, if given, gets the rows that an INSERT, UPDATE or DELETE counted.
Result<std::unique_ptr<Stream>> run_prepared(const duck::Api& api, duck::Handle connection, Prepared prepared,
                                             Context& context, std::int64_t* changed = nullptr);

}  // namespace millpond::sql
