#include "pond/rest_store.h"

#include <sqlite3.h>

#include <filesystem>
#include <mutex>
#include <set>

#include "pond/answer_rows.h"
#include "pond/catalog.h"
#include "pond/object/object_rest_store.h"
#include "pond/object/object_settings.h"

namespace millpond::pond {
namespace {

constexpr int kBusyTimeoutMs = 30'000;
constexpr const char* kMarker = "exists";  // a namespace without properties still has a row
constexpr const char* kThisEntry = " WHERE catalog_name = 'pond' AND table_namespace = ?1 AND table_name = ?2";

/// In the layout of Iceberg's JDBC catalog. Reads do not wait for a commit's fsync.
class SqliteRestStore final : public RestStore {
 public:
  static Result<std::unique_ptr<RestStore>> open(const std::string& root);
  ~SqliteRestStore() override;
  Result<std::vector<std::string>> namespaces() override;
  Result<bool> has_namespace(const std::string& key) override;
  Result<Properties> properties(const std::string& key) override;
  Status create_namespace(const std::string& key, const Properties& properties, const AnswerNotes& notes) override;
  Status change_properties(const std::string& key, const Properties& updates, const std::vector<std::string>& removals,
                           const AnswerNotes& notes) override;
  Status drop_namespace(const std::string& key, const AnswerNotes& notes) override;
  Result<std::optional<Entry>> find(const EntryName& name) override;
  Result<std::vector<std::string>> list(const std::string& name_space, EntryKind kind) override;
  Result<std::vector<std::string>> all_locations() override;
  Result<std::vector<EntryName>> swap(const std::vector<Swap>& swaps, const AnswerNotes& notes) override;
  Status rename(const EntryName& from, const EntryName& to, EntryKind kind, const AnswerNotes& notes) override;
  Result<std::optional<AnswerNote>> answer(const std::string& key) override;
  Result<bool> has_answer_of(const std::string& location) override;

 private:
  class Statement;
  class Transaction;
  struct Connection {
    std::mutex mutex;
    sqlite3* database = nullptr;
  };
  SqliteRestStore() = default;
  Status failure(const Connection& connection, std::string_view action) const;
  Status connect(Connection& connection);
  Result<std::optional<Entry>> find_on(Connection& connection, const EntryName& name);
  Result<bool> has_namespace_on(Connection& connection, const std::string& key);
  Result<bool> apply(const Swap& swap);

  std::string path_;
  Connection reader_, writer_;
};

}  // namespace

std::string_view kind_text(EntryKind kind) { return kind == EntryKind::kView ? "VIEW" : "TABLE"; }

std::string namespace_key(const Namespace& levels) {
  std::string key;
  for (const std::string& level : levels) {
    if (!key.empty()) key += '.';
    for (const char c : level) {
      if (c == '.') {
        key += "%2E";
      } else if (c == '%') {
        key += "%25";
      } else {
        key += c;
      }
    }
  }
  return key;
}

Namespace namespace_levels(std::string_view key) {
  Namespace levels(1);
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] == '.') {
      levels.emplace_back();
    } else if (key.substr(i, 3) == "%2E" || key.substr(i, 3) == "%25") {
      levels.back() += key[i + 2] == 'E' ? '.' : '%';
      i += 2;
    } else {
      levels.back() += key[i];
    }
  }
  return levels;
}

class SqliteRestStore::Statement {
 public:
  Statement(const Connection& connection, const std::string& sql) {
    sqlite3_prepare_v2(connection.database, sql.c_str(), static_cast<int>(sql.size()), &statement_, nullptr);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  bool ready() const { return statement_ != nullptr; }
  Statement& bind(std::string_view text) {
    sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    return *this;
  }
  int step() { return sqlite3_step(statement_); }
  std::string text(int column) {
    const unsigned char* value = sqlite3_column_text(statement_, column);
    return value == nullptr ? "" : reinterpret_cast<const char*>(value);
  }

 private:
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

/// Rolled back at the end of its scope unless it was committed.
class SqliteRestStore::Transaction {
 public:
  explicit Transaction(Connection& connection) : connection_(connection) {}
  ~Transaction() {
    if (open_) sqlite3_exec(connection_.database, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  bool begin() {
    open_ = sqlite3_exec(connection_.database, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK;
    return open_;
  }
  bool commit() {
    const bool done = sqlite3_exec(connection_.database, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK;
    open_ = !done && sqlite3_get_autocommit(connection_.database) == 0;
    return done;
  }

 private:
  Connection& connection_;
  bool open_ = false;
};

SqliteRestStore::~SqliteRestStore() {
  sqlite3_close(reader_.database);
  sqlite3_close(writer_.database);
}

Status SqliteRestStore::failure(const Connection& connection, std::string_view action) const {
  const int code = sqlite3_errcode(connection.database) & 0xff;
  const Code kind = code == SQLITE_BUSY || code == SQLITE_LOCKED ? Code::kUnavailable
                    : code == SQLITE_FULL                        ? Code::kResourceExhausted
                                                                 : Code::kIoError;
  return error(kind, "cannot ", action, " the catalog: ", sqlite3_errmsg(connection.database));
}

Status SqliteRestStore::connect(Connection& connection) {
  const int opened =
      sqlite3_open_v2(path_.c_str(), &connection.database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (opened != SQLITE_OK) return failure(connection, "open");
  sqlite3_busy_timeout(connection.database, kBusyTimeoutMs);
  // FULL: a commit returns only after its record was synced.
  if (sqlite3_exec(connection.database, "PRAGMA synchronous=FULL", nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failure(connection, "set up");
  }
  return {};
}

Result<std::unique_ptr<RestStore>> SqliteRestStore::open(const std::string& root) {
  std::unique_ptr<SqliteRestStore> store(new SqliteRestStore());
  std::error_code failed;
  store->root_ = std::filesystem::canonical(root, failed).string();
  if (failed) return not_found("no pond here: ", root).hint("`millpond init` makes one.");
  store->path_ = store->root_ + "/catalog.db";
  MP_ASSIGN(const auto catalog, SqliteCatalog::open(store->path_));  // checks the format, sets write-ahead logging
  store->recorded_root_ = catalog->recorded_root().empty() ? store->root_ : catalog->recorded_root();
  MP_TRY(store->connect(store->reader_));
  MP_TRY(store->connect(store->writer_));
  return std::unique_ptr<RestStore>(std::move(store));
}

Result<std::unique_ptr<RestStore>> RestStore::open(const std::string& root) {
  return is_object(root) ? open_object_rest_store(root) : SqliteRestStore::open(root);
}

Result<std::vector<std::string>> SqliteRestStore::namespaces() {
  const std::lock_guard lock(reader_.mutex);
  Statement select(reader_,
                   "SELECT DISTINCT namespace FROM iceberg_namespace_properties WHERE catalog_name = 'pond' UNION "
                   "SELECT DISTINCT table_namespace FROM iceberg_tables WHERE catalog_name = 'pond'");
  if (!select.ready()) return failure(reader_, "read");
  std::set<std::string> keys;
  int result = 0;
  while ((result = select.step()) == SQLITE_ROW) {
    std::string key = select.text(0);
    for (;;) {  // a level above exists as well
      keys.insert(key);
      const std::size_t dot = key.rfind('.');
      if (dot == std::string::npos) break;
      key.resize(dot);
    }
  }
  if (result != SQLITE_DONE) return failure(reader_, "read");
  return std::vector<std::string>(keys.begin(), keys.end());
}

Result<bool> SqliteRestStore::has_namespace_on(Connection& connection, const std::string& key) {
  // A range, not LIKE: names may hold its wildcards. '/' is the character after '.'.
  Statement select(connection,
                   "SELECT 1 FROM iceberg_namespace_properties WHERE catalog_name = 'pond' AND "
                   "(namespace = ?1 OR (namespace > ?1 || '.' AND namespace < ?1 || '/')) UNION ALL "
                   "SELECT 1 FROM iceberg_tables WHERE catalog_name = 'pond' AND "
                   "(table_namespace = ?1 OR (table_namespace > ?1 || '.' AND table_namespace < ?1 || '/')) LIMIT 1");
  if (!select.ready()) return failure(connection, "read");
  const int result = select.bind(key).step();
  if (result != SQLITE_ROW && result != SQLITE_DONE) return failure(connection, "read");
  return result == SQLITE_ROW;
}

Result<bool> SqliteRestStore::has_namespace(const std::string& key) {
  const std::lock_guard lock(reader_.mutex);
  return has_namespace_on(reader_, key);
}

Result<SqliteRestStore::Properties> SqliteRestStore::properties(const std::string& key) {
  const std::lock_guard lock(reader_.mutex);
  Statement select(reader_,
                   "SELECT property_key, property_value FROM iceberg_namespace_properties "
                   "WHERE catalog_name = 'pond' AND namespace = ?1");
  if (!select.ready()) return failure(reader_, "read");
  select.bind(key);
  Properties out;
  int result = 0;
  while ((result = select.step()) == SQLITE_ROW) {
    if (select.text(0) != kMarker) out[select.text(0)] = select.text(1);
  }
  if (result != SQLITE_DONE) return failure(reader_, "read");
  return out;
}

Status SqliteRestStore::create_namespace(const std::string& key, const Properties& properties,
                                         const AnswerNotes& notes) {
  const std::lock_guard lock(writer_.mutex);
  Transaction transaction(writer_);
  if (!transaction.begin()) return failure(writer_, "write");
  MP_ASSIGN(const bool exists, has_namespace_on(writer_, key));
  if (exists) return error(Code::kAlreadyExists, "Namespace already exists: ", key);
  Properties all = properties;
  all[kMarker] = "true";
  for (const auto& [name, value] : all) {
    Statement insert(writer_, "INSERT INTO iceberg_namespace_properties VALUES ('pond', ?1, ?2, ?3)");
    if (!insert.ready() || insert.bind(key).bind(name).bind(value).step() != SQLITE_DONE) {
      return failure(writer_, "write");
    }
  }
  MP_TRY(write_answers(writer_.database, notes));
  return transaction.commit() ? Status() : failure(writer_, "write");
}

Status SqliteRestStore::change_properties(const std::string& key, const Properties& updates,
                                          const std::vector<std::string>& removals, const AnswerNotes& notes) {
  const std::lock_guard lock(writer_.mutex);
  Transaction transaction(writer_);
  if (!transaction.begin()) return failure(writer_, "write");
  MP_ASSIGN(const bool exists, has_namespace_on(writer_, key));
  if (!exists) return not_found("Namespace does not exist: ", key);
  for (const std::string& name : removals) {
    if (name == kMarker) continue;
    Statement erase(writer_,
                    "DELETE FROM iceberg_namespace_properties WHERE catalog_name = 'pond' AND namespace = ?1 AND "
                    "property_key = ?2");
    if (!erase.ready() || erase.bind(key).bind(name).step() != SQLITE_DONE) return failure(writer_, "write");
  }
  for (const auto& [name, value] : updates) {
    Statement insert(writer_, "INSERT OR REPLACE INTO iceberg_namespace_properties VALUES ('pond', ?1, ?2, ?3)");
    if (!insert.ready() || insert.bind(key).bind(name).bind(value).step() != SQLITE_DONE) {
      return failure(writer_, "write");
    }
  }
  MP_TRY(write_answers(writer_.database, notes));
  return transaction.commit() ? Status() : failure(writer_, "write");
}

Status SqliteRestStore::drop_namespace(const std::string& key, const AnswerNotes& notes) {
  const std::lock_guard lock(writer_.mutex);
  Transaction transaction(writer_);
  if (!transaction.begin()) return failure(writer_, "write");
  MP_ASSIGN(const bool exists, has_namespace_on(writer_, key));
  if (!exists) return not_found("Namespace does not exist: ", key);
  Statement inside(writer_,
                   "SELECT 1 FROM iceberg_tables WHERE catalog_name = 'pond' AND (table_namespace = ?1 OR "
                   "(table_namespace > ?1 || '.' AND table_namespace < ?1 || '/')) UNION ALL "
                   "SELECT 1 FROM iceberg_namespace_properties WHERE catalog_name = 'pond' AND "
                   "namespace > ?1 || '.' AND namespace < ?1 || '/' LIMIT 1");
  if (!inside.ready()) return failure(writer_, "read");
  if (inside.bind(key).step() == SQLITE_ROW) return conflict("Namespace is not empty: ", key);
  Statement erase(writer_, "DELETE FROM iceberg_namespace_properties WHERE catalog_name = 'pond' AND namespace = ?1");
  if (!erase.ready() || erase.bind(key).step() != SQLITE_DONE) return failure(writer_, "write");
  MP_TRY(write_answers(writer_.database, notes));
  return transaction.commit() ? Status() : failure(writer_, "write");
}

Result<std::optional<Entry>> SqliteRestStore::find_on(Connection& connection, const EntryName& name) {
  Statement select(connection, std::string("SELECT metadata_location, iceberg_type FROM iceberg_tables") + kThisEntry);
  if (!select.ready()) return failure(connection, "read");
  const int result = select.bind(name.name_space).bind(name.name).step();
  if (result == SQLITE_DONE) return std::optional<Entry>();
  if (result != SQLITE_ROW) return failure(connection, "read");
  return std::optional<Entry>({select.text(1) == "VIEW" ? EntryKind::kView : EntryKind::kTable, select.text(0)});
}

Result<std::optional<Entry>> SqliteRestStore::find(const EntryName& name) {
  const std::lock_guard lock(reader_.mutex);
  return find_on(reader_, name);
}

Result<std::vector<std::string>> SqliteRestStore::list(const std::string& name_space, EntryKind kind) {
  const std::lock_guard lock(reader_.mutex);
  Statement select(reader_,
                   "SELECT table_name FROM iceberg_tables WHERE catalog_name = 'pond' AND table_namespace = ?1 AND "
                   "coalesce(iceberg_type, 'TABLE') = ?2 ORDER BY table_name");
  if (!select.ready()) return failure(reader_, "read");
  select.bind(name_space).bind(kind_text(kind));
  std::vector<std::string> names;
  int result = 0;
  while ((result = select.step()) == SQLITE_ROW) names.push_back(select.text(0));
  if (result != SQLITE_DONE) return failure(reader_, "read");
  return names;
}

Result<std::vector<std::string>> SqliteRestStore::all_locations() {
  const std::lock_guard lock(reader_.mutex);
  Statement select(reader_, "SELECT metadata_location FROM iceberg_tables");
  if (!select.ready()) return failure(reader_, "read");
  std::vector<std::string> locations;
  int result = 0;
  while ((result = select.step()) == SQLITE_ROW) locations.push_back(select.text(0));
  if (result != SQLITE_DONE) return failure(reader_, "read");
  return locations;
}

Result<bool> SqliteRestStore::apply(const Swap& swap) {
  const std::string_view kind = kind_text(swap.kind);
  if (!swap.expected) {
    MP_ASSIGN(const bool exists, has_namespace_on(writer_, swap.name.name_space));
    if (!exists) return not_found("Namespace does not exist: ", swap.name.name_space);
    Statement insert(writer_, "INSERT OR IGNORE INTO iceberg_tables VALUES ('pond', ?1, ?2, ?3, NULL, ?4)");
    if (!insert.ready()) return failure(writer_, "write");
    insert.bind(swap.name.name_space).bind(swap.name.name).bind(*swap.location).bind(kind);
    if (insert.step() != SQLITE_DONE) return failure(writer_, "write");
  } else if (swap.location) {
    Statement update(writer_, std::string("UPDATE iceberg_tables SET metadata_location = ?3, "
                                          "previous_metadata_location = ?4") +
                                  kThisEntry + " AND metadata_location = ?4 AND coalesce(iceberg_type, 'TABLE') = ?5");
    if (!update.ready()) return failure(writer_, "write");
    update.bind(swap.name.name_space).bind(swap.name.name).bind(*swap.location).bind(*swap.expected).bind(kind);
    if (update.step() != SQLITE_DONE) return failure(writer_, "write");
  } else {
    Statement erase(writer_, std::string("DELETE FROM iceberg_tables") + kThisEntry + " AND metadata_location = ?3");
    if (!erase.ready()) return failure(writer_, "write");
    if (erase.bind(swap.name.name_space).bind(swap.name.name).bind(*swap.expected).step() != SQLITE_DONE) {
      return failure(writer_, "write");
    }
  }
  return sqlite3_changes(writer_.database) == 1;
}

Result<std::vector<EntryName>> SqliteRestStore::swap(const std::vector<Swap>& swaps, const AnswerNotes& notes) {
  const std::lock_guard lock(writer_.mutex);
  Transaction transaction(writer_);
  if (!transaction.begin()) return failure(writer_, "write");
  std::vector<EntryName> lost;
  for (const Swap& swap : swaps) {
    MP_ASSIGN(const bool held, apply(swap));
    if (!held) lost.push_back(swap.name);
  }
  if (!lost.empty()) return lost;
  MP_TRY(write_answers(writer_.database, notes));
  if (transaction.commit()) return lost;
  Status failed = failure(writer_, "commit to");
  if (failed.code() == Code::kUnavailable) return failed;
  // The change may be in the log although its sync failed: a look tells, unless that fails too.
  Result<std::optional<Entry>> now = find_on(writer_, swaps.front().name);
  if (now.ok() && swaps.front().location && *now && (*now)->metadata_location == *swaps.front().location) return lost;
  return internal("the catalog failed while it committed, so the outcome is unknown: ", failed.message());
}

Status SqliteRestStore::rename(const EntryName& from, const EntryName& to, EntryKind kind, const AnswerNotes& notes) {
  const std::lock_guard lock(writer_.mutex);
  Transaction transaction(writer_);
  if (!transaction.begin()) return failure(writer_, "write");
  const std::string_view what = kind == EntryKind::kView ? "View" : "Table";
  MP_ASSIGN(const auto source, find_on(writer_, from));
  if (!source || source->kind != kind) return not_found(what, " does not exist: ", from.name_space, ".", from.name);
  MP_ASSIGN(const bool exists, has_namespace_on(writer_, to.name_space));
  if (!exists) return not_found("Namespace does not exist: ", to.name_space);
  MP_ASSIGN(const auto target, find_on(writer_, to));
  if (target) {
    return error(Code::kAlreadyExists, "Cannot rename ", from.name_space, ".", from.name, " to ", to.name_space, ".",
                 to.name, ". ", target->kind == EntryKind::kView ? "View" : "Table", " already exists");
  }
  Statement update(writer_,
                   std::string("UPDATE iceberg_tables SET table_namespace = ?3, table_name = ?4") + kThisEntry);
  if (!update.ready()) return failure(writer_, "write");
  if (update.bind(from.name_space).bind(from.name).bind(to.name_space).bind(to.name).step() != SQLITE_DONE) {
    return failure(writer_, "write");
  }
  MP_TRY(write_answers(writer_.database, notes));
  return transaction.commit() ? Status() : failure(writer_, "write");
}

Result<std::optional<AnswerNote>> SqliteRestStore::answer(const std::string& key) {
  const std::lock_guard lock(reader_.mutex);
  return read_answer(reader_.database, key);
}

Result<bool> SqliteRestStore::has_answer_of(const std::string& location) {
  const std::lock_guard lock(reader_.mutex);
  return ::millpond::pond::has_answer_of(reader_.database, location);
}

}  // namespace millpond::pond
