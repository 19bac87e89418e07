#pragma once
// Calls from Python into the engine: the GIL, Ctrl-C, progress, errors.

#include <nanobind/nanobind.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "millpond/context.h"
#include "millpond/status.h"

namespace millpond::python {

namespace nb = nanobind;

/// Raises the Python class of the status' code. The GIL must be held.
[[noreturn]] void raise(const Status& status);
inline void check(const Status& status) {
  if (!status.ok()) raise(status);
}
inline void check(Status&& status) { check(static_cast<const Status&>(status)); }
template <class T>
T value(Result<T>&& result) {
  if (!result.ok()) raise(std::move(result).status());
  return *std::move(result);
}

/// Runs `work` without the GIL, whether or not this thread holds it.
void without_gil(const std::function<void()>& work);

/// What calls share: threads, memory, parsers, models. Shape: one for each pond, and one for work without a pond.
class Runtime {
 public:
  /// `worker`: the program that parses files. Threads 0: one for each core.
  Runtime(int threads, std::int64_t memory_bytes, std::string worker);

  /// The context that calls use now; a cancelled one is replaced.
  std::shared_ptr<Context> context();

  /// Runs `work(context)` in the background, while this thread listens for Ctrl-C: then the work is cancelled, and
  /// KeyboardInterrupt raised once it has ended. `progress` (None or a function) is called now and then with
  /// (phase, rows, total, size_bytes, note); what it raises cancels the work and is raised here.
  template <class Work>
  auto run(const Work& work, nb::object progress = nb::none()) {
    using Made = decltype(work(std::declval<Context&>()));
    std::optional<Made> made;
    const std::shared_ptr<Context> used = context();
    run_guarded(*used, std::move(progress), [&]() -> Status {
      made.emplace(work(*used));
      if constexpr (std::is_same_v<Made, Status>)
        return *made;
      else
        return made->ok() ? Status() : made->status();
    });
    if constexpr (!std::is_same_v<Made, Status>) return *std::move(*made);
  }

 private:
  void run_guarded(Context& context, nb::object progress, const std::function<Status()>& work);

  const int threads_;
  const std::int64_t memory_bytes_;
  const std::string worker_;
  std::mutex mutex_;
  std::shared_ptr<Context> context_;
};

void bind_runtime(nb::module_& module);

}  // namespace millpond::python
