#pragma once
#include "millpond/extract/document.h"

namespace millpond::extract {

/// Parses a workbook of Excel 97 to 2003 (.xls): what `parse_xlsx` gives for the same workbook. Formulas have the
/// value that was saved, dates are told by their format, comments follow their sheet; hidden sheets are left out.
///
/// Shape:   charts, pictures and macros are left out.
/// Errors:  kInvalidArgument (no workbook; older than Excel 97), kUnsupported (encrypted), kDataCorrupt (records cut
///          off), kResourceExhausted (more cells or text than the limits).
/// Threads: any.
/// Source:  [MS-XLS] 2.3, 2.4
Result<Document> parse_excel_binary(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
