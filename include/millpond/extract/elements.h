#pragma once
// Elements in Arrow columns: how `extract` writes them and how later steps read them back.

#include <cstdint>
#include <string_view>
#include <vector>

#include "millpond/extract/document.h"
#include "millpond/type_fwd.h"

namespace millpond::extract {

/// An element whose texts lie in an Arrow array: valid as long as that array.
struct ElementView {
  ElementKind kind = ElementKind::kParagraph;
  int level = 0;
  std::string_view text;
  int page = 0;
  Box box;
  std::string_view html;
};

/// Replaces `out` with the elements in one row of a column of `elements_type()`; none for a null row.
/// Fields are found by name, so that columns read back from a table with more fields are fine.
/// Errors: kDataCorrupt if the column is not a list of structs with these fields.
Status read_elements(const arrow::Array& column, std::int64_t row, std::vector<ElementView>& out);

}  // namespace millpond::extract
