#pragma once
// Findings as values of columns: where they are, and how many of each kind.

#include <string_view>
#include <vector>

#include "curate/pii/pii_kinds.h"
#include "millpond/schema.h"
#include "millpond/status.h"
#include "millpond/type_fwd.h"

namespace millpond::curate {

/// list<struct<kind, first_char, last_char, confidence>>; characters are code points, half-open.
Type finding_list_type();
/// map<kind, count>
Type kind_counts_type();

/// Appends one value for a row. The findings are in the order of the text.
Status append_findings(std::string_view text, const std::vector<PiiFinding>& found, arrow::ArrayBuilder* builder);
Status append_kind_counts(const std::vector<PiiFinding>& found, arrow::ArrayBuilder* builder);

}  // namespace millpond::curate
