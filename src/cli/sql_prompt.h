#pragma once
// The prompt of `millpond sql`.

#include "cli/sql_output.h"
#include "millpond/sql/session.h"

namespace millpond::cli {

/// Reads statements from the terminal until its end: several lines each, with history and completion.
Status run_sql_prompt(sql::Session& session, const OutputChoice& choice, Shell& shell);

}  // namespace millpond::cli
