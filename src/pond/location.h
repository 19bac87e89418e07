#pragma once
// Where files are, and what they are called in tables.

#include <string>
#include <string_view>

namespace millpond::pond {

/// Whether `path` is the folder or in it.
bool lies_below(std::string_view path, std::string_view folder);

/// Tables name files by where their pond was made (`recorded_root`), so that a pond that was moved to `root` still
/// reads. The path of `file:///a/b` or `file:/a/b` is `/a/b`; that of an object is its URI.
std::string path_of(std::string_view uri, std::string_view root, std::string_view recorded_root);
std::string uri_of(std::string_view path, std::string_view root, std::string_view recorded_root);

}  // namespace millpond::pond
