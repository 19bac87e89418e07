#include "pond/branch_view.h"

#include <charconv>

#include "pond/history.h"

namespace millpond::pond {
namespace {

std::optional<std::int64_t> number_property(const TableMetadata& table, const std::string& key) {
  const auto found = table.properties.find(key);
  if (found == table.properties.end()) return std::nullopt;
  const std::string& text = found->second;
  std::int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() ? std::optional(value) : std::nullopt;
}

}  // namespace

std::string branch_base_key(std::string_view branch) { return kBranchBasePrefix + std::string(branch) + ".base"; }
std::string branch_schema_key(std::string_view branch) { return kBranchBasePrefix + std::string(branch) + ".schema"; }

std::optional<std::int64_t> branch_base(const TableMetadata& table, std::string_view branch) {
  return number_property(table, branch_base_key(branch));
}

BranchView enter_branch(TableMetadata& table, const std::string& branch) {
  if (branch.empty()) return {};
  BranchView view{branch, table.current_snapshot_id, table.current_schema_id};
  if (table.current_snapshot_id && !table.refs.contains("main")) {
    table.refs["main"] = SnapshotRef{*table.current_snapshot_id, "branch", ""};
  }
  if (const auto ref = table.refs.find(branch); ref != table.refs.end()) {
    table.current_snapshot_id = ref->second.snapshot_id;
  }
  const auto schema = number_property(table, branch_schema_key(branch));
  if (schema && table.find_schema(static_cast<std::int32_t>(*schema)) != nullptr) {
    table.current_schema_id = static_cast<std::int32_t>(*schema);
  }
  return view;
}

void leave_branch(TableMetadata& table, const BranchView& view) {
  if (view.is_main()) return;
  const bool differs =
      table.current_snapshot_id != view.main_snapshot_id || table.current_schema_id != view.main_schema_id;
  if (table.current_snapshot_id && (differs || table.refs.contains(view.branch))) {
    const auto [ref, is_new] = table.refs.try_emplace(view.branch, SnapshotRef{});
    ref->second.snapshot_id = *table.current_snapshot_id;
    if (is_new && view.main_snapshot_id) {
      table.properties[branch_base_key(view.branch)] = std::to_string(*view.main_snapshot_id);
    }
  }
  if (table.current_schema_id != view.main_schema_id) {
    table.properties[branch_schema_key(view.branch)] = std::to_string(table.current_schema_id);
  } else {
    table.properties.erase(branch_schema_key(view.branch));
  }
  table.current_snapshot_id = view.main_snapshot_id;
  table.current_schema_id = view.main_schema_id;
}

bool descends(const TableMetadata& table, std::int64_t id, std::int64_t ancestor) {
  std::size_t steps = table.snapshots.size() + 1;  // a chain that bites its own tail ends here
  const SnapshotEntry* at = table.find_snapshot(id);
  for (; at != nullptr && steps > 0; --steps) {
    if (at->snapshot.id == ancestor) return true;
    if (!at->snapshot.parent) return false;
    if (*at->snapshot.parent == ancestor) return true;
    at = table.find_snapshot(*at->snapshot.parent);
  }
  return false;
}

void pull_branch(TableMetadata& table, const std::string& branch) {
  table.properties.erase(branch_schema_key(branch));
  if (!table.current_snapshot_id) return;
  table.refs.try_emplace(branch, SnapshotRef{}).first->second.snapshot_id = *table.current_snapshot_id;
  table.properties[branch_base_key(branch)] = std::to_string(*table.current_snapshot_id);
}

}  // namespace millpond::pond
