#pragma once
// What a commit changes, as an Iceberg REST catalog wants to be told.

#include "pond/metadata.h"
#include "pond/rest_document.h"

namespace millpond::pond {

struct TableChanges {
  Document requirements = Document::array();  ///< what must still hold of the table
  Document updates = Document::array();
};

/// The requirements are those that make the commit atomic: the table is the same one, and each branch or tag that
/// changes, the schema if it changes, are what they were in `base`.
/// Source: Iceberg REST catalog spec, "CommitTableRequest".
TableChanges changes_between(const TableMetadata& base, const TableMetadata& next);

}  // namespace millpond::pond
