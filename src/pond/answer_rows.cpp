#include "pond/answer_rows.h"

#include <sqlite3.h>

#include "pond/file_io.h"

namespace millpond::pond {
namespace {

constexpr const char* kMake =
    "CREATE TABLE IF NOT EXISTS millpond_answers (answer_key TEXT PRIMARY KEY, request_hash INTEGER NOT NULL, "
    "status INTEGER NOT NULL, form INTEGER NOT NULL, body TEXT NOT NULL, location TEXT NOT NULL, "
    "at_ms INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS millpond_answers_by_time ON millpond_answers (at_ms);"
    "CREATE INDEX IF NOT EXISTS millpond_answers_by_location ON millpond_answers (location)";

Status failure(sqlite3* database) {
  return error(Code::kIoError, "cannot keep an answer in the catalog: ", sqlite3_errmsg(database));
}

class Statement {
 public:
  Statement(sqlite3* database, const char* sql) { sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr); }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  bool ready() const { return statement_ != nullptr; }
  Statement& bind(const std::string& text) {
    sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Statement& bind(std::int64_t number) {
    sqlite3_bind_int64(statement_, ++bound_, number);
    return *this;
  }
  int step() { return sqlite3_step(statement_); }
  std::string text(int column) const {
    const unsigned char* value = sqlite3_column_text(statement_, column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return value == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(value), size);
  }
  std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }

 private:
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

/// A catalog in which no answer was ever kept lacks the table.
bool has_table(sqlite3* database) {
  Statement look(database, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'millpond_answers'");
  return look.ready() && look.step() == SQLITE_ROW;
}

Status forget_outdated(sqlite3* database) {
  const std::int64_t now = now_ms(), lifetime = kAnswerLifetime.count();
  Statement old(database, "DELETE FROM millpond_answers WHERE at_ms < ?1 OR at_ms > ?2");
  if (!old.ready() || old.bind(now - lifetime).bind(now + lifetime).step() != SQLITE_DONE) return failure(database);
  Statement more(database,
                 "DELETE FROM millpond_answers WHERE answer_key IN (SELECT answer_key FROM millpond_answers "
                 "ORDER BY at_ms DESC LIMIT -1 OFFSET ?1)");
  if (!more.ready() || more.bind(std::int64_t{kAnswersMax}).step() != SQLITE_DONE) return failure(database);
  return {};
}

}  // namespace

Status write_answers(sqlite3* database, const AnswerNotes& notes) {
  if (notes.empty()) return {};
  if (sqlite3_exec(database, kMake, nullptr, nullptr, nullptr) != SQLITE_OK) return failure(database);
  MP_TRY(forget_outdated(database));
  for (const AnswerNote& note : notes) {
    Statement insert(database, "INSERT INTO millpond_answers VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    if (!insert.ready()) return failure(database);
    insert.bind(note.key).bind(static_cast<std::int64_t>(note.request_hash)).bind(std::int64_t{note.status});
    insert.bind(static_cast<std::int64_t>(note.form)).bind(note.body).bind(note.location).bind(now_ms());
    const int result = insert.step();
    if (result == SQLITE_CONSTRAINT) return unavailable("another server has the same request: ", note.key);
    if (result != SQLITE_DONE) return failure(database);
  }
  return {};
}

Result<std::optional<AnswerNote>> read_answer(sqlite3* database, const std::string& key) {
  if (!has_table(database)) return std::optional<AnswerNote>();
  Statement select(database,
                   "SELECT request_hash, status, form, body, location, at_ms FROM millpond_answers "
                   "WHERE answer_key = ?1");
  if (!select.ready()) return failure(database);
  const int result = select.bind(key).step();
  if (result != SQLITE_ROW && result != SQLITE_DONE) return failure(database);
  if (result == SQLITE_DONE || is_outdated(select.number(5), now_ms())) return std::optional<AnswerNote>();
  AnswerNote note;
  note.key = key;
  note.request_hash = static_cast<std::uint64_t>(select.number(0));
  note.status = static_cast<int>(select.number(1));
  note.form = static_cast<AnswerForm>(select.number(2));
  note.body = select.text(3);
  note.location = select.text(4);
  note.at_ms = select.number(5);
  return std::optional<AnswerNote>(std::move(note));
}

Result<bool> has_answer_of(sqlite3* database, const std::string& location) {
  if (!has_table(database)) return false;
  Statement select(database, "SELECT 1 FROM millpond_answers WHERE location = ?1 AND at_ms >= ?2");
  if (!select.ready()) return failure(database);
  return select.bind(location).bind(now_ms() - kAnswerLifetime.count()).step() == SQLITE_ROW;
}

}  // namespace millpond::pond
