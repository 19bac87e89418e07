// Makes and changes tables for the conformance tests, and prints their rows.
//
//   pond_tool make POND                      all tables that the tests read
//   pond_tool rows POND TABLE [SNAPSHOT]     one JSON object a row
//   pond_tool where POND TABLE               the metadata file
//   pond_tool append POND TABLE FIRST COUNT
//   pond_tool delete POND TABLE ID...        by value of `id`
//   pond_tool compact|merge|expire POND TABLE
//   pond_tool lineage POND TABLE             id, row id and last update of each row

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <iostream>
#include <set>
#include <stdexcept>

#include "millpond/pond/data_writer.h"
#include "millpond/pond/maintenance.h"
#include "millpond/pond/pond.h"
#include "millpond/pond/update.h"
#include "pond/file_io.h"
#include "table_values.h"

namespace millpond::pond {
namespace {

void must(const Status& status) {
  if (!status.ok()) throw std::runtime_error(status.to_string());
}
template <class T>
T must(Result<T> result) {
  must(result.status());
  return *std::move(result);
}

Schema every_type() {
  const Field box{"box", list(float32())};
  return {{"id", int64(), true},
          {"flag", boolean()},
          {"small", int32()},
          {"big", int64()},
          {"real", float32()},
          {"wide", float64()},
          {"text", utf8()},
          {"name", utf8(), true},
          {"bytes", binary()},
          {"digest", fixed(16)},
          {"at", timestamp()},
          {"day", date()},
          {"vector", list(float32())},
          {"elements", list(structure({{"kind", utf8()}, {"page", int32()}, box}))},
          {"place", structure({{"page", int32()}, {"inner", structure({{"word", utf8()}})}})},
          {"metadata", map(utf8(), int64())},
          {"deep", list(list(int32()))}};
}

Table append(const Table& table, Context& context, std::int64_t first, std::int64_t count) {
  DataWriter writer(table, {.row_group_bytes = 64 << 10});
  must(writer.write(made_rows(table.schema(), first, count)));
  return must(table.update().append(must(writer.close())).commit(context));
}

Table erase(const Table& table, Context& context, const std::set<std::int64_t>& ids) {
  const std::vector<LiveFile> files = must(table.files());
  auto stream = must(table.read(parts_of(files), {.columns = {"id"}, .with_positions = true}, context));
  std::map<std::int32_t, std::vector<std::int64_t>> dead;
  while (const auto batch = must(stream->next(context))) {
    const auto& id = static_cast<const arrow::Int64Array&>(*(*batch)->column(0));
    const auto& file = static_cast<const arrow::Int32Array&>(*(*batch)->column(1));
    const auto& position = static_cast<const arrow::Int64Array&>(*(*batch)->column(2));
    for (std::int64_t i = 0; i < id.length(); ++i) {
      if (ids.contains(id.Value(i))) dead[file.Value(i)].push_back(position.Value(i));
    }
  }
  Update update = table.update();
  for (auto& [file, positions] : dead)
    update.delete_rows(files[static_cast<std::size_t>(file)].file.path, std::move(positions));
  return must(update.commit(context));
}

std::set<std::int64_t> every(std::int64_t step, std::int64_t end) {
  std::set<std::int64_t> ids;
  for (std::int64_t id = 0; id < end; id += step) ids.insert(id);
  return ids;
}

/// Version 3: deletion vectors, row lineage through deletes, updates and compaction.
void make_v3(Pond& pond, Context& context) {
  Table vectors = must(pond.create_table("vectors", every_type(), {{"format-version", "3"}}));
  for (int i = 0; i < 3; ++i) vectors = append(vectors, context, i * 200, 200);
  vectors = erase(vectors, context, every(7, 600));
  erase(vectors, context, every(11, 600));

  Table moved = must(pond.create_table("moved", {{"id", int64(), true}, {"text", utf8()}}, {{"format-version", "3"}}));
  for (int i = 0; i < 6; ++i) moved = append(moved, context, i * 50, 50);
  moved = erase(moved, context, every(5, 300));
  moved = must([&]() -> Result<Table> {
    MP_ASSIGN(const auto report, compact(moved, {}, context));
    if (report.rows != 240) return internal("compacted rows: ", report.rows);
    return pond.table("moved");
  }());
  append(moved, context, 300, 50);
}

void make(const std::string& path, Context& context) {
  const auto pond = must(Pond::init(path));
  must(pond->create_table("empty", every_type()));
  append(must(pond->create_table("plain", every_type())), context, 0, 500);

  Table deleted = must(pond->create_table("deleted", every_type()));
  for (int i = 0; i < 3; ++i) deleted = append(deleted, context, i * 200, 200);
  deleted = erase(deleted, context, every(7, 600));
  deleted = erase(deleted, context, every(11, 600));

  const Schema first = {{"id", int64(), true},
                        {"count", int32()},
                        {"score", float32()},
                        {"old", utf8()},
                        {"place", structure({{"page", int32()}})}};
  const Schema second = {{"id", int64(), true},
                         {"count", int64()},
                         {"score", float64()},
                         {"place", structure({{"page", int64()}, {"line", int32()}})},
                         {"tags", list(utf8())}};
  Table evolved = append(must(pond->create_table("evolved", first)), context, 0, 100);
  evolved = must(evolved.update().evolve(second).commit(context));
  evolved = append(evolved, context, 100, 100);
  erase(evolved, context, {5, 50, 150});

  Table compacted = must(pond->create_table("compacted", every_type()));
  for (int i = 0; i < 6; ++i) compacted = append(compacted, context, i * 50, 50);
  compacted = erase(compacted, context, every(5, 300));
  must(compact(compacted, {}, context));

  Table many = must(pond->create_table("many", {{"id", int64(), true}, {"text", utf8()}},
                                       {{"commit.manifest.min-count-to-merge", "10"}}));
  for (int i = 0; i < 35; ++i) many = append(many, context, i * 10, 10);
  for (int i = 0; i < 20; ++i) many = erase(many, context, {i * 17});
  make_v3(*pond, context);
}

void print_lineage(const Table& table, Context& context) {
  ScanOptions options;
  options.columns = {"id"};
  options.with_lineage = true;
  auto stream = must(table.scan(options, context));
  while (const auto batch = must(stream->next(context))) {
    for (std::int64_t row = 0; row < (*batch)->num_rows(); ++row) std::cout << row_json(**batch, row) << '\n';
  }
}

void print(const Table& table, Context& context, std::optional<std::int64_t> snapshot) {
  ScanOptions options;
  options.snapshot = snapshot;
  auto stream = must(table.scan(options, context));
  while (const auto batch = must(stream->next(context))) {
    for (std::int64_t row = 0; row < (*batch)->num_rows(); ++row) std::cout << row_json(**batch, row) << '\n';
  }
}

void run(const std::vector<std::string>& words) {
  Context context;
  const std::string& what = words.at(0);
  if (what == "make") return make(words.at(1), context);
  if (what == "copy") return must(copy_file(words.at(1), words.at(2)));
  const auto pond = must(Pond::open(words.at(1)));
  const Table table = must(pond->table(words.at(2)));
  if (what == "rows") {
    print(table, context, words.size() > 3 ? std::optional(std::stoll(words[3])) : std::nullopt);
  } else if (what == "lineage") {
    print_lineage(table, context);
  } else if (what == "where") {
    std::cout << table.metadata_location() << '\n';
  } else if (what == "append") {
    append(table, context, std::stoll(words.at(3)), std::stoll(words.at(4)));
  } else if (what == "delete") {
    std::set<std::int64_t> ids;
    for (std::size_t i = 3; i < words.size(); ++i) ids.insert(std::stoll(words[i]));
    erase(table, context, ids);
  } else if (what == "compact") {
    must(compact(table, {}, context));
  } else if (what == "merge") {
    must(merge_manifests(table, context));
  } else if (what == "expire") {
    must(expire_snapshots(table, {}, context));
  } else {
    throw std::runtime_error("unknown command: " + what);
  }
}

}  // namespace
}  // namespace millpond::pond

int main(int argc, char** argv) {
  try {
    millpond::pond::run(std::vector<std::string>(argv + 1, argv + argc));
    return 0;
  } catch (const std::exception& problem) {
    std::cerr << "pond_tool: " << problem.what() << '\n';
    return 1;
  }
}
