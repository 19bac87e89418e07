#include "extract/sqlite/sqlite_file.h"

#include <sqlite3.h>

#include <utility>

#include "extract/text/encoding.h"

namespace millpond::extract {

SqliteRows::SqliteRows(SqliteRows&& other) noexcept
    : file_(other.file_), statement_(std::exchange(other.statement_, nullptr)) {}

SqliteRows::~SqliteRows() { sqlite3_finalize(statement_); }

Result<bool> SqliteRows::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return corrupt("SQLite: ", repair_utf8(sqlite3_errmsg(file_)));
}

int SqliteRows::columns() const { return sqlite3_column_count(statement_); }

std::string SqliteRows::name(int column) const {
  const char* const name = sqlite3_column_name(statement_, column);
  return name == nullptr ? std::string() : std::string(name);
}

SqliteKind SqliteRows::kind(int column) const {
  switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_INTEGER: return SqliteKind::kInteger;
    case SQLITE_FLOAT: return SqliteKind::kReal;
    case SQLITE_TEXT: return SqliteKind::kText;
    case SQLITE_BLOB: return SqliteKind::kBlob;
    default: return SqliteKind::kNull;
  }
}

std::int64_t SqliteRows::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double SqliteRows::real(int column) const { return sqlite3_column_double(statement_, column); }

std::string_view SqliteRows::bytes(int column) const {
  const auto* const data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return data == nullptr || size <= 0 ? std::string_view() : std::string_view(data, static_cast<std::size_t>(size));
}

void SqliteFile::Close::operator()(sqlite3* file) const { sqlite3_close(file); }

Result<SqliteFile> SqliteFile::over(std::string_view bytes) {
  SqliteFile made;
  sqlite3* file = nullptr;
  const int opened = sqlite3_open_v2(":memory:", &file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, nullptr);
  made.file_.reset(file);
  if (opened != SQLITE_OK) return internal("SQLite cannot open a database in memory");
  // Read only: SQLite does not write to the bytes, though its interface cannot say so.
  auto* const data = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  const auto size = static_cast<sqlite3_int64>(bytes.size());
  if (sqlite3_deserialize(file, "main", data, size, size, SQLITE_DESERIALIZE_READONLY) != SQLITE_OK) {
    return invalid("no SQLite file: ", sqlite3_errmsg(file));
  }
  MP_TRY(made.harden());
  return made;
}

Result<SqliteFile> SqliteFile::open(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    constexpr char kHex[] = "0123456789ABCDEF";
    if (c == '%' || c == '?' || c == '#') {
      uri += '%', uri += kHex[(c >> 4) & 15], uri += kHex[c & 15];
    } else {
      uri += c;
    }
  }
  SqliteFile made;
  sqlite3* file = nullptr;
  // Nobody else writes to it: no journal, no locks, no files beside it.
  const int opened =
      sqlite3_open_v2((uri + "?immutable=1").c_str(), &file, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr);
  made.file_.reset(file);
  if (opened != SQLITE_OK) return not_found("cannot open: ", path);
  MP_TRY(made.harden());
  return made;
}

Status SqliteFile::harden() {
  sqlite3* const file = file_.get();
  sqlite3_db_config(file, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(file, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(file, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(file, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  constexpr int kValueBytesMax = 256 << 20, kColumnsMax = 2000;
  sqlite3_limit(file, SQLITE_LIMIT_LENGTH, kValueBytesMax);
  sqlite3_limit(file, SQLITE_LIMIT_COLUMN, kColumnsMax);
  sqlite3_limit(file, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_exec(file, "pragma cell_size_check=on; pragma mmap_size=0", nullptr, nullptr, nullptr);
  auto rows = query("select count(*) from sqlite_master");
  if (!rows.ok()) return invalid("no SQLite file: ", rows.status().message());
  auto found = rows->next();
  return found.ok() ? Status() : Status(invalid("no SQLite file: ", found.status().message()));
}

Result<SqliteRows> SqliteFile::query(const std::string& sql, const std::vector<std::string>& values) const {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(file_.get(), sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
    return corrupt("SQLite: ", repair_utf8(sqlite3_errmsg(file_.get())));
  }
  SqliteRows rows(file_.get(), statement);
  for (std::size_t i = 0; i < values.size(); ++i) {
    sqlite3_bind_text(statement, static_cast<int>(i) + 1, values[i].data(), static_cast<int>(values[i].size()),
                      SQLITE_TRANSIENT);
  }
  return rows;
}

Result<bool> SqliteFile::has_table(const std::string& name) const {
  MP_ASSIGN(SqliteRows rows,
            query("select sql from sqlite_master where type = 'table' and lower(name) = lower(?1)", {name}));
  MP_ASSIGN(const bool found, rows.next());
  if (!found) return false;
  std::string sql(rows.bytes(0).substr(0, 20));
  for (char& c : sql) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return !sql.starts_with("CREATE VIRTUAL");
}

std::string sqlite_name(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

}  // namespace millpond::extract
