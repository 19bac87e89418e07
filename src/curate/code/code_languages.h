#pragma once
// Which language a file is in, by its name, and how that language writes comments and strings.

#include <string_view>

namespace millpond::curate {

struct CodeLanguage {
  std::string_view name;                   ///< "python"
  std::string_view line = {};              ///< begins a comment to the end of the line; two of them parted by a blank
  std::string_view open = {}, close = {};  ///< around a comment
  std::string_view quotes = {};  ///< a string goes from one of these to the next, with \ before what does not count
  bool docstrings = false;       ///< triple quotes; a string that begins a line is a comment
};

/// By the last ending or the whole name, whatever their case; null if it is not known.
const CodeLanguage* code_language_of(std::string_view path);

/// What the folders and the name of a file say of it.
bool is_test_path(std::string_view path);
bool is_vendored_path(std::string_view path);
bool is_config_path(std::string_view path);

}  // namespace millpond::curate
