#pragma once
// A table as one of its branches sees it: the branch's head is the current snapshot, its schema the current schema.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pond/metadata.h"

namespace millpond::pond {

/// What a view puts aside, so that a commit can write the table's metadata as they are. Empty on `main`.
struct BranchView {
  std::string branch;
  std::optional<std::int64_t> main_snapshot_id;
  std::int32_t main_schema_id = 0;
  bool is_main() const { return branch.empty(); }
};

/// Turns metadata as they are in their file into a branch's view. A branch that the table lacks begins at `main`, with
/// the first commit to it. An empty name: nothing changes.
BranchView enter_branch(TableMetadata& table, const std::string& branch);

/// The inverse, before metadata are written: the head becomes the branch's ref, `main` is again what it was.
void leave_branch(TableMetadata& table, const BranchView& view);

/// Names of the properties that a branch keeps on its table: the snapshot of `main` that it last took up, and its
/// schema where that is not the table's.
std::string branch_base_key(std::string_view branch);
std::string branch_schema_key(std::string_view branch);
/// The first of them; none if the branch began before the table had a snapshot.
std::optional<std::int64_t> branch_base(const TableMetadata& table, std::string_view branch);

/// True if `ancestor` is `id` or before it, as far as the history is kept.
bool descends(const TableMetadata& table, std::int64_t id, std::int64_t ancestor);

/// Makes a branch stand where `main` stands.
void pull_branch(TableMetadata& table, const std::string& branch);

}  // namespace millpond::pond
