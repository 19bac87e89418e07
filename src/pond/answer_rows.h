#pragma once
// Kept answers in a folder's catalog: the table `millpond_answers`, made with the first of them.

#include <optional>
#include <string>

#include "millpond/status.h"
#include "pond/answer_note.h"

struct sqlite3;

namespace millpond::pond {

/// Within the transaction that is open. Also forgets what is outdated. Errors: kUnavailable if an answer of this key is
/// there already: another process had the same request.
Status write_answers(sqlite3* database, const AnswerNotes& notes);
Result<std::optional<AnswerNote>> read_answer(sqlite3* database, const std::string& key);
/// Whether an answer that is kept is made of this metadata file.
Result<bool> has_answer_of(sqlite3* database, const std::string& location);

}  // namespace millpond::pond
