#pragma once
// One attempt to bring a table or view from the version that the catalog names to the next.

#include "pond/rest_tables.h"

namespace millpond::pond {

struct RestTables::Step {
  EntryName name;
  EntryKind kind = EntryKind::kTable;
  std::optional<std::string> base_location;  ///< none: it is new
  std::shared_ptr<const Document> base;
  Document next;         ///< what the changes made of it
  bool changed = false;  ///< `next` is set
  std::string location;  ///< of the metadata file written
  std::shared_ptr<const std::string> text;
  std::shared_ptr<const Document> document;
  std::vector<std::string> outdated;  ///< metadata files that fell out of the log
};

}  // namespace millpond::pond
