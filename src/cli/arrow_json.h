#pragma once
// Rows as commands print them.

#include "ask/arrow_json.h"

namespace millpond::cli {

using ask::number_at;
using ask::text_at;
using ask::time_text;
using ask::to_json;

}  // namespace millpond::cli
