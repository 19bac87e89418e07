#include "runtime.h"

#include <nanobind/stl/string.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <thread>

#include "millpond/extract/worker.h"
#include "millpond/flow/build.h"
#include "millpond/index/table_index.h"
#include "millpond/sql/conditions.h"

namespace millpond::python {
namespace {

using Clock = std::chrono::steady_clock;

/// Hands progress to a Python function, at most ten times a second.
class Reporter final : public Progress {
 public:
  Reporter(nb::object function, Cancel& cancel) : function_(std::move(function)), cancel_(cancel) {}
  ~Reporter() override {
    const nb::gil_scoped_acquire gil;
    function_.reset();
  }
  void begin(std::string_view phase, std::int64_t total) override {
    const std::lock_guard lock(mutex_);
    phase_ = phase;
    total_ = total;
    rows_ = size_bytes_ = 0;
    call({});
  }
  void advance(std::int64_t rows, std::int64_t size_bytes) override {
    const std::lock_guard lock(mutex_);
    rows_ += rows;
    size_bytes_ += size_bytes;
    if (Clock::now() - called_ > std::chrono::milliseconds(100)) call({});
  }
  void end() override {
    const std::lock_guard lock(mutex_);
    call({});
  }
  void note(std::string_view line) override {
    const std::lock_guard lock(mutex_);
    call(line);
  }
  /// What the function raised, if it did. The GIL must be held.
  std::unique_ptr<nb::python_error> take_error() { return std::move(raised_); }

 private:
  void call(std::string_view note) {
    called_ = Clock::now();
    if (raised_) return;
    const nb::gil_scoped_acquire gil;
    try {
      function_(nb::str(phase_.data(), phase_.size()), rows_, total_, size_bytes_,
                note.empty() ? nb::none() : nb::object(nb::str(note.data(), note.size())));
    } catch (nb::python_error& error) {
      raised_ = std::make_unique<nb::python_error>(std::move(error));
      cancel_.request();
    }
  }

  std::mutex mutex_;
  nb::object function_;
  Cancel& cancel_;
  std::string phase_;
  std::int64_t total_ = 0, rows_ = 0, size_bytes_ = 0;
  Clock::time_point called_{};
  std::unique_ptr<nb::python_error> raised_;
};

bool on_main_thread() {
  const nb::object threading = nb::module_::import_("threading");
  return nb::cast<bool>(nb::bool_(threading.attr("current_thread")().is(threading.attr("main_thread")())));
}

/// Waits for `thread`; true if the user wants it to end. The GIL must be held.
class Background {
 public:
  explicit Background(const std::function<void()>& work)
      : thread_([this, work] {
          work();
          const std::lock_guard lock(mutex_);
          done_ = true;
          changed_.notify_all();
        }) {}
  ~Background() {
    const nb::gil_scoped_release release;
    thread_.join();
  }
  /// False after a while, when it is not done.
  bool wait() {
    const nb::gil_scoped_release release;
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::milliseconds(50), [this] { return done_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace

void raise(const Status& status) {
  const std::string_view name = code_name(status.code());
  const nb::object make = nb::module_::import_("millpond._errors").attr("make");
  const nb::object error = make(nb::str(name.data(), name.size()), nb::str(status.message().c_str()),
                                nb::str(status.hint().c_str()), exit_status(status.code()), http_status(status.code()));
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.ptr())), error.ptr());
  throw nb::python_error();
}

void without_gil(const std::function<void()>& work) {
  if (!PyGILState_Check()) return work();
  const nb::gil_scoped_release release;
  work();
}

Runtime::Runtime(int threads, std::int64_t memory_bytes, std::string worker)
    : threads_(threads > 0 ? threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))),
      memory_bytes_(memory_bytes),
      worker_(std::move(worker)) {}

std::shared_ptr<Context> Runtime::context() {
  const std::lock_guard lock(mutex_);
  if (!context_ || context_->cancel().requested()) {
    context_ = std::make_shared<Context>();
    context_->set_threads(threads_);
    context_->set_memory_limit(memory_bytes_);
    context_->provide<flow::Indexing>(index::table_indexing());
    context_->provide(sql::sql_conditions());
    context_->provide(std::make_shared<extract::WorkerPool>(worker_));
  }
  return context_;
}

void Runtime::run_guarded(Context& context, nb::object progress, const std::function<Status()>& work) {
  Reporter* reporter = nullptr;
  if (!progress.is_none()) {
    auto made = std::make_unique<Reporter>(std::move(progress), context.cancel());
    reporter = made.get();
    context.set_progress(std::move(made));
  }
  Status status;
  const auto guarded = [&] {
    try {
      status = work();
    } catch (const std::bad_alloc&) {
      status = exhausted("out of memory").hint("Give less work at once, or a smaller memory budget.");
    } catch (const std::exception& failure) { status = internal("unexpected: ", failure.what()); }
  };
  if (on_main_thread()) {
    std::optional<nb::python_error> signal;
    {
      Background background(guarded);
      while (!background.wait()) {
        if (signal || PyErr_CheckSignals() == 0) continue;
        signal.emplace();  // takes the error that is set
        context.cancel().request();
      }
    }
    if (signal) {
      context.set_progress(std::make_unique<Progress>());
      throw nb::python_error(std::move(*signal));
    }
  } else {
    without_gil(guarded);
  }
  std::unique_ptr<nb::python_error> raised;
  if (reporter) {
    raised = reporter->take_error();
    context.set_progress(std::make_unique<Progress>());
  }
  if (raised) throw nb::python_error(std::move(*raised));
  check(status);
}

void bind_runtime(nb::module_& module) {
  nb::class_<Runtime>(module, "Runtime", "Threads, memory, parsers and models that calls share.")
      .def(nb::init<int, std::int64_t, std::string>(), nb::arg("threads"), nb::arg("memory_bytes"), nb::arg("worker"))
      .def(
          "cancel", [](Runtime& self) { self.context()->cancel().request(); },
          "Stops the calls that are under way, from another thread.");
}

}  // namespace millpond::python
