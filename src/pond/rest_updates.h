#pragma once
// Applies the requirements and updates of a catalog commit to table metadata.
//
// Source: Iceberg REST catalog specification, TableRequirement and TableUpdate; format versions 1, 2 and 3.

#include <cstdint>
#include <string>

#include "pond/rest_document.h"

namespace millpond::pond {

/// Errors: kConflict if one does not hold; kInvalidArgument for an unknown or malformed one. `base`: null if there is
/// no table.
Status check_requirements(const Document* base, const Document& requirements);

/// The metadata after the updates; members that are not known here stay as they are. `base`: null for a new table,
/// whose `location` must be among the updates.
/// Errors: kInvalidArgument for what is unknown, malformed or impossible; kConflict for a snapshot that was made on an
/// older state (the client can make it again).
Result<Document> apply_updates(const Document* base, const Document& updates, std::int64_t now_ms);

/// Notes in `next` which file held the metadata before. Returns the files that fell out of the log.
std::vector<std::string> extend_metadata_log(Document& next, const Document& base, const std::string& base_location);

/// Metadata of a new table from a CreateTableRequest: field ids are assigned anew, as the specification asks.
Result<Document> new_table(const Document& request, const std::string& location, std::int64_t now_ms);

}  // namespace millpond::pond
