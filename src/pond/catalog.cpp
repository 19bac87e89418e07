#include "pond/catalog.h"

#include <sqlite3.h>

namespace millpond::pond {
namespace {

constexpr int kBusyTimeoutMs = 30'000;

// Columns and keys are those that Iceberg's JDBC catalog and PyIceberg's SqlCatalog create, so that either finds its
// own.
constexpr const char* kCreate = R"(
CREATE TABLE iceberg_tables (
  catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT NULL, table_name VARCHAR(255) NOT NULL,
  metadata_location VARCHAR(1000), previous_metadata_location VARCHAR(1000), iceberg_type VARCHAR(5),
  PRIMARY KEY (catalog_name, table_namespace, table_name));
CREATE TABLE iceberg_namespace_properties (
  catalog_name VARCHAR(255) NOT NULL, namespace VARCHAR(255) NOT NULL, property_key VARCHAR(255) NOT NULL,
  property_value VARCHAR(1000) NOT NULL, PRIMARY KEY (catalog_name, namespace, property_key));
INSERT INTO iceberg_namespace_properties VALUES ('pond', 'main', 'exists', 'true');
CREATE TABLE millpond_pond (key TEXT PRIMARY KEY, value TEXT NOT NULL);
)";
constexpr const char* kThisTable = "catalog_name = 'pond' AND table_namespace = 'main' AND table_name = ?1";

}  // namespace

/// A prepared statement; finalised at the end of its scope, so that no read lock lingers.
class SqliteCatalog::Statement {
 public:
  Statement(sqlite3* database, const std::string& sql) {
    sqlite3_prepare_v2(database, sql.c_str(), static_cast<int>(sql.size()), &statement_, nullptr);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  bool ready() const { return statement_ != nullptr; }
  void bind(int index, std::string_view text) {
    sqlite3_bind_text(statement_, index, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  }
  int step() { return sqlite3_step(statement_); }
  std::string text(int column) {
    const unsigned char* value = sqlite3_column_text(statement_, column);
    return value == nullptr ? "" : reinterpret_cast<const char*>(value);
  }
  std::int64_t integer(int column) { return sqlite3_column_int64(statement_, column); }

 private:
  sqlite3_stmt* statement_ = nullptr;
};

SqliteCatalog::~SqliteCatalog() { sqlite3_close(database_); }

Status SqliteCatalog::failure(std::string_view action) const {
  const int code = database_ != nullptr ? sqlite3_errcode(database_) & 0xff : SQLITE_NOMEM;
  const char* reason = database_ != nullptr ? sqlite3_errmsg(database_) : "out of memory";
  Code kind = Code::kInternal;
  switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: kind = Code::kUnavailable; break;
    case SQLITE_FULL: kind = Code::kResourceExhausted; break;
    case SQLITE_NOMEM: kind = Code::kResourceExhausted; break;
    case SQLITE_IOERR: kind = Code::kIoError; break;
    case SQLITE_CANTOPEN: kind = Code::kIoError; break;
    case SQLITE_PERM:
    case SQLITE_READONLY: kind = Code::kPermissionDenied; break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: kind = Code::kDataCorrupt; break;
    default: break;
  }
  return error(kind, "cannot ", action, " the catalog: ", reason, ": ", path_);
}

Status SqliteCatalog::run(const char* sql) {
  return sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK ? Status() : failure("set up");
}

Status SqliteCatalog::connect(int flags) {
  if (sqlite3_open_v2(path_.c_str(), &database_, flags | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK)
    return failure("open");
  sqlite3_extended_result_codes(database_, 1);
  sqlite3_busy_timeout(database_, kBusyTimeoutMs);
  return {};
}

// FULL: in WAL mode a commit returns only after its record was synced; NORMAL would lose commits at a power failure.
Status SqliteCatalog::configure() { return run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"); }

// A process that ended before the transaction of `create` leaves a database without a table: it is taken up.
Status SqliteCatalog::check_empty() {
  Statement count(database_,
                  "SELECT (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_master)");
  if (!count.ready() || count.step() != SQLITE_ROW) return failure("read");
  if (count.integer(0) > 0) return error(Code::kAlreadyExists, "there is a pond already: ", path_);
  if (count.integer(1) > 0) return corrupt("not a pond's catalog: ", path_);
  return {};
}

Result<std::unique_ptr<SqliteCatalog>> SqliteCatalog::create(const std::string& path, const std::string& root) {
  std::unique_ptr<SqliteCatalog> catalog(new SqliteCatalog(path));
  MP_TRY(catalog->connect(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  MP_TRY(catalog->check_empty());
  MP_TRY(catalog->configure());
  MP_TRY(catalog->run("BEGIN IMMEDIATE"));
  MP_TRY(catalog->check_empty());
  MP_TRY(catalog->run(kCreate));
  MP_TRY(catalog->run(("PRAGMA user_version = " + std::to_string(kPondFormat)).c_str()));
  {
    Statement insert(catalog->database_, "INSERT INTO millpond_pond VALUES ('root', ?1)");
    if (!insert.ready()) return catalog->failure("set up");
    insert.bind(1, root);
    if (insert.step() != SQLITE_DONE) return catalog->failure("set up");
  }
  MP_TRY(catalog->run("COMMIT"));
  catalog->recorded_root_ = root;
  return catalog;
}

Result<std::unique_ptr<SqliteCatalog>> SqliteCatalog::open(const std::string& path) {
  std::unique_ptr<SqliteCatalog> catalog(new SqliteCatalog(path));
  MP_TRY(catalog->connect(SQLITE_OPEN_READWRITE));
  {
    Statement version(catalog->database_, "PRAGMA user_version");
    if (!version.ready() || version.step() != SQLITE_ROW) return catalog->failure("read");
    const std::int64_t format = version.integer(0);
    if (format > kPondFormat) {
      return unsupported("this pond was made by a newer version of millpond (format ", format, ", this one knows ",
                         kPondFormat, "): ", path)
          .hint("Update millpond.");
    }
    if (format < 1) {
      return corrupt("not a pond's catalog: ", path).hint("If `millpond init` was interrupted here, run it again.");
    }
  }
  MP_TRY(catalog->configure());
  Statement root(catalog->database_, "SELECT value FROM millpond_pond WHERE key = 'root'");
  if (!root.ready()) return catalog->failure("read");
  if (root.step() == SQLITE_ROW) catalog->recorded_root_ = root.text(0);
  return catalog;
}

Result<std::vector<std::string>> SqliteCatalog::tables() {
  const std::lock_guard lock(mutex_);
  Statement select(database_,
                   "SELECT table_name FROM iceberg_tables WHERE catalog_name = 'pond' AND table_namespace = 'main' "
                   "AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL) ORDER BY table_name");
  if (!select.ready()) return failure("read");
  std::vector<std::string> names;
  int result = 0;
  while ((result = select.step()) == SQLITE_ROW) names.push_back(select.text(0));
  if (result != SQLITE_DONE) return failure("read");
  return names;
}

Result<std::optional<std::string>> SqliteCatalog::location(std::string_view table) {
  const std::lock_guard lock(mutex_);
  Statement select(database_, std::string("SELECT metadata_location FROM iceberg_tables WHERE ") + kThisTable);
  if (!select.ready()) return failure("read");
  select.bind(1, table);
  const int result = select.step();
  if (result == SQLITE_DONE) return std::optional<std::string>();
  if (result != SQLITE_ROW) return failure("read");
  return std::optional<std::string>(select.text(0));
}

Status SqliteCatalog::add(std::string_view table, const std::string& location) {
  const std::lock_guard lock(mutex_);
  Statement insert(database_, "INSERT INTO iceberg_tables VALUES ('pond', 'main', ?1, ?2, NULL, 'TABLE')");
  if (!insert.ready()) return failure("write");
  insert.bind(1, table);
  insert.bind(2, location);
  const int result = insert.step();
  if (result == SQLITE_DONE) return {};
  if ((result & 0xff) == SQLITE_CONSTRAINT) return error(Code::kAlreadyExists, "table exists already: ", table);
  return failure("write");
}

Result<bool> SqliteCatalog::swap(std::string_view table, const std::string& expected, const std::string& location) {
  const std::lock_guard lock(mutex_);
  return swap_locked(table, expected, location);
}

Result<bool> SqliteCatalog::swap_all(const std::vector<CatalogSwap>& swaps) {
  const std::lock_guard lock(mutex_);
  MP_TRY(run("BEGIN IMMEDIATE"));
  for (const CatalogSwap& swap : swaps) {
    const Result<bool> held = swap_locked(swap.table, swap.expected, swap.location);
    if (held.ok() && *held) continue;
    (void)run("ROLLBACK");
    return held;
  }
  Status committed = run("COMMIT");
  if (!committed.ok()) {
    (void)run("ROLLBACK");
    return committed;
  }
  return true;
}

Result<bool> SqliteCatalog::swap_locked(std::string_view table, const std::string& expected,
                                        const std::string& location) {
  Statement update(database_,
                   std::string("UPDATE iceberg_tables SET metadata_location = ?3, previous_metadata_location = ?2 "
                               "WHERE metadata_location = ?2 AND ") +
                       kThisTable);
  if (!update.ready()) return failure("write");
  update.bind(1, table);
  update.bind(2, expected);
  update.bind(3, location);
  if (update.step() != SQLITE_DONE) return failure("write");
  return sqlite3_changes(database_) == 1;
}

Result<bool> SqliteCatalog::move_root(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  MP_TRY(run("BEGIN IMMEDIATE"));
  const auto change = [&]() -> Result<bool> {
    Statement count(database_,
                    "SELECT count(*) FROM iceberg_tables WHERE substr(metadata_location, 1, length(?1)) = ?1 OR "
                    "substr(metadata_location, 1, length(?2)) = ?2 OR substr(metadata_location, 1, length(?3)) = ?3");
    if (!count.ready()) return failure("read");
    count.bind(1, "file://" + from + "/");
    count.bind(2, "file:" + from + "/");
    count.bind(3, from + "/");
    if (count.step() != SQLITE_ROW) return failure("read");
    if (count.integer(0) > 0) return false;
    Statement update(database_, "UPDATE millpond_pond SET value = ?1 WHERE key = 'root'");
    if (!update.ready()) return failure("write");
    update.bind(1, to);
    return update.step() == SQLITE_DONE ? Result<bool>(true) : Result<bool>(failure("write"));
  };
  Result<bool> changed = change();
  if (changed.ok() && *changed) {
    const Status committed = run("COMMIT");
    if (committed.ok()) {
      recorded_root_ = to;
      return true;
    }
    changed = committed;
  }
  (void)run("ROLLBACK");
  return changed;
}

Result<bool> SqliteCatalog::remove(std::string_view table, const std::string& expected) {
  const std::lock_guard lock(mutex_);
  Statement erase(database_, std::string("DELETE FROM iceberg_tables WHERE metadata_location = ?2 AND ") + kThisTable);
  if (!erase.ready()) return failure("write");
  erase.bind(1, table);
  erase.bind(2, expected);
  if (erase.step() != SQLITE_DONE) return failure("write");
  return sqlite3_changes(database_) == 1;
}

}  // namespace millpond::pond
