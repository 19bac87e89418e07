#include "millpond/pond/check.h"

#include <algorithm>

#include "pond/check_repair.h"
#include "pond/check_table.h"
#include "pond/file_io.h"
#include "pond/namespace_tables.h"

namespace millpond::pond {

std::string_view kind_name(Problem::Kind kind) {
  switch (kind) {
    case Problem::Kind::kCatalog: return "catalog";
    case Problem::Kind::kRef: return "ref";
    case Problem::Kind::kSnapshot: return "snapshot";
    case Problem::Kind::kManifest: return "manifest";
    case Problem::Kind::kDataFile: return "data file";
    case Problem::Kind::kDeleteFile: return "delete file";
    case Problem::Kind::kSegment: return "segment";
    case Problem::Kind::kBlob: return "blob";
    default: return "orphan";
  }
}

std::int64_t CheckReport::damages() const {
  return std::count_if(problems.begin(), problems.end(),
                       [](const Problem& problem) { return problem.damage() && !problem.repaired; });
}

namespace {

Status check_one(const std::string& name, const std::shared_ptr<PondState>& pond, const CheckOptions& options,
                 CheckReport& report, Context& context) {
  PondState& state = *pond;
  Result<TableStatePtr> loaded = state.load(name);
  // Columns of a type that only other engines know: no damage, and no reason to go back to an older version.
  if (!loaded.ok() && loaded.status().code() == Code::kUnsupported) return {};
  if (!loaded.ok()) {
    Problem problem{.kind = Problem::Kind::kCatalog, .table = name, .what = loaded.status().message()};
    if (options.repair) MP_TRY(restore_pointer(state, problem));
    report.problems.push_back(problem);
    if (!problem.repaired) return {};
    MP_ASSIGN(loaded, state.load(name));
  }
  // A commit beside us may remove what was read about: then the newer version is looked at.
  for (int attempt = 0;; ++attempt) {
    const TableStatePtr version = *loaded;
    TableCheck check(pond, version, options, context);
    MP_TRY(check.run());
    MP_ASSIGN(loaded, state.load(name));
    if (!check.problems().empty() && (*loaded)->metadata_location != version->metadata_location && attempt < 3)
      continue;
    check.count(report);
    std::vector<Problem> found = check.problems();
    if (options.repair && !found.empty()) {
      MP_TRY(repair_table(pond, name, options, found, report.build_needed, context));
    }
    for (Problem& problem : found) report.problems.push_back(std::move(problem));
    return {};
  }
}

/// What other engines made beside `main`. Damage is theirs to repair; files that nothing names can go.
Status check_other(const EntryName& name, const std::shared_ptr<PondState>& pond, const CheckOptions& options,
                   CheckReport& report, Context& context) {
  const std::string full = name.name_space + "." + name.name;
  Result<TableStatePtr> loaded = load_other(*pond, name);
  if (!loaded.ok() && loaded.status().code() == Code::kUnsupported) return {};  // counted neither sound nor damaged
  if (!loaded.ok()) {
    report.problems.push_back({.kind = Problem::Kind::kCatalog, .table = full, .what = loaded.status().message()});
    return {};
  }
  TableCheck check(pond, *loaded, options, context);
  MP_TRY(check.run());
  ++report.tables;
  check.count(report);
  for (Problem problem : check.problems()) {
    if (problem.damage()) {
      problem.repair = "the engine that writes this table can drop or rewrite it through the catalog";
    } else if (options.repair) {
      MP_TRY(remove_file(problem.path));
      problem.repaired = true;
      problem.repair = "removed";
    }
    report.problems.push_back(std::move(problem));
  }
  return {};
}

}  // namespace

Result<CheckReport> check_pond(const Pond& pond, const CheckOptions& options, Context& context) {
  CheckReport report;
  // A state of its own: what is cached was right once, which says nothing about the files now.
  MP_ASSIGN(const auto fresh, open_state(pond.root()));
  MP_ASSIGN(const std::vector<std::string> names, fresh->catalog->tables());
  MP_ASSIGN(const std::vector<EntryName> others, other_tables(pond.root()));
  for (const std::string& wanted : options.tables) {
    const bool other = std::any_of(others.begin(), others.end(),
                                   [&](const EntryName& name) { return name.name_space + "." + name.name == wanted; });
    if (!other && std::find(names.begin(), names.end(), wanted) == names.end())
      return not_found("no such table: ", wanted);
  }
  for (const std::string& name : names) {
    if (!options.tables.empty() &&
        std::find(options.tables.begin(), options.tables.end(), name) == options.tables.end())
      continue;
    ++report.tables;
    MP_TRY(check_one(name, fresh, options, report, context));
  }
  for (const EntryName& name : others) {
    const std::string full = name.name_space + "." + name.name;
    if (options.tables.empty() || std::find(options.tables.begin(), options.tables.end(), full) != options.tables.end())
      MP_TRY(check_other(name, fresh, options, report, context));
  }
  return report;
}

}  // namespace millpond::pond
