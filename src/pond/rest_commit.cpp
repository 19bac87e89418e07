// Commits: queued for each table, applied in groups, swapped in by compare-and-set.

#include <chrono>
#include <deque>
#include <random>
#include <thread>

#include "pond/file_io.h"
#include "pond/rest_step.h"
#include "pond/rest_updates.h"
#include "pond/rest_view.h"
#include "pond/state.h"

namespace millpond::pond {
namespace {

constexpr int kAttempts = 50;
constexpr std::size_t kBatchMax = 64;

void pause(int attempt) {
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<int> jitter(1, std::min(200, 2 << std::min(attempt, 7)));
  std::this_thread::sleep_for(std::chrono::milliseconds(jitter(random)));
}

/// Where metadata files go: below the table, unless a property says otherwise.
std::string metadata_folder(const Document& metadata) {
  std::string folder = metadata.value("properties", Document::object()).value("write.metadata.path", "");
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  return folder.empty() ? metadata.value("location", "") + "/metadata" : folder;
}

}  // namespace

struct RestTables::Waiting {
  explicit Waiting(const Change& wanted) : change(wanted) {}
  const Change& change;
  Status status;
  std::optional<LoadedEntry> result;
  bool done = false;
};

struct RestTables::Queue {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Waiting*> waiting;
  bool led = false;  // somebody works on a batch
};

Result<LoadedEntry> RestTables::commit(Change change) {
  std::shared_ptr<Queue> queue;
  {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<Queue>& slot = queues_[change.name];
    if (slot == nullptr) slot = std::make_shared<Queue>();
    queue = slot;
  }
  Waiting mine(change);
  std::unique_lock lock(queue->mutex);
  queue->waiting.push_back(&mine);
  while (!mine.done) {
    if (queue->led) {
      queue->changed.wait(lock);
      continue;
    }
    queue->led = true;
    std::vector<Waiting*> batch;
    while (!queue->waiting.empty() && batch.size() < kBatchMax &&
           (batch.empty() || queue->waiting.front()->change.kind == change.kind)) {
      batch.push_back(queue->waiting.front());
      queue->waiting.pop_front();
    }
    lock.unlock();
    lead(change.name, batch.front()->change.kind, batch);
    lock.lock();
    for (Waiting* each : batch) each->done = true;
    queue->led = false;
    queue->changed.notify_all();
  }
  lock.unlock();
  {
    // The last one out removes the queue: names that were used once must not stay for ever.
    const std::lock_guard map_lock(mutex_);
    const auto found = queues_.find(change.name);
    if (found != queues_.end() && found->second == queue && queue.use_count() == 2) queues_.erase(found);
  }
  if (!mine.status.ok()) return mine.status;
  return *std::move(mine.result);
}

void RestTables::lead(const EntryName& name, EntryKind kind, std::vector<Waiting*>& batch) {
  Status failed;
  try {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      auto tried = try_batch(name, kind, batch);
      if (!tried.ok()) {
        failed = std::move(tried).status();
        break;
      }
      if (*tried) return;
      pause(attempt);
    }
    if (failed.ok()) failed = unavailable("other writers were faster ", kAttempts, " times: ", name.name);
  } catch (const std::exception& problem) { failed = internal("unexpected: ", problem.what()); }
  for (Waiting* each : batch) each->status = failed;
}

/// False if another process committed in between.
Result<bool> RestTables::try_batch(const EntryName& name, EntryKind kind, std::vector<Waiting*>& batch) {
  MP_ASSIGN(Step step, prepare(name, kind));
  bool changed = false;
  for (Waiting* each : batch) {
    each->status = advance(step, each->change);
    changed = changed || each->status.ok();
  }
  if (!changed) return true;
  std::vector<std::string> written;
  Status done = write(step, written);
  if (done.ok()) done = sync_files(written);
  const auto remove_written = [&] {
    for (const std::string& path : written) (void)remove_file(path);
  };
  if (!done.ok()) {
    remove_written();
    return done;
  }
  AnswerNotes notes;
  for (const Waiting* each : batch) {
    if (!each->status.ok()) continue;
    for (AnswerNote note : each->change.notes) {
      note.location = step.location;
      notes.push_back(std::move(note));
    }
  }
  auto lost = store_->swap({{name, kind, step.base_location, step.location}}, notes);
  if (!lost.ok()) {
    if (lost.status().code() != Code::kInternal) remove_written();  // else the catalog may name the file
    return std::move(lost).status();
  }
  if (!lost->empty()) {
    remove_written();
    return false;
  }
  settle(step);
  for (Waiting* each : batch) {
    if (each->status.ok()) each->result = LoadedEntry{step.location, step.text, step.document};
  }
  return true;
}

Result<RestTables::Step> RestTables::prepare(const EntryName& name, EntryKind kind) {
  Step step;
  step.name = name;
  step.kind = kind;
  MP_ASSIGN(const auto entry, store_->find(name));
  if (!entry) return step;
  if (entry->kind != kind) return taken(name, entry->kind);
  MP_ASSIGN(const LoadedEntry loaded, load(name, kind));
  step.base_location = loaded.metadata_location;
  step.base = loaded.document;
  return step;
}

Status RestTables::advance(Step& step, const Change& change) const {
  const Document* base = step.changed ? &step.next : step.base.get();
  const bool creates = [&] {
    for (const Document& each : change.requirements) {
      if (each.is_object() && each.value("type", Document()) == "assert-create") return true;
    }
    return false;
  }();
  if (base == nullptr && !creates) return not_there(step.name, step.kind);
  MP_TRY(check_requirements(base, change.requirements));
  Document made;
  if (step.kind == EntryKind::kView) {
    if (base == nullptr) return invalid("a view is not created by a commit");
    MP_ASSIGN(made, apply_view_updates(*base, change.updates, now_ms()));
  } else if (base == nullptr) {
    Document updates = Document::array({{{"action", "set-location"}, {"location", default_location(step.name)}}});
    updates.insert(updates.end(), change.updates.begin(), change.updates.end());
    MP_ASSIGN(made, apply_updates(nullptr, updates, now_ms()));
  } else {
    MP_ASSIGN(made, apply_updates(base, change.updates, now_ms()));
  }
  MP_TRY(check_location(made.value("location", "")));
  step.next = std::move(made);
  step.changed = true;
  return {};
}

Status RestTables::write(Step& step, std::vector<std::string>& written) const {
  const std::string folder = metadata_folder(step.next);
  MP_TRY(check_location(step.next.at("location").get<std::string>()));
  MP_TRY(check_location(folder));
  std::int64_t version = 0;
  if (step.base_location) {
    version = version_of(*step.base_location) + 1;
    if (step.kind == EntryKind::kTable) {
      step.outdated = extend_metadata_log(step.next, *step.base, *step.base_location);
    }
  }
  char number[24];
  std::snprintf(number, sizeof number, "%05lld-", static_cast<long long>(version));
  step.location = folder + "/" + number + new_uuid() + ".metadata.json";
  step.text = std::make_shared<const std::string>(to_text(step.next));
  if (!step.base_location || metadata_folder(*step.base) != folder) {
    // Each new folder's entry is made durable, up to one that was there.
    std::string path = store_->to_path(folder);
    MP_TRY(make_directories(path));
    if (step.kind == EntryKind::kTable)
      MP_TRY(make_directories(store_->to_path(step.next.value("location", "")) + "/data"));
    for (int level = 0; level < 3 && path.rfind('/') > 0; ++level) {
      path.resize(path.rfind('/'));
      MP_TRY(sync_directory(path));
    }
  }
  written.push_back(store_->to_path(step.location));
  return write_file(written.back(), *step.text);
}

void RestTables::settle(Step& step) {
  // The log is what clients wrote into it: only this table's own metadata files are removed.
  const std::string own = store_->to_path(metadata_folder(step.next)) + "/";
  step.document = std::make_shared<const Document>(std::move(step.next));
  remember({step.location, step.text, step.document});
  for (const std::string& uri : step.outdated) {
    const std::string path = store_->to_path(uri);
    const auto kept = store_->has_answer_of(uri);  // it then stays until orphans are removed
    if (!kept.ok() || *kept) continue;
    if (path.starts_with(own) && path.ends_with(".metadata.json") && path.find('/', own.size()) == std::string::npos) {
      (void)remove_file(path);
    }
  }
}

Status RestTables::commit_all(std::vector<Change> changes, const AnswerNotes& notes) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::vector<Step> steps;
    for (const Change& change : changes) {
      for (const Step& other : steps) {
        if (other.name == change.name) return invalid("a transaction names a table twice: ", change.name.name);
      }
      MP_ASSIGN(Step step, prepare(change.name, change.kind));
      Status advanced = advance(step, change);
      if (!advanced.ok()) return std::move(advanced).at(change.name.name_space + "." + change.name.name);
      steps.push_back(std::move(step));
    }
    std::vector<std::string> written;
    std::vector<Swap> swaps;
    Status done;
    for (Step& step : steps) {
      if (done.ok()) done = write(step, written);
      swaps.push_back({step.name, step.kind, step.base_location, step.location});
    }
    if (done.ok()) done = sync_files(written);
    std::vector<EntryName> lost;
    if (done.ok()) {
      auto swapped = store_->swap(swaps, notes);
      if (!swapped.ok() && swapped.status().code() == Code::kInternal) return std::move(swapped).status();
      done = swapped.status();
      if (swapped.ok()) lost = *std::move(swapped);
    }
    if (done.ok() && lost.empty()) {
      for (Step& step : steps) settle(step);
      return {};
    }
    for (const std::string& path : written) (void)remove_file(path);
    MP_TRY(std::move(done));
    pause(attempt);
  }
  return unavailable("other writers were faster ", kAttempts, " times");
}

}  // namespace millpond::pond
