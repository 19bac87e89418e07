#pragma once
// Which blobs the tables of a pond refer to, and which blobs there are.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "millpond/pond/blobs.h"
#include "pond/file_io.h"

namespace millpond::pond {

/// Every table of the pond, those of other namespaces included, under its full name where that is not `main`.
Result<std::vector<Table>> tables_of_all_namespaces(const Pond& pond);

/// References of all tables of all namespaces, with a table that has them.
Result<std::map<std::pair<std::string, std::int64_t>, std::string>> all_blob_uses(const Pond& pond, Context& context);

/// Files below `blobs/` whose name no reference has, and drafts; older than `grace`.
std::vector<FileEntry> unused_blobs(const std::vector<FileEntry>& files, const std::set<std::string>& used,
                                    std::int64_t newest_to_go_ms);

Result<std::string> sha256_of_file(const std::string& path, Context& context);

}  // namespace millpond::pond
