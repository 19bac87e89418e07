#include "arrow_edge.h"

#include <arrow/c/abi.h>
#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include "core/arrow_status.h"
#include "normal_types.h"

namespace millpond::python {
namespace {

/// Our stream, as Arrow's own readers see it.
class Reader final : public arrow::RecordBatchReader {
 public:
  explicit Reader(std::shared_ptr<RowStream> rows) : rows_(std::move(rows)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return rows_->schema(); }
  arrow::Status ReadNext(Batch* batch) override {
    auto next = rows_->next();
    if (!next.ok()) {
      const Status status = std::move(next).status();
      if (status.code() == Code::kCancelled) return arrow::Status::Cancelled(status.to_string());
      return arrow::Status::IOError(status.to_string());
    }
    *batch = *next ? std::move(**next) : nullptr;
    return arrow::Status::OK();
  }

 private:
  std::shared_ptr<RowStream> rows_;
};

template <class T>
void release_capsule(PyObject* capsule) {
  const char* name = PyCapsule_GetName(capsule);
  auto* held = static_cast<T*>(PyCapsule_GetPointer(capsule, name));
  if (!held) return PyErr_Clear();
  if (held->release) held->release(held);
  delete held;
}

template <class T>
nb::object capsule_of(std::unique_ptr<T> held, const char* name) {
  PyObject* capsule = PyCapsule_New(held.get(), name, release_capsule<T>);
  if (!capsule) throw nb::python_error();
  held.release();
  return nb::steal(capsule);
}

template <class T>
T* pointer_in(nb::handle capsule, const char* name) {
  auto* held = static_cast<T*>(PyCapsule_GetPointer(capsule.ptr(), name));
  if (!held) throw nb::python_error();
  return held;
}

nb::object export_stream(const std::shared_ptr<RowStream>& rows) {
  auto held = std::make_unique<ArrowArrayStream>();
  held->release = nullptr;
  check(from_arrow(arrow::ExportRecordBatchReader(std::make_shared<Reader>(rows), held.get())));
  return capsule_of(std::move(held), "arrow_array_stream");
}

nb::object export_schema(const arrow::Schema& schema) {
  auto held = std::make_unique<::ArrowSchema>();
  held->release = nullptr;
  check(from_arrow(arrow::ExportSchema(schema, held.get())));
  return capsule_of(std::move(held), "arrow_schema");
}

nb::tuple export_batch(const arrow::RecordBatch& batch) {
  auto array = std::make_unique<::ArrowArray>();
  auto schema = std::make_unique<::ArrowSchema>();
  array->release = nullptr;
  schema->release = nullptr;
  check(from_arrow(arrow::ExportRecordBatch(batch, array.get(), schema.get())));
  return nb::make_tuple(capsule_of(std::move(schema), "arrow_schema"), capsule_of(std::move(array), "arrow_array"));
}

/// Arrow's reader, as our stream.
class Imported final : public Stream {
 public:
  explicit Imported(std::shared_ptr<arrow::RecordBatchReader> reader) : reader_(std::move(reader)) {}
  ArrowSchema schema() const override { return reader_->schema(); }
  Result<std::optional<Batch>> next(Context&) override {
    while (true) {
      Batch batch;
      MP_TRY(from_arrow(reader_->ReadNext(&batch)));
      if (!batch) return std::optional<Batch>();
      if (batch->num_rows() > 0) return std::optional<Batch>(std::move(batch));
    }
  }

 private:
  std::shared_ptr<arrow::RecordBatchReader> reader_;
};

std::unique_ptr<Stream> one_thing(nb::handle source) {
  if (nb::hasattr(source, "__arrow_c_stream__")) {
    const nb::object capsule = source.attr("__arrow_c_stream__")();
    auto reader =
        from_arrow(arrow::ImportRecordBatchReader(pointer_in<::ArrowArrayStream>(capsule, "arrow_array_stream")));
    return std::make_unique<Imported>(value(std::move(reader)));
  }
  if (nb::hasattr(source, "__arrow_c_array__")) {
    const nb::tuple capsules = nb::cast<nb::tuple>(source.attr("__arrow_c_array__")());
    auto batch = from_arrow(arrow::ImportRecordBatch(pointer_in<::ArrowArray>(capsules[1], "arrow_array"),
                                                     pointer_in<::ArrowSchema>(capsules[0], "arrow_schema")));
    Batch rows = value(std::move(batch));
    ArrowSchema schema = rows->schema();
    return stream_of(std::move(schema), {std::move(rows)});
  }
  return nullptr;
}

Status status_of_python(const nb::python_error& error) { return invalid("the rows given raised ", error.what()); }

/// An iterator over things that hold rows. Its first is read at once, for the schema.
class Iterated final : public Stream {
 public:
  explicit Iterated(nb::object iterator) : iterator_(std::move(iterator)) {
    current_ = pull();
    if (current_) schema_ = current_->schema();
  }
  ~Iterated() override {
    const nb::gil_scoped_acquire gil;
    iterator_.reset();
  }
  bool empty() const { return !current_; }
  ArrowSchema schema() const override { return schema_; }
  Result<std::optional<Batch>> next(Context& context) override {
    while (current_) {
      MP_ASSIGN(std::optional<Batch> batch, current_->next(context));
      if (batch) return batch;
      const nb::gil_scoped_acquire gil;
      try {
        current_ = pull();
      } catch (nb::python_error& error) { return status_of_python(error); }
      if (current_ && !current_->schema()->Equals(*schema_)) {
        return invalid("batches have different columns: ", current_->schema()->ToString());
      }
    }
    return std::optional<Batch>();
  }

 private:
  std::unique_ptr<Stream> pull() {
    const nb::object item = nb::steal(PyIter_Next(iterator_.ptr()));
    if (!item.is_valid()) {
      if (PyErr_Occurred()) throw nb::python_error();
      return nullptr;
    }
    auto stream = one_thing(item);
    if (!stream) raise(invalid("not rows in Arrow's form: ", nb::cast<std::string>(nb::repr(item.type()))));
    return stream;
  }

  nb::object iterator_;
  std::unique_ptr<Stream> current_;
  ArrowSchema schema_;
};

}  // namespace

RowStream::RowStream(std::unique_ptr<Stream> stream, std::shared_ptr<Context> context, std::shared_ptr<void> owner)
    : owner_(std::move(owner)), context_(std::move(context)), stream_(std::move(stream)), schema_(stream_->schema()) {}

Result<std::optional<Batch>> RowStream::next() {
  Result<std::optional<Batch>> next = std::optional<Batch>();
  if (!stream_) return next;
  without_gil([&] {
    if (Status status = context_->check(); !status.ok()) {
      next = std::move(status);
      return;
    }
    next = stream_->next(*context_);
    if (!next.ok() || !*next) stream_.reset();
  });
  return next;
}

std::unique_ptr<Stream> stream_from(nb::handle source) {
  if (auto stream = one_thing(source)) return with_normal_types(std::move(stream));
  PyObject* iterator = nb::isinstance<nb::str>(source) ? nullptr : PyObject_GetIter(source.ptr());
  if (!iterator) {
    PyErr_Clear();
    raise(
        invalid("not rows in Arrow's form: ", nb::cast<std::string>(nb::repr(source.type())))
            .hint(
                "Give a table or batches of pyarrow, polars, pandas, DuckDB or millpond, or an iterator of batches."));
  }
  auto stream = std::make_unique<Iterated>(nb::steal(iterator));
  if (stream->empty())
    raise(invalid("no batches were given, so there is no schema").hint("Give at least one, empty or not."));
  return with_normal_types(std::move(stream));
}

void bind_arrow(nb::module_& module) {
  nb::class_<Rows>(module, "Batch", "Rows in memory; any Arrow library takes them by `__arrow_c_array__`.")
      .def(
          "__arrow_c_array__", [](const Rows& self, nb::object) { return export_batch(*self.batch); },
          nb::arg("requested_schema").none() = nb::none(),
          nb::sig("def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]"))
      .def("__arrow_c_schema__", [](const Rows& self) { return export_schema(*self.batch->schema()); })
      .def("__len__", [](const Rows& self) { return self.batch->num_rows(); })
      .def_prop_ro("num_rows", [](const Rows& self) { return self.batch->num_rows(); })
      .def_prop_ro(
          "schema", [](const Rows& self) { return to_python(value(millpond::from_arrow(*self.batch->schema()))); },
          nb::sig("def schema(self) -> list[tuple[str, str, bool]]"))
      .def(
          "to_pylist",
          [](const Rows& self) {
            nb::list rows;
            for (std::int64_t row = 0; row < self.batch->num_rows(); ++row) rows.append(to_python(self.batch, row));
            return rows;
          },
          nb::sig("def to_pylist(self) -> list[dict[str, typing.Any]]"));

  nb::class_<RowStream>(module, "RowStream", "Rows on demand; any Arrow library takes them by `__arrow_c_stream__`.")
      .def(
          "__arrow_c_stream__", [](const std::shared_ptr<RowStream>& self, nb::object) { return export_stream(self); },
          nb::arg("requested_schema").none() = nb::none(),
          nb::sig("def __arrow_c_stream__(self, requested_schema: object | None = None) -> object"))
      .def("__arrow_c_schema__", [](const RowStream& self) { return export_schema(*self.schema()); })
      .def_prop_ro(
          "schema", [](const RowStream& self) { return to_python(value(millpond::from_arrow(*self.schema()))); },
          nb::sig("def schema(self) -> list[tuple[str, str, bool]]"))
      .def(
          "next",
          [](RowStream& self) -> std::optional<Rows> {
            auto batch = value(self.next());
            if (!batch) return std::nullopt;
            return Rows{*std::move(batch)};
          },
          "The next batch, or None at the end.");
  module.def(
      "stream",
      [](nb::object source) { return std::make_shared<RowStream>(stream_from(source), std::make_shared<Context>()); },
      nb::arg("source"), nb::sig("def stream(source: object) -> RowStream"),
      "Rows of anything in Arrow's form, under the engine's types.");
}

}  // namespace millpond::python
