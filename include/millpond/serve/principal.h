#pragma once
// Who makes a request, and what they may do.

#include <string>
#include <string_view>
#include <vector>

namespace millpond::serve {

/// Each right includes those before it.
enum class Right : unsigned char { kRead, kWrite, kAdmin };

/// A right on what a pattern names: "main.documents", "main.*", "lab.**", "*".
///
/// Shape: names are namespace levels and the table, joined by dots. `*` stands for any characters but a dot at the end
///        of a pattern, `**` for any characters; the pattern `*` alone for everything.
struct Grant {
  Right right = Right::kRead;
  std::string pattern = "*";
};

struct Principal {
  std::string name;
  std::vector<Grant> grants;

  bool may(Right right, std::string_view object) const;
  /// Whether anything below this namespace, or the namespace itself, may be read: what listings show.
  bool may_see(std::string_view name_space) const;
  static Principal everything(std::string name) { return {std::move(name), {{Right::kAdmin, "*"}}}; }
};

bool matches_pattern(std::string_view pattern, std::string_view object);
std::string_view right_name(Right right);

}  // namespace millpond::serve
