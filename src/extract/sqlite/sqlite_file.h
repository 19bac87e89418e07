#pragma once
// SQLite files from outside, read only.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

struct sqlite3;
struct sqlite3_stmt;

namespace millpond::extract {

enum class SqliteKind : unsigned char { kNull, kInteger, kReal, kText, kBlob };

/// Rows of a query. Threads: one.
class SqliteRows {
 public:
  ~SqliteRows();
  SqliteRows(SqliteRows&& other) noexcept;
  SqliteRows(const SqliteRows&) = delete;
  SqliteRows& operator=(const SqliteRows&) = delete;

  /// False at the end. Errors: kDataCorrupt.
  Result<bool> next();
  int columns() const;
  std::string name(int column) const;
  SqliteKind kind(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string_view bytes(int column) const;  ///< text or blob; valid until `next`

 private:
  friend class SqliteFile;
  SqliteRows(sqlite3* file, sqlite3_stmt* statement) : file_(file), statement_(statement) {}
  sqlite3* file_;
  sqlite3_stmt* statement_;
};

/// Nothing in the file is trusted: no views, triggers or functions of its schema run, and values are bounded.
/// Threads: one.
class SqliteFile {
 public:
  /// `bytes` must outlive it. Errors: kInvalidArgument (no SQLite file).
  static Result<SqliteFile> over(std::string_view bytes);
  static Result<SqliteFile> open(const std::string& path);

  /// `values` are bound to ?1, ?2 …. Errors: kDataCorrupt (broken, no such table).
  Result<SqliteRows> query(const std::string& sql, const std::vector<std::string>& values = {}) const;
  /// Whether it is a table of its own: no view, no virtual one.
  Result<bool> has_table(const std::string& name) const;

 private:
  struct Close {
    void operator()(sqlite3* file) const;
  };
  Status harden();
  std::unique_ptr<sqlite3, Close> file_;
};

/// As an identifier in SQL.
std::string sqlite_name(std::string_view name);

}  // namespace millpond::extract
