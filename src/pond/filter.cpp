#include "millpond/pond/filter.h"

namespace millpond::pond {
namespace {

Filter joined(Filter::Kind kind, Filter::Kind neutral, Filter::Kind decided, std::vector<Filter> children) {
  Filter out;
  out.kind = kind;
  for (Filter& child : children) {
    if (child.kind == neutral) continue;
    if (child.kind == decided) return Filter{.kind = decided};
    out.children.push_back(std::move(child));
  }
  if (out.children.empty()) return Filter{.kind = neutral};
  if (out.children.size() == 1) {
    Filter only = std::move(out.children.front());
    return only;
  }
  return out;
}

Compare opposite(Compare compare) {
  switch (compare) {
    case Compare::kEqual: return Compare::kNotEqual;
    case Compare::kNotEqual: return Compare::kEqual;
    case Compare::kLess: return Compare::kGreaterEqual;
    case Compare::kLessEqual: return Compare::kGreater;
    case Compare::kGreater: return Compare::kLessEqual;
    case Compare::kGreaterEqual: return Compare::kLess;
    case Compare::kIn: return Compare::kNotIn;
    case Compare::kNotIn: return Compare::kIn;
    case Compare::kIsNull: return Compare::kNotNull;
    case Compare::kNotNull: return Compare::kIsNull;
    case Compare::kStartsWith: return Compare::kNotStartsWith;
    case Compare::kNotStartsWith: return Compare::kStartsWith;
  }
  return compare;
}

}  // namespace

Filter all_of(std::vector<Filter> children) {
  return joined(Filter::Kind::kAnd, Filter::Kind::kTrue, Filter::Kind::kFalse, std::move(children));
}
Filter any_of(std::vector<Filter> children) {
  return joined(Filter::Kind::kOr, Filter::Kind::kFalse, Filter::Kind::kTrue, std::move(children));
}

Filter negated(const Filter& filter) {
  std::vector<Filter> children;
  for (const Filter& child : filter.children) children.push_back(negated(child));
  switch (filter.kind) {
    case Filter::Kind::kTrue: return {.kind = Filter::Kind::kFalse};
    case Filter::Kind::kFalse: return {.kind = Filter::Kind::kTrue};
    case Filter::Kind::kAnd: return any_of(std::move(children));
    case Filter::Kind::kOr: return all_of(std::move(children));
    case Filter::Kind::kCompare: break;
  }
  Filter out = filter;
  out.compare = opposite(filter.compare);
  return out;
}

}  // namespace millpond::pond
