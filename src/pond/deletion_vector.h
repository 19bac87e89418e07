#pragma once
// Deletion vectors: the deleted positions of one data file, as a blob in a Puffin file.
//
// Source: Puffin spec, "deletion-vector-v1 blob type", "File structure"; Iceberg spec, "Deletion Vectors".

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/pond/data_file.h"
#include "millpond/status.h"
#include "pond/manifest.h"

namespace millpond::pond {

std::string serialise_vector(const Positions& positions);
/// Errors: kDataCorrupt.
Result<Positions> parse_vector(std::string_view blob);

/// Writes one Puffin file with a vector for each data file; the entries are in the order of `deletes`.
Result<ManifestEntries> write_vectors(const std::string& path, const std::string& uri,
                                      const std::map<std::string, PositionsPtr>& deletes);
/// Reads the vector of an entry from its file at `path`. Errors: kDataCorrupt with the path.
Result<Positions> read_vector(const std::string& path, const ManifestEntry& entry);

}  // namespace millpond::pond
