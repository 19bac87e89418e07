#pragma once
#include "extract/compound/compound_file.h"
#include "extract/document_builder.h"

namespace millpond::extract {

/// Writes title, author, dates and keywords of an Office document into its metadata; what is broken is passed over.
/// Source: [MS-OLEPS] 2.21, 2.25.1
void read_summary_properties(const CompoundFile& file, DocumentBuilder& out);

}  // namespace millpond::extract
