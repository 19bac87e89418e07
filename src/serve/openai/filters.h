#pragma once
// Filters on attributes of files, as vector stores and file_search have them.

#include "serve/api/json_text.h"

namespace millpond::serve::openai {

/// eq, ne, gt, gte, lt, lte, in, nin; and, or. Errors: kInvalidArgument for a filter that is none.
Status check_filter(const Json& filter, int depth = 0);
/// Of a checked filter. An attribute that is missing or of another type matches only `ne` and `nin`.
bool matches(const Json& filter, const Json& attributes);

}  // namespace millpond::serve::openai
