#include "millpond/serve/principal.h"

namespace millpond::serve {

bool matches_pattern(std::string_view pattern, std::string_view object) {
  if (pattern == "*" || pattern == "**") return true;
  if (pattern.ends_with("**")) return object.starts_with(pattern.substr(0, pattern.size() - 2));
  if (!pattern.ends_with('*')) return pattern == object;
  pattern.remove_suffix(1);
  return object.starts_with(pattern) && object.find('.', pattern.size()) == std::string_view::npos;
}

bool Principal::may(Right right, std::string_view object) const {
  for (const Grant& grant : grants) {
    if (grant.right >= right && matches_pattern(grant.pattern, object)) return true;
  }
  return false;
}

bool Principal::may_see(std::string_view name_space) const {
  if (may(Right::kRead, name_space)) return true;
  const std::string inside = std::string(name_space) + ".";
  for (const Grant& grant : grants) {
    std::string_view fixed = grant.pattern;
    while (fixed.ends_with('*')) fixed.remove_suffix(1);
    // "main.documents" and "main.*" show `main`; "lab.**" shows everything below lab.
    if (fixed.starts_with(inside) ||
        (fixed.size() < grant.pattern.size() && inside.starts_with(fixed) && grant.pattern.ends_with("**"))) {
      return true;
    }
  }
  return false;
}

std::string_view right_name(Right right) {
  switch (right) {
    case Right::kRead: return "read";
    case Right::kWrite: return "write";
    case Right::kAdmin: return "admin";
  }
  return "";
}

}  // namespace millpond::serve
