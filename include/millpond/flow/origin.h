#pragma once
// Who runs a build, as `runs` records it.

#include <string>
#include <string_view>
#include <vector>

namespace millpond::flow {

/// Given by `Context::provide`; otherwise a build records the engine alone.
struct RunOrigin {
  std::string engine = "embedded";  ///< or spark, ray
  std::string command;              ///< as typed, without secrets; empty: no command line
};

/// The words of a command line as one text that can be typed again. What could be a secret is "***": passwords within
/// addresses, and values whose name has a word like key, token, secret or password in it.
std::string command_text(const std::vector<std::string>& words);

}  // namespace millpond::flow
