// The rows whose vectors are nearest to given ones.

#include <nanobind/ndarray.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include "millpond/index/row_filter.h"
#include "millpond/index/table_index.h"
#include "millpond/row_hash.h"
#include "tables.h"

namespace millpond::python {
namespace {

/// A snapshot of a table with vectors, held open for searches.
struct VectorsHandle {
  std::shared_ptr<PondHandle> pond;
  std::string table;
  std::shared_ptr<index::SegmentCache> cache = std::make_shared<index::SegmentCache>();
  std::shared_ptr<index::TableSearcher> opened;
  std::shared_ptr<index::RowFilter> filter;
};

using Vectors = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

Result<const flow::PlannedTable*> table_with_vectors(const flow::Plan& plan, const std::string& name) {
  for (const flow::PlannedTable& each : plan.tables) {
    if (!name.empty() && each.spec.name != name) continue;
    if (each.index && !each.index->vector.empty()) return &each;
  }
  return not_found("the flow has no index of vectors", name.empty() ? "" : " on table: ", name)
      .hint("Add `vector:` under `indexes:` in pond.yaml.");
}

VectorsHandle open_vectors(const std::shared_ptr<PondHandle>& pond, const std::string& name, const std::string& at) {
  VectorsHandle handle{.pond = pond};
  pond->runtime->run([&](Context& context) -> Status {
    MP_ASSIGN(const flow::Plan plan, pond->plan());
    MP_ASSIGN(const flow::PlannedTable* planned, table_with_vectors(plan, name));
    MP_ASSIGN(const bool there, pond->pond->has_table(planned->spec.name));
    if (!there) return not_found("nothing was built yet: ", planned->spec.name).hint("Run `millpond build` first.");
    MP_ASSIGN(const pond::Table table, pond->pond->table(planned->spec.name));
    handle.table = planned->spec.name;
    std::optional<std::int64_t> snapshot;
    if (!at.empty()) {
      MP_ASSIGN(const pond::Snapshot found, table.snapshot_at(at));
      snapshot = found.id;
    }
    MP_ASSIGN(auto opened, index::open_table(*pond->pond, *planned->index, table, snapshot, *handle.cache, context));
    handle.opened = std::make_shared<index::TableSearcher>(std::move(opened));
    handle.filter =
        std::make_shared<index::RowFilter>(pond->pond, table, handle.opened->snapshot, handle.opened->files);
    return {};
  });
  return handle;
}

nb::object text_or_bytes(const std::string& value) {
  PyObject* text = PyUnicode_DecodeUTF8(value.data(), static_cast<Py_ssize_t>(value.size()), nullptr);
  if (text != nullptr) return nb::steal(text);
  PyErr_Clear();
  return nb::bytes(value.data(), value.size());
}

nb::object to_python(const index::StoredValue& value) {
  struct {
    nb::object operator()(std::monostate) const { return nb::none(); }
    nb::object operator()(bool each) const { return nb::bool_(each); }
    nb::object operator()(std::int64_t each) const { return nb::int_(each); }
    nb::object operator()(double each) const { return nb::float_(each); }
    nb::object operator()(const std::string& each) const { return text_or_bytes(each); }
    nb::object operator()(const std::vector<std::string>& each) const {
      nb::list list;
      for (const std::string& text : each) list.append(text_or_bytes(text));
      return list;
    }
    nb::object operator()(const std::vector<std::int64_t>& each) const {
      nb::list list;
      for (const std::int64_t number : each) list.append(number);
      return list;
    }
  } convert;
  return std::visit(convert, value);
}

nb::dict row_of(const index::SegmentInfo& info, const index::StoredRow& row) {
  nb::dict columns;
  for (std::size_t i = 0; i < info.stored.size() && i < row.size(); ++i) {
    const auto* text = std::get_if<std::string>(&row[i]);
    const bool key = text != nullptr && (info.stored[i] == "_row" || info.stored[i] == "_parent");
    columns[info.stored[i].c_str()] = key ? nb::cast(row_id_from(*text).hex()) : to_python(row[i]);
  }
  return columns;
}

nb::dict find(const VectorsHandle& self, Vectors vectors, int k, const std::string& column, const std::string& where,
              double recall) {
  constexpr const char* kMetrics[] = {"inner_product", "cosine", "l2", "hamming"};
  const index::Searcher& searcher = *self.opened->searcher;
  index::Query query{.vector = {vectors.data(), vectors.data() + vectors.size()}, .vector_column = column, .limit = k};
  query.legs = index::Legs::kVector;
  query.recall = recall;
  struct {
    index::Found found;
    std::vector<index::StoredRow> rows;
  } made;
  self.pond->runtime->run([&](Context& context) -> Status {
    if (k < 1) return invalid("the number of rows must be at least 1: ", k);
    if (!(recall > 0 && recall <= 1)) return invalid("recall must be above 0, at most 1: ", recall);
    if (!where.empty()) {
      MP_ASSIGN(const auto sets, self.filter->rows({.where = where}, context));
      query.where = *sets;
    }
    MP_ASSIGN(made.found, searcher.search(query));
    for (const index::Hit& hit : made.found.hits) {
      MP_ASSIGN(index::StoredRow row, searcher.stored(hit));
      made.rows.push_back(std::move(row));
    }
    return {};
  });
  nb::list hits;
  for (std::size_t i = 0; i < made.rows.size(); ++i) {
    const index::Hit& hit = made.found.hits[i];
    const auto& segment = *searcher.segments()[static_cast<std::size_t>(hit.segment)];
    nb::dict each;
    each["score"] = hit.score;
    each["row"] = row_of(segment.info(), made.rows[i]);
    hits.append(each);
  }
  nb::dict out;
  out["hits"] = hits;
  out["matching"] = made.found.matching;
  for (const index::VectorColumn& known : searcher.vector_columns()) {
    if (!column.empty() && known.name != column) continue;
    out["column"] = known.name;
    out["metric"] = kMetrics[static_cast<std::size_t>(known.metric)];
    break;
  }
  return out;
}

}  // namespace

void bind_nearest(nb::module_& module) {
  nb::class_<VectorsHandle>(module, "Vectors")
      .def_static("open", open_vectors, nb::arg("pond"), nb::arg("table"), nb::arg("at"))
      .def_ro("table", &VectorsHandle::table)
      .def_prop_ro("snapshot", [](const VectorsHandle& self) { return self.opened->snapshot; })
      .def("find", find, nb::arg("vectors"), nb::arg("k"), nb::arg("column"), nb::arg("where"), nb::arg("recall"),
           nb::sig("def find(self, vectors: object, k: int, column: str, where: str, recall: float) -> dict[str, "
                   "typing.Any]"));
}

}  // namespace millpond::python
