// Tables: reading, writing, history.

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>

#include "arrow_edge.h"
#include "core/take.h"
#include "filter.h"
#include "millpond/pond/data_writer.h"
#include "millpond/pond/lookup.h"
#include "millpond/pond/maintenance.h"
#include "millpond/pond/update.h"
#include "normal_types.h"
#include "tables.h"

namespace millpond::python {

nb::dict to_python(const pond::Snapshot& snapshot) {
  nb::dict each;
  each["id"] = snapshot.id;
  each["parent"] = snapshot.parent;
  each["timestamp_ms"] = snapshot.timestamp_ms;
  each["operation"] = snapshot.operation;
  each["summary"] = snapshot.summary;
  return each;
}

namespace {

/// The rows that a filter takes; then only the columns that were asked for.
class Filtered final : public Stream {
 public:
  Filtered(std::unique_ptr<Stream> stream, Filter filter, int columns)
      : stream_(std::move(stream)), filter_(std::move(filter)), columns_(columns) {
    ArrowSchema all = stream_->schema();
    schema_ = arrow::schema(arrow::FieldVector(all->fields().begin(), all->fields().begin() + columns_));
  }
  ArrowSchema schema() const override { return schema_; }
  Result<std::optional<Batch>> next(Context& context) override {
    while (true) {
      MP_ASSIGN(const std::optional<Batch> batch, stream_->next(context));
      if (!batch) return std::optional<Batch>();
      MP_TRY(context.check());
      MP_ASSIGN(const auto rows, filter_.matching(*batch));
      if (rows.empty()) continue;
      const auto& all = (*batch)->columns();
      std::vector<std::shared_ptr<arrow::Array>> shown(all.begin(), all.begin() + columns_);
      Batch wanted = arrow::RecordBatch::Make(schema_, (*batch)->num_rows(), std::move(shown));
      if (static_cast<std::int64_t>(rows.size()) == wanted->num_rows()) return std::optional<Batch>(std::move(wanted));
      MP_ASSIGN(Batch taken, take(wanted, rows));
      return std::optional<Batch>(std::move(taken));
    }
  }

 private:
  std::unique_ptr<Stream> stream_;
  Filter filter_;
  int columns_;
  ArrowSchema schema_;
};

Status check_columns(const pond::Table& table, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (find_field(table.schema(), name)) continue;
    std::string there;
    for (const Field& each : table.schema()) there += (there.empty() ? "" : ", ") + each.name;
    return not_found("table ", table.name(), " has no column: ", name).hint("There are: " + there + ".");
  }
  return {};
}

std::shared_ptr<RowStream> scan(const TableHandle& self, const std::vector<std::string>& columns, nb::object filter,
                                const std::string& at, std::int64_t batch_rows) {
  const std::shared_ptr<Context> context = self.pond->runtime->context();
  check(check_columns(self.table, columns));
  pond::ScanOptions options;
  options.columns = columns;
  options.batch_rows_max = batch_rows;
  if (!at.empty()) options.snapshot = value(self.table.snapshot_at(at)).id;
  std::optional<Filter> condition;
  if (!filter.is_none()) {
    condition = Filter::from_python(filter);
    check(condition->check(self.table.schema()));
    std::set<std::string> names;
    condition->columns(names);
    if (!columns.empty()) {
      for (const std::string& name : names) {
        if (std::find(columns.begin(), columns.end(), name) == columns.end()) options.columns.push_back(name);
      }
    }
  }
  std::unique_ptr<Stream> stream;
  {
    const nb::gil_scoped_release release;
    auto made = self.table.scan(options, *context);
    const nb::gil_scoped_acquire acquire;
    stream = value(std::move(made));
  }
  if (condition) {
    const int wanted = columns.empty() ? stream->schema()->num_fields() : static_cast<int>(columns.size());
    stream = std::make_unique<Filtered>(std::move(stream), *std::move(condition), wanted);
  }
  return std::make_shared<RowStream>(std::move(stream), context, std::make_shared<pond::Table>(self.table));
}

/// Rows by their place among the live ones, from 0, in the order asked.
std::shared_ptr<RowStream> take(const TableHandle& self, const std::vector<std::int64_t>& places,
                                const std::vector<std::string>& columns, const std::string& at) {
  check(check_columns(self.table, columns));
  pond::LookupOptions options;
  options.columns = columns;
  if (!at.empty()) options.snapshot = value(self.table.snapshot_at(at)).id;
  const Batch batch = self.pond->runtime->run(
      [&](Context& context) -> Result<Batch> { return pond::take(self.table, places, options, context); });
  return std::make_shared<RowStream>(
      stream_of(batch->schema(), batch->num_rows() > 0 ? std::vector<Batch>{batch} : std::vector<Batch>()),
      self.pond->runtime->context(), std::make_shared<pond::Table>(self.table));
}

Result<std::vector<pond::DataFile>> write_files(const pond::Table& table, Stream& rows, Context& context) {
  pond::DataWriter writer(table);
  while (true) {
    MP_TRY(context.check());
    MP_ASSIGN(const std::optional<Batch> batch, rows.next(context));
    if (!batch) return writer.close();
    MP_TRY(writer.write(*batch));
  }
}

/// Appends the rows, or puts them in the place of all that are there. Returns how many.
std::int64_t write(TableHandle& self, nb::object source, bool replace) {
  const std::unique_ptr<Stream> rows = fitted_to(self.table.arrow_schema(), stream_from(source));
  std::int64_t count = 0;
  self.pond->runtime->run([&](Context& context) -> Status {
    MP_ASSIGN(auto files, write_files(self.table, *rows, context));
    for (const pond::DataFile& file : files) count += file.rows;
    if (files.empty() && !replace) return {};
    pond::Update update = self.table.update();
    if (replace)
      update.replace_all(std::move(files));
    else
      update.append(std::move(files));
    MP_ASSIGN(self.table, update.commit(context));
    return {};
  });
  return count;
}

/// Deletes the rows that the filter takes. Returns how many.
std::int64_t delete_rows(TableHandle& self, nb::object form) {
  const Filter filter = Filter::from_python(form);
  check(filter.check(self.table.schema()));
  std::set<std::string> names;
  filter.columns(names);
  std::int64_t count = 0;
  self.pond->runtime->run([&](Context& context) -> Status {
    MP_ASSIGN(const auto live, self.table.files());
    const auto parts = pond::parts_of(live);
    if (parts.empty()) return {};
    pond::ReadOptions options;
    options.columns.assign(names.begin(), names.end());
    options.with_positions = true;
    MP_ASSIGN(const auto rows, self.table.read(parts, options, context));
    std::map<std::int32_t, std::vector<std::int64_t>> positions;
    while (true) {
      MP_ASSIGN(const std::optional<Batch> batch, rows->next(context));
      if (!batch) break;
      MP_ASSIGN(const auto taken, filter.matching(*batch));
      const auto files = std::static_pointer_cast<arrow::Int32Array>((*batch)->GetColumnByName("_file"));
      const auto places = std::static_pointer_cast<arrow::Int64Array>((*batch)->GetColumnByName("_pos"));
      for (const std::int64_t row : taken) positions[files->Value(row)].push_back(places->Value(row));
      count += static_cast<std::int64_t>(taken.size());
    }
    if (count == 0) return {};
    pond::Update update = self.table.update();
    for (auto& [file, rows_of] : positions)
      update.delete_rows(parts[static_cast<std::size_t>(file)].file.path, std::move(rows_of));
    MP_ASSIGN(self.table, update.commit(context));
    return {};
  });
  return count;
}

nb::dict maintain(TableHandle& self, std::int64_t keep_snapshots, double keep_days, double orphan_hours) {
  nb::dict report;
  pond::CompactReport compacted;
  pond::ExpireReport expired;
  pond::OrphanReport orphans;
  const auto hours = [](double count) { return std::chrono::milliseconds(static_cast<std::int64_t>(count * 3600e3)); };
  self.pond->runtime->run([&](Context& context) -> Status {
    MP_ASSIGN(compacted, pond::compact(self.table, {}, context));
    MP_ASSIGN(self.table, self.pond->pond->table(self.table.name()));
    MP_ASSIGN(expired, pond::expire_snapshots(self.table, {keep_snapshots, hours(keep_days * 24)}, context));
    MP_ASSIGN(self.table, self.pond->pond->table(self.table.name()));
    MP_ASSIGN(orphans, pond::remove_orphans(self.table, hours(orphan_hours), context));
    return {};
  });
  report["files_before"] = compacted.files_before;
  report["files_after"] = compacted.files_after;
  report["snapshots_expired"] = expired.snapshots;
  report["files_removed"] = expired.files + orphans.files;
  report["size_bytes_freed"] = expired.size_bytes + orphans.size_bytes;
  return report;
}

}  // namespace

void bind_table(nb::module_& module) {
  nb::class_<TableHandle>(module, "Table")
      .def_prop_ro("name", [](const TableHandle& self) { return self.table.name(); })
      .def_prop_ro("location", [](const TableHandle& self) { return self.table.location(); })
      .def_prop_ro("metadata_location", [](const TableHandle& self) { return self.table.metadata_location(); })
      .def_prop_ro("properties", [](const TableHandle& self) { return self.table.properties(); })
      .def_prop_ro(
          "schema", [](const TableHandle& self) { return to_python(self.table.schema()); },
          nb::sig("def schema(self) -> list[tuple[str, str, bool]]"))
      .def("refresh", [](TableHandle& self) { self.table = value(self.pond->pond->table(self.table.name())); })
      .def(
          "rows",
          [](const TableHandle& self, const std::string& at) {
            std::optional<std::int64_t> snapshot;
            if (!at.empty()) snapshot = value(self.table.snapshot_at(at)).id;
            return value(self.table.rows(snapshot));
          },
          nb::arg("at"))
      .def(
          "files",
          [](const TableHandle& self) {
            nb::list files;
            for (const pond::LiveFile& live : value(self.table.files())) {
              nb::dict each;
              each["path"] = live.file.path;
              each["rows"] = live.live_rows();
              each["size_bytes"] = live.file.size_bytes;
              files.append(each);
            }
            return files;
          },
          nb::sig("def files(self) -> list[dict[str, typing.Any]]"))
      .def("current", [](const TableHandle& self) { return self.table.current_id(); })
      .def(
          "snapshots",
          [](const TableHandle& self) {
            nb::list list;
            for (const pond::Snapshot& snapshot : self.table.snapshots()) list.append(to_python(snapshot));
            return list;
          },
          nb::sig("def snapshots(self) -> list[dict[str, typing.Any]]"))
      .def("scan", scan, nb::arg("columns"), nb::arg("filter").none(), nb::arg("at"), nb::arg("batch_rows"),
           nb::sig("def scan(self, columns: list[str], filter: tuple[object, ...] | None, at: str, batch_rows: int) -> "
                   "RowStream"))
      .def("take", take, nb::arg("places"), nb::arg("columns"), nb::arg("at"))
      .def("write", write, nb::arg("source"), nb::arg("replace"),
           nb::sig("def write(self, source: object, replace: bool) -> int"))
      .def("delete", delete_rows, nb::arg("filter"), nb::sig("def delete(self, filter: tuple[object, ...]) -> int"))
      .def("maintain", maintain, nb::arg("keep_snapshots"), nb::arg("keep_days"), nb::arg("orphan_hours"),
           nb::sig("def maintain(self, keep_snapshots: int, keep_days: float, orphan_hours: float) -> dict[str, int]"));
}

}  // namespace millpond::python
