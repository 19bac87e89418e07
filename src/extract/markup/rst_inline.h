#pragma once
#include <map>
#include <string>
#include <string_view>

namespace millpond::extract {

/// The inline marks of reStructuredText.
struct RstInline {
  std::map<std::string, std::string_view, std::less<>> substitutions;

  /// `text` without marks: emphasis, literals, roles, links, references; backslashes taken away.
  std::string text(std::string_view text) const;
};

}  // namespace millpond::extract
