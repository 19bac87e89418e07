#include "millpond/flow/build.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "flow/derive.h"
#include "flow/fold_table.h"
#include "flow/ledger.h"
#include "flow/query_table.h"
#include "flow/source_step.h"
#include "flow/table_properties.h"
#include "millpond/flow/step.h"
#include "millpond/pond/blobs.h"

namespace millpond::flow {
namespace {

/// Keeps two builds of one pond from doing the same work. Only an economy: what makes them safe is that each commit
/// requires the snapshot that it was computed from. The kernel lets go of it when the process ends, however it ends.
class BuildLock {
 public:
  static Result<std::unique_ptr<BuildLock>> take(const pond::Pond& pond, bool wait, Context& context) {
    const std::string path = pond.local_folder() + "/build.lock";
    std::unique_ptr<BuildLock> lock(new BuildLock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)));
    if (lock->fd_ < 0) return os_error(errno, "cannot open the build lock", path);
    bool said = false;
    while (::flock(lock->fd_, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) return os_error(errno, "cannot lock", path);
      if (!wait) return unavailable("another process is building this pond").hint("Try again when it is done.");
      if (!said) context.progress().note("another process is building this pond; waiting for it");
      said = true;
      MP_TRY(context.check());
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return lock;
  }
  ~BuildLock() {
    if (fd_ >= 0) ::close(fd_);
  }

 private:
  explicit BuildLock(int fd) : fd_(fd) {}
  int fd_;
};

/// Another process may commit between our read and our commit; then the step is done again on the new state.
template <class Step>
Status again_on_conflict(Context& context, const Step& step) {
  constexpr int kTries = 5;
  Status status;
  for (int i = 0; i < kTries; ++i) {
    status = step();
    if (status.code() != Code::kConflict) return status;
    MP_TRY(context.check());
  }
  return status;
}

Status make_elsewhere(pond::Pond& pond, const Plan& plan, const PlannedTable& planned, const BuildOptions& options,
                      const std::string& run, TableReport& report, Context& context) {
  const Elsewhere& elsewhere = *options.elsewhere;
  MP_ASSIGN(const TableWork work, plan_work(pond, plan, planned.spec.name, options, elsewhere.splits, context));
  std::vector<std::string> outcomes;
  if (!work.nothing && !work.splits.empty()) { MP_ASSIGN(outcomes, elsewhere.run(planned, work)); }
  MP_ASSIGN(report, commit_work(pond, plan, work, outcomes, run, context));
  return {};
}

Status build_tables(pond::Pond& pond, const Plan& plan, const BuildOptions& options, const std::string& run,
                    BuildReport& report, Context& context) {
  MP_TRY(again_on_conflict(context, [&] {
    report.tables.assign(1, TableReport{.table = "sources"});
    report.warnings.clear();
    return update_sources(pond, plan.flow, run, report.tables[0], report.warnings, context);
  }));
  for (const PlannedTable& planned : plan.tables) {
    MP_TRY(context.check());
    report.tables.emplace_back();
    Status status = again_on_conflict(context, [&] {
      report.tables.back() = TableReport{.table = planned.spec.name};
      MP_TRY(apply_properties(pond, planned, context));
      if (options.elsewhere && !planned.query) {
        return make_elsewhere(pond, plan, planned, options, run, report.tables.back(), context);
      }
      const auto bring_up_to_date = planned.query ? derive_by_query : planned.fold ? derive_folded : derive;
      return bring_up_to_date(pond, planned, options, run, report.tables.back(), context);
    });
    if (!status.ok()) return std::move(status).at("table " + planned.spec.name);
    const auto indexing = context.service<Indexing>();
    if (planned.index && indexing->complete) {
      MP_ASSIGN(const pond::Table table, pond.table(planned.spec.name));
      MP_TRY(indexing->complete(pond, *planned.index, table, context));
    }
  }
  return {};
}

}  // namespace

Result<BuildReport> build(pond::Pond& pond, const Plan& plan, const BuildOptions& options, Context& context) {
  const auto started = std::chrono::steady_clock::now();
  const std::int64_t started_us = now_us();
  MP_ASSIGN(const auto lock, BuildLock::take(pond, options.wait, context));
  BuildReport report;
  report.run = new_run_name();
  context.provide<Blobs>(pond::blobs_of(pond));
  const Status status = build_tables(pond, plan, options, report.run, report, context);

  std::vector<TableReport> changed;
  for (const TableReport& table : report.tables) {
    if (table.changed() || (!status.ok() && &table == &report.tables.back())) changed.push_back(table);
  }
  Context recording;  // what happened is recorded also after a cancel
  const std::string_view name = status.ok() ? "ok" : status.code() == Code::kCancelled ? "cancelled" : "failed";
  const Status recorded = record_run(pond, report.run, std::string(name), status.message(), changed, started_us,
                                     *context.service<RunOrigin>(), recording);
  if (changed.empty()) report.run.clear();
  MP_TRY(status);
  MP_TRY(recorded);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return report;
}

}  // namespace millpond::flow
