#pragma once
// A specification as text: what a person wrote, split into cases, kept line by line so that --update changes
// only the expected blocks.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millpond/status.h"

namespace millpond::spec {

/// A header line and its rows, each split into cells (trimmed, still encoded).
struct TextTable {
  bool present = false;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};

using Setting = std::pair<std::string, std::string>;  ///< option name, value as written

struct Case {
  std::string name;
  int line = 0;                   ///< of `case`, from 1
  std::vector<Setting> settings;  ///< options of this case only
  TextTable in;
  std::vector<std::string> expected;  ///< the lines of the expected blocks, without blank lines and comments
  std::vector<std::string> written;   ///< lines from `case` to the end of `in`, as they are
  std::vector<std::string> trailing;  ///< blank lines and comments behind the expected blocks, as they are
};

struct SpecFile {
  std::string path;
  std::string kind;                   ///< the first word: "operator"
  std::string subject;                ///< the rest of that line: the operator's name
  std::vector<Setting> settings;      ///< options of every case
  std::vector<std::string> preamble;  ///< all lines before the first case, as they are
  std::vector<Case> cases;
};

/// Errors: kInvalidArgument with file and line.
Result<SpecFile> parse_spec(std::string path, std::string_view text);

/// The file's text with `expected` of each case; parse and print give the same bytes.
std::string print_spec(const SpecFile& file);

/// Splits at every `|` that is not inside the double quotes of a cell that begins with `"`, `[` or `{`.
std::vector<std::string> split_cells(std::string_view line);
std::string join_cells(const std::vector<std::string>& cells);
std::string_view trim(std::string_view text);

}  // namespace millpond::spec
