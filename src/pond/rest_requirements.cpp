// What a client takes for granted about the state that it changes. The wording is the one that clients look for.

#include "pond/rest_updates.h"

namespace millpond::pond {
namespace {

Status check_number(const Document& base, const Document& requirement, const char* asserted, const char* member,
                    std::string_view what) {
  const std::int64_t expected = requirement.at(asserted).get<std::int64_t>();
  const std::int64_t actual = base.at(member).get<std::int64_t>();
  if (expected == actual) return {};
  return conflict("Requirement failed: ", what, " changed: expected id ", expected, " != ", actual);
}

Status check_ref(const Document& base, const Document& requirement) {
  const std::string name = requirement.at("ref").get<std::string>();
  const Document expected = requirement.value("snapshot-id", Document());
  static const Document none = Document::object();
  const Document& refs = base.contains("refs") ? base["refs"] : none;
  if (!refs.contains(name)) {
    if (expected.is_null()) return {};
    return conflict("Requirement failed: branch or tag ", name, " is missing, expected ", expected.dump());
  }
  const std::string type = refs[name].value("type", "branch");
  const Document& actual = refs[name].at("snapshot-id");
  if (expected.is_null()) return conflict("Requirement failed: ", type, " ", name, " was created concurrently");
  if (expected == actual) return {};
  return conflict("Requirement failed: ", type, " ", name, " has changed: expected id ", expected.dump(),
                  " != ", actual.dump());
}

Status check(const Document& base, const Document& requirement, const std::string& type) {
  if (type == "assert-table-uuid" || type == "assert-view-uuid") {
    const std::string expected = requirement.at("uuid").get<std::string>();
    const std::string actual = base.at(type == "assert-view-uuid" ? "view-uuid" : "table-uuid").get<std::string>();
    if (expected == actual) return {};
    const std::string_view what = type == "assert-view-uuid" ? "view UUID" : "UUID";
    return conflict("Requirement failed: ", what, " does not match: expected ", expected, " != ", actual);
  }
  if (type == "assert-ref-snapshot-id") return check_ref(base, requirement);
  if (type == "assert-last-assigned-field-id") {
    return check_number(base, requirement, "last-assigned-field-id", "last-column-id", "last assigned field id");
  }
  if (type == "assert-current-schema-id") {
    return check_number(base, requirement, "current-schema-id", "current-schema-id", "current schema");
  }
  if (type == "assert-last-assigned-partition-id") {
    return check_number(base, requirement, "last-assigned-partition-id", "last-partition-id",
                        "last assigned partition id");
  }
  if (type == "assert-default-spec-id") {
    return check_number(base, requirement, "default-spec-id", "default-spec-id", "default partition spec");
  }
  if (type == "assert-default-sort-order-id") {
    return check_number(base, requirement, "default-sort-order-id", "default-sort-order-id", "default sort order");
  }
  return invalid("Cannot convert unknown requirement: ", type);
}

}  // namespace

Status check_requirements(const Document* base, const Document& requirements) {
  try {
    if (!requirements.is_array()) return invalid("requirements are a list");
    // Version 1 may lack what is asked about. The others are not copied: their history can be long.
    Document first;
    if (base != nullptr && base->contains("format-version") && !base->contains("view-uuid") &&
        base->at("format-version") == 1) {
      first = *base;
      normalise(first);
    }
    for (const Document& requirement : requirements) {
      const std::string type = requirement.at("type").get<std::string>();
      if (type == "assert-create") {
        if (base != nullptr) return conflict("Requirement failed: table already exists");
        continue;
      }
      if (base == nullptr) return conflict("Requirement failed: the table does not exist");
      MP_TRY(check(first.is_null() ? *base : first, requirement, type));
    }
    return {};
  } catch (const Document::exception& problem) { return invalid("malformed requirement: ", problem.what()); }
}

}  // namespace millpond::pond
