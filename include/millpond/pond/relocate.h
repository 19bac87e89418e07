#pragma once
// Makes a pond whole at the place where it is now.

#include <cstdint>
#include <string>
#include <vector>

#include "millpond/context.h"
#include "millpond/status.h"

namespace millpond::pond {

struct RelocateReport {
  std::string from, to;            ///< folders; equal if there was nothing to do
  std::vector<std::string> moved;  ///< tables and views, with namespaces other than `main`
  std::int64_t files_written = 0;
};

/// Rewrites whatever names files by the place where the pond was made: metadata, manifest lists, manifests, delete
/// files, the catalog. Rows and segments stay as they are. millpond reads and writes a moved pond without this; other
/// engines need it. Old metadata files remain as orphans.
///
/// Each table changes over in one step of the catalog, the pond at the end; a run that was killed is continued by the
/// next one. Let no other process write meanwhile: one that opened the pond before goes on using the old place.
/// Errors: kUnsupported for tables of format version 1 and tables with columns of types that are not read, before
/// anything of theirs changed.
Result<RelocateReport> relocate(const std::string& path, Context& context);

}  // namespace millpond::pond
