#include "millpond/pond/refs.h"

#include <algorithm>

#include "pond/history.h"
#include "pond/state.h"
#include "pond/update_plan.h"

namespace millpond::pond {
namespace {

constexpr std::size_t kNameCharsMax = 128;

}  // namespace

/// Where a name stands for a snapshot, a number or a time must not be taken for it.
Status check_ref_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const bool good = !name.empty() && name.size() <= kNameCharsMax && letter(name[0]) && name != "latest" &&
                    std::all_of(name.begin(), name.end(), [&](char c) {
                      return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '/';
                    });
  return good ? Status() : invalid("a branch or tag begins with a letter, then letters, digits and -_./: ", name);
}

void add_ref(Update& update, const Ref& ref) {
  update.plan().refs[ref.name] = SnapshotRef{ref.snapshot_id, ref.is_tag ? "tag" : "branch", ""};
  if (!ref.is_tag) update.set_property(branch_base_key(ref.name), std::to_string(ref.snapshot_id));
}

void remove_ref(Update& update, std::string_view name) {
  update.plan().refs[std::string(name)] = std::nullopt;
  update.plan().dropped_properties.insert(branch_base_key(name));
  update.plan().dropped_properties.insert(branch_schema_key(name));
}

std::vector<Ref> refs(const Table& table) {
  std::vector<Ref> out;
  for (const auto& [name, ref] : table.state()->metadata.refs) {
    out.push_back({name, ref.type == "tag", ref.snapshot_id});
  }
  return out;
}

Result<Table> create_ref(const Table& table, const Ref& ref, Context& context) {
  MP_TRY(check_ref_name(ref.name));
  MP_TRY(table.snapshot(ref.snapshot_id));
  if (ref.name == "main" || table.state()->metadata.refs.contains(ref.name)) {
    return error(Code::kAlreadyExists, "table ", table.name(), " has a branch or tag of this name: ", ref.name);
  }
  Update update = table.update();
  add_ref(update, ref);
  return update.commit(context);
}

Result<Table> drop_ref(const Table& table, std::string_view name, Context& context) {
  if (name == "main") return invalid("the branch main cannot be dropped");
  if (!table.state()->metadata.refs.contains(std::string(name))) {
    return not_found("table ", table.name(), " has no such branch or tag: ", name);
  }
  Update update = table.update();
  remove_ref(update, name);
  return update.commit(context);
}

Result<Table> rollback(const Table& table, std::int64_t snapshot_id, Context& context) {
  MP_TRY(table.snapshot(snapshot_id));
  if (table.current_id() == snapshot_id) return table;
  Update update = table.update();
  update.require_snapshot(table.current_id());
  update.plan().move_main = snapshot_id;
  return update.commit(context);
}

Result<Table> fast_forward(const Table& table, std::string_view branch, Context& context) {
  const TableMetadata& metadata = table.state()->metadata;
  const auto found = metadata.refs.find(std::string(branch));
  if (found == metadata.refs.end()) return not_found("table ", table.name(), " has no such branch: ", branch);
  const std::int64_t to = found->second.snapshot_id;
  if (table.current_id() && !descends(metadata, to, *table.current_id())) {
    return conflict("main has commits that the branch lacks: ", branch);
  }
  return rollback(table, to, context);
}

}  // namespace millpond::pond
