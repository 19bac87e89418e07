#include "millpond/pond/branches.h"

#include <algorithm>

#include "millpond/pond/update.h"
#include "pond/state.h"
#include "pond/update_plan.h"

namespace millpond::pond {
namespace {

constexpr int kRacesMax = 10;  // tries while others commit in between

Result<std::vector<Table>> all_tables(const Pond& pond) {
  std::vector<Table> tables;
  MP_ASSIGN(const std::vector<std::string> names, pond.tables());
  for (const std::string& name : names) {
    auto table = pond.table(name);
    if (!table.ok() && table.status().code() == Code::kNotFound) continue;     // dropped meanwhile
    if (!table.ok() && table.status().code() == Code::kUnsupported) continue;  // has columns only other engines know
    MP_TRY(table.status());
    tables.push_back(*std::move(table));
  }
  return tables;
}

/// The snapshot that a table had; none if it had none. Errors: kInvalidArgument for what is no name or time.
Result<std::optional<std::int64_t>> snapshot_then(const Table& table, std::string_view at) {
  if (at.empty()) return table.current_id();
  Result<Snapshot> found = table.snapshot_at(at);
  if (found.ok()) return std::optional(found->id);
  if (found.status().code() == Code::kNotFound) return std::optional<std::int64_t>();
  // A name that this table lacks may be one of another table.
  return found.status();
}

std::string retention_json(const RefRetention& retention) {
  std::string out;
  const auto add = [&](const char* key, const std::optional<std::int64_t>& value) {
    if (value) out += std::string(",\"") + key + "\":" + std::to_string(*value);
  };
  add("min-snapshots-to-keep", retention.min_snapshots);
  add("max-snapshot-age-ms", retention.max_snapshot_age_ms);
  add("max-ref-age-ms", retention.max_ref_age_ms);
  return out;
}

Status on_main(const std::vector<Table>& tables) {
  if (tables.empty() || tables.front().state()->view.is_main()) return {};
  return invalid("this is done on main, not on branch ", tables.front().state()->view.branch);
}

}  // namespace

Result<std::shared_ptr<Pond>> open_branch(const Pond& pond, std::string_view name) {
  if (name == "main") return Pond::open(pond.root());
  MP_ASSIGN(auto state, open_state(pond.root()));
  bool found = false;
  MP_ASSIGN(const std::vector<std::string> names, state->catalog->tables());
  for (const std::string& table : names) {
    const Result<TableStatePtr> read = state->load(table);
    if (!read.ok() && read.status().code() == Code::kUnsupported) continue;  // has columns only other engines know
    MP_TRY(read.status());
    const TableStatePtr& loaded = *read;
    const auto ref = loaded->metadata.refs.find(std::string(name));
    if (ref == loaded->metadata.refs.end()) continue;
    if (ref->second.type == "tag") {
      return invalid("this is a tag, which stays as it is: ", name).hint("Read it with --at.");
    }
    found = true;
  }
  if (!found) {
    return not_found("no such branch: ", name).hint("`millpond branch` lists them; `millpond branch NAME` makes one.");
  }
  // The tables that were looked at are known as `main` has them.
  MP_ASSIGN(state, open_state(pond.root()));
  state->branch = name;
  return std::make_shared<Pond>(std::move(state));
}

Result<std::vector<PondRef>> pond_refs(const Pond& pond) {
  std::map<std::string, PondRef> found;
  MP_ASSIGN(const std::vector<Table> tables, all_tables(pond));
  MP_TRY(on_main(tables));
  for (const Table& table : tables) {
    for (const Ref& ref : refs(table)) {
      if (ref.name == "main") continue;
      PondRef& all = found[ref.name];
      all.name = ref.name;
      all.is_tag = ref.is_tag;
      all.tables[table.name()] = ref.snapshot_id;
      const auto base = branch_base(table.state()->metadata, ref.name);
      if (!ref.is_tag && base != ref.snapshot_id) all.changed.push_back(table.name());
    }
  }
  std::vector<PondRef> out;
  for (auto& [name, ref] : found) out.push_back(std::move(ref));
  return out;
}

namespace {

/// One try. Without `at`, tables must still be as they were read when all of them get the name: it names one moment.
Result<PondRef> try_ref(const Pond& pond, std::string_view name, bool is_tag, std::string_view at,
                        const std::string& extra, Context& context) {
  PondRef made{std::string(name), is_tag, {}, {}};
  std::vector<Update> updates;
  Status strange;  // the last table that knows nothing of `at`
  MP_ASSIGN(const std::vector<Table> tables, all_tables(pond));
  MP_TRY(on_main(tables));
  for (const Table& table : tables) {
    if (name == "main" || table.state()->metadata.refs.contains(made.name)) {
      return error(Code::kAlreadyExists, "there is a branch or tag of this name: ", name)
          .hint("`millpond branch` and `millpond tag` list them.");
    }
    auto then = snapshot_then(table, at);
    if (!then.ok()) {
      if (then.status().code() != Code::kInvalidArgument) return then.status();
      strange = then.status();
      continue;
    }
    if (!*then) continue;
    Update update = table.update();
    if (at.empty()) update.require_snapshot(**then);
    add_ref(update, {made.name, is_tag, **then});
    update.plan().refs[made.name]->extra = extra;
    made.tables[table.name()] = **then;
    updates.push_back(std::move(update));
  }
  if (updates.empty()) {
    if (!strange.ok()) return strange;
    return not_found("no table has a snapshot", at.empty() ? " yet" : " of then: ", at)
        .hint("Run `millpond build` first.");
  }
  MP_TRY(commit_all(updates, context));
  return made;
}

}  // namespace

Result<PondRef> create_pond_ref(const Pond& pond, std::string_view name, bool is_tag, std::string_view at,
                                Context& context, const RefRetention& retention) {
  MP_TRY(check_ref_name(name));
  const std::string extra = retention_json(retention);
  for (int attempt = 1;; ++attempt) {
    auto made = try_ref(pond, name, is_tag, at, extra, context);
    if (made.status().code() != Code::kConflict || attempt == kRacesMax) return made;
  }
}

Status drop_pond_ref(const Pond& pond, std::string_view name, Context& context) {
  if (name == "main") return invalid("the branch main cannot be dropped");
  std::vector<Update> updates;
  std::vector<std::string> only_here;
  MP_ASSIGN(const std::vector<Table> tables, all_tables(pond));
  MP_TRY(on_main(tables));
  for (const Table& table : tables) {
    const TableMetadata& metadata = table.state()->metadata;
    const auto ref = metadata.refs.find(std::string(name));
    if (ref == metadata.refs.end()) continue;
    if (!metadata.current_snapshot_id && metadata.refs.size() == 1) only_here.push_back(table.name());
    Update update = table.update();
    remove_ref(update, name);
    update.plan().expected_refs[std::string(name)] = ref->second.snapshot_id;
    updates.push_back(std::move(update));
  }
  if (updates.empty()) return not_found("no such branch or tag: ", name);
  MP_TRY(commit_all(updates, context));
  for (const std::string& table : only_here) {
    MP_ASSIGN(const Table left, pond.table(table));
    if (left.state()->metadata.refs.empty() && !left.current()) MP_TRY(Pond(pond).drop_table(table));
  }
  return {};
}

Result<Rollback> rollback_pond(const Pond& pond, std::string_view to, const std::vector<std::string>& tables,
                               Context& context) {
  Rollback report;
  std::vector<Update> updates;
  Status strange;
  bool known = false;
  MP_ASSIGN(const std::vector<Table> all, all_tables(pond));
  for (const Table& table : all) {
    if (!tables.empty() && std::find(tables.begin(), tables.end(), table.name()) == tables.end()) continue;
    if (!table.current()) continue;
    auto then = snapshot_then(table, to);
    if (!then.ok()) strange = then.status();
    if (!then.ok() || !*then) {
      report.unknown.push_back(table.name());
      continue;
    }
    known = true;
    if (*then == table.current_id()) {
      report.untouched.push_back(table.name());
      continue;
    }
    Update update = table.update();
    update.require_snapshot(table.current_id());
    update.plan().move_main = **then;
    report.moved[table.name()] = **then;
    updates.push_back(std::move(update));
  }
  for (const std::string& name : tables) MP_TRY(pond.table(name));
  if (!known) {
    if (!strange.ok()) return strange;
    return not_found("no table has a snapshot of this name or time: ", to)
        .hint("`millpond tag` and `millpond log` list them.");
  }
  MP_TRY(commit_all(updates, context));
  return report;
}

}  // namespace millpond::pond
