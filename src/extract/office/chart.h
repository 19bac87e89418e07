#pragma once
// Charts as the table of their values.

#include "extract/office/package.h"

namespace millpond::extract {

/// Appends the title (a caption), the kind of chart (a figure) and the values that the file keeps with it (a table).
/// A chart that cannot be read is left out; limits are errors.
Status append_chart(Package& package, const std::string& part, int page, Document& document);

}  // namespace millpond::extract
