#pragma once
// Filters on attributes of files, as vector stores and file_search have them.

#include "millpond/pond/filter.h"
#include "millpond/schema.h"
#include "serve/api/json_text.h"

namespace millpond::serve::openai {

/// eq, ne, gt, gte, lt, lte, in, nin; and, or. Errors: kInvalidArgument for a filter that is none.
Status check_filter(const Json& filter, int depth = 0);
/// Of a checked filter. An attribute that is missing or of another type matches only `ne` and `nin`.
bool matches(const Json& filter, const Json& attributes);
/// The same on rows whose attributes are the columns of a table; of a checked filter.
pond::Filter row_filter(const Json& filter, const Schema& columns);

}  // namespace millpond::serve::openai
