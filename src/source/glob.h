#pragma once
// Path patterns.

#include <string>
#include <string_view>

namespace millpond::source {

/// True if `path` matches: `*` and `?` stay within one folder, `**` spans folders, `[a-z]` is a class.
/// Linear in the length of the path for each `*`; no recursion on the path's content.
bool glob_matches(std::string_view pattern, std::string_view path);

/// The folder part of a pattern before its first wildcard: where a walk has to begin.
std::string glob_base(std::string_view pattern);
bool has_wildcard(std::string_view pattern);

}  // namespace millpond::source
