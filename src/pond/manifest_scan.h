#pragma once
// Reads of a manifest only the entries that a filter lets pass.

#include <memory>
#include <string_view>

#include "pond/filter_bounds.h"
#include "pond/manifest.h"

namespace millpond::pond {

/// The live entries that may hold rows for which the filter is true, with inherited values filled in. Of the others
/// only what the filter looks at is decoded, so that memory and time follow what is found. Errors: kDataCorrupt.
Result<ManifestEntries> matching_entries(std::string_view bytes, const ManifestFile& source, const BoundFilter& filter,
                                         const PartitionSpec& spec);

}  // namespace millpond::pond
