#include "flow/table_properties.h"

#include "millpond/pond/update.h"

namespace millpond::flow {
namespace {

/// The format's version is asked for as a property, and kept as a member of the metadata.
constexpr std::string_view kFormatVersion = "format-version";

bool has(const pond::Table& table, const std::string& name, const std::string& value) {
  if (name == kFormatVersion) return std::to_string(table.format_version()) == value;
  const auto found = table.properties().find(name);
  return found != table.properties().end() && found->second == value;
}

}  // namespace

Status apply_properties(pond::Pond& pond, const PlannedTable& planned, Context& context) {
  const auto& wanted = planned.spec.properties;
  if (wanted.empty()) return {};
  MP_ASSIGN(const bool there, pond.has_table(planned.spec.name));
  if (!there) {
    const auto made = pond.create_table(planned.spec.name, planned.schema, wanted);
    return made.ok() || made.status().code() == Code::kAlreadyExists ? Status() : made.status();
  }
  MP_ASSIGN(const pond::Table table, pond.table(planned.spec.name));
  pond::Update update = table.update();
  bool differs = false;
  for (const auto& [name, value] : wanted) {
    if (has(table, name, value)) continue;
    update.set_property(name, value);
    differs = true;
  }
  if (!differs) return {};
  return update.commit(context).status();
}

}  // namespace millpond::flow
