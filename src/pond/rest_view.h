#pragma once
// View metadata: made from a request, changed by updates.
//
// Source: Iceberg view spec; Iceberg REST catalog specification, ViewUpdate.

#include <cstdint>
#include <string>

#include "pond/rest_document.h"

namespace millpond::pond {

/// Metadata of a new view from a CreateViewRequest. Errors: kInvalidArgument.
Result<Document> new_view(const Document& request, const std::string& location, std::int64_t now_ms);

/// Errors: kInvalidArgument for what is unknown, malformed or impossible.
Result<Document> apply_view_updates(const Document& base, const Document& updates, std::int64_t now_ms);

}  // namespace millpond::pond
