#pragma once
// Texts of a table, with their labels.

#include <string>
#include <vector>

#include "millpond/curate/classifier.h"
#include "millpond/pond/pond.h"

namespace millpond::cli {

class Shell;

struct LabelledRows {
  std::vector<curate::LabelledText> rows;
  std::vector<std::string> ids;  ///< of the column `id`, or else `_row`; as many as rows
  std::int64_t without = 0;      ///< rows left out: no text or no label
  std::string source;            ///< "table documents, snapshot 123"
};

/// Reads the columns `text` and `label` of a table; "attributes.topic" is the entry `topic` of the map `attributes`. An
/// empty `label` reads texts alone. `rows_max`: the first rows; 0: all.
/// Errors: kNotFound (table, column, no rows), kInvalidArgument (a column that is no text).
Result<LabelledRows> labelled_rows(const std::string& table, const std::string& text, const std::string& label,
                                   std::int64_t rows_max, Shell& shell);

}  // namespace millpond::cli
