#include "operations.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <stdexcept>

#include "millpond/pond/branches.h"
#include "millpond/pond/check.h"
#include "millpond/pond/data_writer.h"
#include "millpond/pond/maintenance.h"
#include "millpond/pond/update.h"

namespace millpond::sim {
namespace {

using pond::Pond;
using pond::Table;

constexpr const char* kTables[] = {"notes", "ledger"};  // of version 2 and 3
constexpr std::size_t kVersion3 = 1;
constexpr const char* kBranch = "trial";

template <class T>
T must(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.status().to_string());
  return *std::move(result);
}
void must(const Status& status) {
  if (!status.ok()) throw std::runtime_error(status.to_string());
}

Batch rows_of(const std::vector<std::int64_t>& ids) {
  arrow::Int64Builder numbers;
  arrow::StringBuilder texts;
  for (const std::int64_t id : ids) {
    must(numbers.Append(id).ok() && texts.Append("row " + std::to_string(id)).ok() ? Status() : internal("builder"));
  }
  return arrow::RecordBatch::Make(
      arrow::schema({arrow::field("id", arrow::int64(), false), arrow::field("text", arrow::utf8())}),
      static_cast<std::int64_t>(ids.size()), {*numbers.Finish(), *texts.Finish()});
}

Result<std::vector<pond::DataFile>> write_rows(const Table& table, const std::vector<std::int64_t>& ids) {
  pond::DataWriter writer(table);
  MP_TRY(writer.write(rows_of(ids)));
  return writer.close();
}

const arrow::Int64Array& numbers(const Batch& batch, const char* name) {
  return static_cast<const arrow::Int64Array&>(*batch->GetColumnByName(name));
}

}  // namespace

void Totals::add(const Totals& other) {
  operations += other.operations, done += other.done, conflicts += other.conflicts, failures += other.failures;
  deaths += other.deaths, unclear += other.unclear, scans += other.scans, switches += other.switches;
}

std::string Totals::text() const {
  char out[240];
  std::snprintf(out, sizeof out,
                "%lld operations: %lld done, %lld conflicts, %lld failed, %lld died (%lld of them unclear until looked "
                "at), %lld scans, %lld switches",
                static_cast<long long>(operations), static_cast<long long>(done), static_cast<long long>(conflicts),
                static_cast<long long>(failures), static_cast<long long>(deaths), static_cast<long long>(unclear),
                static_cast<long long>(scans), static_cast<long long>(switches));
  return out;
}

void Pool::fail(std::string what) {
  if (failure.empty()) failure = std::move(what);
}

void Pool::set_up() {
  const auto made = must(Pond::init(folder));
  Context context;
  model.tables.resize(std::size(kTables));
  for (std::size_t i = 0; i < std::size(kTables); ++i) {
    const Table table = must(made->create_table(kTables[i], {{"id", int64(), true}, {"text", utf8()}},
                                                {{"format-version", i == kVersion3 ? "3" : "2"}}));
    std::vector<std::int64_t> ids;
    for (int row = 0; row < 5; ++row) ids.push_back(next_id++);
    must(table.update().append(must(write_rows(table, ids))).commit(context).status());
    model.tables[i].main.insert(ids.begin(), ids.end());
  }
}

void Pool::check_row_ids(const Batch& batch, const std::string& what) {
  const auto &ids = numbers(batch, "id"), &row_id = numbers(batch, "_row_id");
  for (std::int64_t row = 0; row < ids.length(); ++row) {
    const auto [known, is_new] = row_ids.emplace(ids.Value(row), row_id.Value(row));
    if (is_new || known->second == row_id.Value(row)) continue;
    fail(what + ": row " + std::to_string(ids.Value(row)) + " had the row id " + std::to_string(known->second) +
         " and has " + std::to_string(row_id.Value(row)));
  }
}

Ids Pool::read_line(const Table& table, std::optional<std::int64_t> snapshot, const std::string& what) {
  Ids out;
  if (!snapshot) return out;
  Context context;
  pond::ScanOptions options;
  options.snapshot = snapshot;
  options.threads = 1;
  options.with_lineage = table.format_version() >= 3;
  const auto stream = must(table.scan(options, context));
  while (const auto batch = must(stream->next(context))) {
    if (options.with_lineage) check_row_ids(*batch, what);
    const auto& ids = numbers(*batch, "id");
    for (std::int64_t row = 0; row < ids.length(); ++row) {
      if (!out.insert(ids.Value(row)).second) fail(what + ": a row is there twice: " + std::to_string(ids.Value(row)));
    }
  }
  return out;
}

Model Pool::read() {
  Model found;
  const auto main = must(Pond::open(folder));
  for (const char* name : kTables) {
    const Table table = must(main->table(name));
    ModelTable lines;
    lines.main = read_line(table, table.current_id(), name);
    for (const pond::Ref& ref : pond::refs(table)) {
      if (ref.name == "main") continue;
      Ids line = read_line(table, ref.snapshot_id, std::string(name) + " at " + ref.name);
      if (ref.is_tag)
        lines.tags[ref.name] = std::move(line);
      else
        lines.branch = std::move(line), lines.has_branch = true;
    }
    const auto base = table.properties().find("millpond.branch." + std::string(kBranch) + ".base");
    if (base != table.properties().end()) {
      lines.base = read_line(table, std::stoll(base->second), std::string(name) + " at the branch's base");
    }
    found.tables.push_back(std::move(lines));
  }
  return found;
}

namespace {

/// Where two states differ, for a person.
std::string differences(const Model& wanted, const Model& found) {
  std::string out;
  const auto compare = [&](const std::string& what, const Ids& a, const Ids& b) {
    for (const std::int64_t id : a)
      if (!b.contains(id)) out += "; " + what + " lacks " + std::to_string(id);
    for (const std::int64_t id : b)
      if (!a.contains(id)) out += "; " + what + " has " + std::to_string(id);
  };
  for (std::size_t i = 0; i < wanted.tables.size(); ++i) {
    const std::string name = kTables[i];
    const ModelTable &a = wanted.tables[i], &b = found.tables[i];
    compare(name, a.main, b.main);
    compare(name + " on the branch", a.branch, b.branch);
    compare(name + " at the branch's base", a.base, b.base);
    if (a.has_branch != b.has_branch) out += "; " + name + (b.has_branch ? " has a branch" : " lacks its branch");
    if (a.tags != b.tags) out += "; " + name + " has other tags";
  }
  return out;
}

}  // namespace

void Pool::verify_end() {
  Context context;
  const Model found = read();
  if (!(found == model)) {
    return fail("at the end the tables do not hold what the operations left" + differences(model, found));
  }
  const auto main = must(Pond::open(folder));
  for (const char* name : kTables) {
    must(pond::expire_snapshots(must(main->table(name)), {}, context));
    must(pond::remove_orphans(must(main->table(name)), std::chrono::milliseconds(0), context));
  }
  const auto report = must(pond::check_pond(*main, {}, context));
  for (const pond::Problem& problem : report.problems) fail("check: " + problem.what + ": " + problem.path);
  if (!(read() == model)) fail("expiry and the removal of orphans took rows away");
}

Result<std::shared_ptr<Pond>> Process::open(bool branch) {
  std::shared_ptr<Pond>& pond = ponds_[branch];
  if (pond) return pond;
  MP_ASSIGN(auto opened, Pond::open(pool_.folder));
  if (branch) { MP_ASSIGN(opened, pond::open_branch(*opened, kBranch)); }
  pond = std::move(opened);
  return pond;
}

Outcome Process::operate() {
  ++pool_.totals.operations;
  return draw(world_.random(20));
}

Outcome Process::draw(std::uint64_t which) {
  if (which < 4) return append(false, false);
  if (which < 6) return append(true, false);
  if (which < 8) return append(false, true);
  if (which < 11) return remove();
  if (which < 13) return scan();
  if (which < 14) return stage_and_leave();
  if (which < 17) return maintain(world_.random(4));
  return branch_work(world_.random(6));
}

namespace {

void add(Model& model, std::size_t table, bool branch, const std::vector<std::int64_t>& ids, std::int64_t gone) {
  ModelTable& lines = model.tables[table];
  Ids& line = branch ? lines.branch : lines.main;
  line.insert(ids.begin(), ids.end());
  line.erase(gone);
}

/// A live row: its file, position and id. Nothing if the table is empty.
struct LiveRow {
  std::string file;
  std::int64_t position = 0, id = -1;
};
Result<LiveRow> draw_row(const Table& table, World& world, Context& context) {
  MP_ASSIGN(const auto files, table.files());
  const auto parts = pond::parts_of(files);
  pond::ReadOptions options;
  options.columns = {"id"};
  options.with_positions = true;
  options.threads = 1;
  std::vector<LiveRow> rows;
  MP_ASSIGN(const auto stream, table.read(parts, options, context));
  while (true) {
    MP_ASSIGN(const auto batch, stream->next(context));
    if (!batch) break;
    const auto& file = static_cast<const arrow::Int32Array&>(*(*batch)->GetColumnByName("_file"));
    for (std::int64_t row = 0; row < file.length(); ++row) {
      rows.push_back({parts[static_cast<std::size_t>(file.Value(row))].file.path, numbers(*batch, "_pos").Value(row),
                      numbers(*batch, "id").Value(row)});
    }
  }
  return rows.empty() ? LiveRow() : rows[world.random(rows.size())];
}

}  // namespace

Outcome Process::append(bool both, bool replace) {
  const bool branch = draw_branch();
  Outcome outcome{both ? "append to both" : replace ? "replace a row" : "append", {}};
  std::vector<std::size_t> tables = {world_.random(2)};
  if (both) tables = {0, 1};
  std::vector<std::int64_t> ids;
  for (std::uint64_t i = 0, count = 1 + world_.random(4); i < count; ++i) ids.push_back(pool_.next_id++);
  LiveRow old;
  outcome.status = [&]() -> Status {
    MP_ASSIGN(const auto pond, open(branch));
    std::vector<pond::Update> updates;
    for (const std::size_t index : tables) {
      MP_ASSIGN(const Table table, pond->table(kTables[index]));
      pond::Update update = table.update();
      if (replace) { MP_ASSIGN(old, draw_row(table, world_, context_)); }
      if (old.id >= 0) update.delete_rows(old.file, {old.position});
      MP_ASSIGN(auto files, write_rows(table, ids));
      update.append(std::move(files));
      updates.push_back(std::move(update));
    }
    return pond::commit_all(updates, context_).status();
  }();
  outcome.effect = [=](Model& model) {
    for (const std::size_t index : tables) add(model, index, branch, ids, old.id);
  };
  return outcome;
}

Outcome Process::remove() {
  const bool branch = draw_branch();
  const std::size_t index = world_.random(2);
  Outcome outcome{"delete a row", {}};
  LiveRow row;
  outcome.status = [&]() -> Status {
    MP_ASSIGN(const auto pond, open(branch));
    MP_ASSIGN(const Table table, pond->table(kTables[index]));
    MP_ASSIGN(row, draw_row(table, world_, context_));
    if (row.id < 0) return {};
    return table.update().delete_rows(row.file, {row.position}).commit(context_).status();
  }();
  outcome.effect = [=](Model& model) { add(model, index, branch, {}, row.id); };
  return outcome;
}

/// Reads file by file, while the others go on: what comes is the snapshot that it began with.
Outcome Process::scan() {
  const bool branch = draw_branch();
  const std::size_t index = world_.random(2);
  Outcome outcome{"scan", {}};
  ++pool_.totals.scans;
  std::optional<Table> table;
  Ids wanted, found;
  world_.alone([&] {
    table = must(must(open(branch))->table(kTables[index]));
    const ModelTable& lines = pool_.model.tables[index];
    wanted = branch ? lines.branch : lines.main;
  });
  outcome.status = [&]() -> Status {
    MP_ASSIGN(const auto files, table->files());
    for (const pond::FilePart& part : pond::parts_of(files)) {
      world_.nap();
      pond::ReadOptions options;
      options.columns = {"id"};
      options.threads = 1;
      MP_ASSIGN(const auto stream, table->read(std::span(&part, 1), options, context_));
      while (true) {
        MP_ASSIGN(const auto batch, stream->next(context_));
        if (!batch) break;
        const auto& ids = numbers(*batch, "id");
        for (std::int64_t row = 0; row < ids.length(); ++row) {
          if (!found.insert(ids.Value(row)).second) pool_.fail("a scan sees a row twice");
        }
      }
    }
    return {};
  }();
  // Expiry may take a snapshot away under a reader; then it is told so.
  if (outcome.status.ok() && !world_.dead() && found != wanted) pool_.fail("a scan does not see one snapshot");
  return outcome;
}

/// A client that writes files and is never heard of again.
Outcome Process::stage_and_leave() {
  Outcome outcome{"stage and leave", {}};
  outcome.status = [&]() -> Status {
    MP_ASSIGN(const auto pond, open(false));
    MP_ASSIGN(const Table table, pond->table(kTables[world_.random(2)]));
    return write_rows(table, {-1, -2}).status();
  }();
  return outcome;
}

Outcome Process::maintain(std::uint64_t which) {
  constexpr const char* kNames[] = {"compact", "expire", "merge manifests", "remove orphans"};
  Outcome outcome{kNames[which], {}};
  const bool branch = which == 0 && draw_branch();
  world_.unordered();
  outcome.status = [&]() -> Status {
    MP_ASSIGN(const auto pond, open(branch));
    MP_ASSIGN(const Table table, pond->table(kTables[world_.random(2)]));
    switch (which) {
      case 0: return pond::compact(table, {}, context_).status();
      case 1: {
        const auto keep = static_cast<std::int64_t>(1 + world_.random(3));
        return pond::expire_snapshots(table, {.keep_last = keep}, context_).status();
      }
      case 2: return pond::merge_manifests(table, context_).status();
      default: return pond::remove_orphans(table, std::chrono::hours(1), context_).status();
    }
  }();
  return outcome;
}

Outcome Process::branch_work(std::uint64_t which) {
  Outcome outcome{"tag", {}};
  const std::string tag = "tag" + std::to_string(pool_.next_tag);
  std::vector<pond::TableMerge> report;
  const bool there = pool_.model.tables[0].has_branch;
  if (which == 0) {
    ++pool_.next_tag;
    outcome.effect = [=](Model& model) {
      for (ModelTable& table : model.tables) table.tags[tag] = table.main;
    };
  } else if (!there) {
    outcome.name = "branch";
    outcome.effect = [](Model& model) {
      for (ModelTable& table : model.tables) table.branch = table.base = table.main, table.has_branch = true;
    };
  } else {
    outcome.name = which < 4 ? "merge" : "update the branch";
    outcome.effect = [=](Model& model) { which < 4 ? model.merge() : model.update(); };
  }
  outcome.status = [&]() -> Status {
    MP_ASSIGN(const auto pond, open(false));
    if (which == 0) return pond::create_pond_ref(*pond, tag, true, "", context_).status();
    if (!there) return pond::create_pond_ref(*pond, kBranch, false, "", context_).status();
    const pond::MergeOptions options;
    return which < 4 ? pond::merge_branch(*pond, kBranch, options, report, context_)
                     : pond::update_branch(*pond, kBranch, options, report, context_);
  }();
  return outcome;
}

void Process::settle(const Outcome& outcome, bool alive) {
  const Status& status = outcome.status;
  if (verbose_) {
    std::printf("%d %s: %s%s\n", actor_, outcome.name.c_str(), status.ok() ? "done" : status.message().c_str(),
                alive ? "" : " (died)");
  }
  if (!alive) ponds_.clear();
  const bool unknown = !alive || status.message().find("outcome is unknown") != std::string::npos;
  if (!unknown) {
    if (status.ok())
      ++pool_.totals.done, outcome.effect(pool_.model);
    else
      ++(status.code() == Code::kConflict ? pool_.totals.conflicts : pool_.totals.failures);
    return;
  }
  ++pool_.totals.deaths;
  const Model found = pool_.read();
  if (found == pool_.model) return;
  ++pool_.totals.unclear;
  outcome.effect(pool_.model);
  if (found == pool_.model) return;
  pool_.fail("after a death in '" + outcome.name + "' the tables are neither old nor new" +
             differences(pool_.model, found));
}

}  // namespace millpond::sim
