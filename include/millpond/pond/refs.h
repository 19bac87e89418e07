#pragma once
// Names for snapshots: tags stay where they are, branches are lines of commits beside `main`.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/pond/table.h"

namespace millpond::pond {

struct Ref {
  std::string name;
  bool is_tag = false;
  std::int64_t snapshot_id = 0;
};

/// Sorted by name; `main` is among them once the table has a snapshot.
std::vector<Ref> refs(const Table& table);

/// Names a snapshot; it is kept as long as the name is. Errors: kAlreadyExists; kNotFound for the snapshot;
/// kInvalidArgument for a name that is no word, is a number, or is `latest`.
Result<Table> create_ref(const Table& table, const Ref& ref, Context& context);
/// Errors: kNotFound; kInvalidArgument for `main`.
Result<Table> drop_ref(const Table& table, std::string_view name, Context& context);

/// Makes `main` what it was at a snapshot, as a commit: what came after stays in the history. Errors: kNotFound;
/// kConflict if somebody else committed since `table` was read.
Result<Table> rollback(const Table& table, std::int64_t snapshot_id, Context& context);

/// Moves `main` to where a branch is. Errors: kConflict if `main` has commits that the branch lacks.
Result<Table> fast_forward(const Table& table, std::string_view branch, Context& context);

}  // namespace millpond::pond
