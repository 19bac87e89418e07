#pragma once
// Rows of a query, to people and to files.

#include <string>
#include <string_view>

#include "millpond/sql/session.h"
#include "millpond/status.h"

namespace millpond::cli {

class Shell;

/// Where rows go and in which form.
struct OutputChoice {
  std::string format;  ///< table, json, jsonl or csv on standard output; any sink's name with a file
  std::string path;    ///< empty: standard output
  bool replace = false;
  /// Errors: kInvalidArgument for a format that there is not, or one that needs a file.
  static Result<OutputChoice> of(const std::string& format, const std::string& path, bool replace, const Shell& shell);
};

/// Reads the rows to their end. A table's columns are as wide as its first thousand rows need.
Status show_outcome(sql::Outcome& outcome, const OutputChoice& choice, Shell& shell, Context& context);

}  // namespace millpond::cli
