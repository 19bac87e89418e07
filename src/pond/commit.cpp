#include "pond/commit.h"

#include <algorithm>
#include <deque>
#include <random>
#include <thread>

#include "pond/file_io.h"
#include "pond/history.h"

namespace millpond::pond {
namespace {

constexpr std::int64_t kRetries = 20;
constexpr std::int64_t kRetryMsMin = 5, kRetryMsMax = 500;
constexpr std::int64_t kPreviousVersionsMax = 100;

}  // namespace

Status Commit::prepare() {
  MP_TRY(context_.check());
  MP_ASSIGN(base_, pond_.load(plan_.base->name));
  MP_TRY(check_base());
  MP_TRY(check_refs());
  TableMetadata& next = next_ = base_->metadata;
  next.last_updated_ms = std::max(now_ms(), base_->metadata.last_updated_ms);
  MP_TRY(change_schema(next));
  for (const auto& [key, value] : plan_.properties) {
    if (key != kFormatVersionKey)
      next.properties[key] = value;
    else
      MP_TRY(upgrade(next, value));
  }
  BranchView view = base_->view;
  if (!plan_.result_branch.empty()) view = {plan_.result_branch, next.current_snapshot_id, next.current_schema_id};
  MP_TRY(change_refs(next, view));
  forget(next, plan_.expired);

  builder_.reset();
  if (plan_.makes_snapshot()) {
    if (snapshot_id_ == 0) snapshot_id_ = new_snapshot_id();
    builder_.emplace(plan_, next, snapshot_id_, draft_);
    Status built = builder_->build();
    written_ = builder_->written();
    MP_TRY(std::move(built));
    add_snapshot(next, view, builder_->snapshot());
    next.next_row_id = builder_->next_row_id();
    bound_history(next, next.last_updated_ms);
  }
  leave_branch(next, view);
  for (const std::string& branch : plan_.pull) pull_branch(next, branch);
  outdated_ = extend_metadata_log(next);
  return write_metadata();
}

std::int64_t Commit::retries() const {
  return std::max<std::int64_t>(0, base_->metadata.property("commit.retry.num-retries", kRetries));
}

Status Commit::check_base() const {
  const TableState& base = *base_;
  if (base.metadata.uuid != plan_.base->metadata.uuid) {
    return conflict("the table was dropped and made anew meanwhile: ", base.name);
  }
  const std::string& branch = base.view.branch;
  if (!branch.empty() && plan_.base->metadata.refs.contains(branch) && !base.metadata.refs.contains(branch)) {
    return conflict("the branch was dropped meanwhile: ", branch);
  }
  if (base.metadata.format_version < 2 && !plan_.properties.contains(kFormatVersionKey)) {
    return unsupported("writing to a table of format version 1: ", base.name)
        .hint("Set its property format-version to 2 first.");
  }
  if (plan_.required_snapshot && *plan_.required_snapshot != base.metadata.current_snapshot_id) {
    return conflict("somebody else committed to table ", base.name, " since snapshot ",
                    plan_.required_snapshot->value_or(0));
  }
  if (plan_.schema && base.metadata.current_schema_id != plan_.base->metadata.current_schema_id) {
    return conflict("somebody else changed the schema of table ", base.name);
  }
  return {};
}

Status Commit::check_refs() const {
  const auto& refs = base_->metadata.refs;
  for (const auto& [name, wanted] : plan_.expected_refs) {
    const auto found = refs.find(name);
    const bool there = found != refs.end();
    if (there == wanted.has_value() && (!there || found->second.snapshot_id == *wanted)) continue;
    return conflict("somebody else changed the branch of table ", base_->name, ": ", name);
  }
  return {};
}

Status Commit::change_schema(TableMetadata& next) const {
  if (!plan_.schema || *plan_.schema == without_ids(next.schema())) return {};
  std::int32_t id = 0;
  for (const IcebergSchema& schema : next.schemas) id = std::max(id, schema.id + 1);
  MP_ASSIGN(IcebergSchema schema, evolved(next.schema(), *plan_.schema, id, next.last_column_id));
  next.schemas.push_back(std::move(schema));
  next.current_schema_id = id;
  return {};
}

Status Commit::change_refs(TableMetadata& next, const BranchView& view) const {
  for (const std::string& key : plan_.dropped_properties) next.properties.erase(key);
  for (const auto& [name, ref] : plan_.refs) {
    if (!ref) {
      next.refs.erase(name);
      continue;
    }
    if (next.find_snapshot(ref->snapshot_id) == nullptr) {
      return conflict("the snapshot has expired meanwhile: ", ref->snapshot_id);
    }
    if (!next.refs.emplace(name, *ref).second) return conflict("somebody else made this branch or tag: ", name);
  }
  return move_current(next, view);
}

Status Commit::move_current(TableMetadata& next, const BranchView& view) const {
  if (plan_.schema_id) {
    if (next.find_schema(*plan_.schema_id) == nullptr) return conflict("there is no such schema: ", *plan_.schema_id);
    next.current_schema_id = *plan_.schema_id;
  }
  if (!plan_.move_main) return {};
  if (next.find_snapshot(*plan_.move_main) == nullptr) {
    return conflict("the snapshot has expired meanwhile: ", *plan_.move_main);
  }
  next.current_snapshot_id = plan_.move_main;
  if (!view.is_main()) return {};
  next.refs["main"].snapshot_id = *plan_.move_main;
  next.snapshot_log.push_back({next.last_updated_ms, *plan_.move_main});
  return {};
}

void Commit::add_snapshot(TableMetadata& next, const BranchView& view, const Snapshot& snapshot) const {
  next.last_sequence_number = snapshot.sequence_number;
  next.last_updated_ms = snapshot.timestamp_ms;
  next.current_snapshot_id = snapshot.id;
  next.snapshots.push_back(make_snapshot_entry(snapshot));
  if (!view.is_main()) return;
  next.refs["main"].snapshot_id = snapshot.id;
  next.snapshot_log.push_back({snapshot.timestamp_ms, snapshot.id});
}

std::vector<MetadataLogEntry> Commit::extend_metadata_log(TableMetadata& next) const {
  next.metadata_log.push_back({base_->metadata.last_updated_ms, base_->metadata_location});
  const std::int64_t max =
      std::max<std::int64_t>(1, next.property("write.metadata.previous-versions-max", kPreviousVersionsMax));
  std::vector<MetadataLogEntry> outdated;
  while (static_cast<std::int64_t>(next.metadata_log.size()) > max) {
    outdated.push_back(std::move(next.metadata_log.front()));
    next.metadata_log.erase(next.metadata_log.begin());
  }
  return outdated;
}

Status Commit::write_metadata() {
  if (dynamic_cast<MetadataWriter*>(pond_.catalog.get()) != nullptr) return {};
  char number[24];
  std::snprintf(number, sizeof number, "%05lld-", static_cast<long long>(base_->version + 1));
  const std::string path = pond_.to_path(next_.location) + "/metadata/" + number + new_uuid() + ".metadata.json";
  MP_TRY(write_file(path, serialise(next_)));
  written_.push_back(path);
  location_ = pond_.to_uri(path);
  return {};
}

std::vector<std::string> Commit::to_sync() const {
  std::vector<std::string> paths = written_;
  paths.insert(paths.end(), draft_.paths.begin(), draft_.paths.end());
  if (!data_synced_ && !plan_.data_is_durable) {
    for (const AppendedFile& appended : plan_.appended) paths.push_back(pond_.to_path(appended.file.path));
  }
  return paths;
}

TableStatePtr Commit::settle() {
  if (builder_) builder_->remember();
  if (location_.empty()) {  // the catalog wrote it; others may have committed on top
    Result<TableStatePtr> now = pond_.load(base_->name);
    return now.ok() ? *now : make_state(base_->name, base_->metadata_location, std::move(next_), pond_.branch);
  }
  TableStatePtr state = make_state(base_->name, location_, std::move(next_), pond_.branch);
  pond_.remember(state);
  if (state->metadata.flag("write.metadata.delete-after-commit.enabled", false)) {
    // Nobody waits for these; what cannot be removed now is found by remove_orphans.
    for (const MetadataLogEntry& entry : outdated_) (void)remove_file(pond_.to_path(entry.file));
  }
  return state;
}

void Commit::retract() {
  for (const std::string& path : written_) (void)remove_file(path);
  written_.clear();
}

void Commit::discard() {
  retract();
  draft_.discard();
}

namespace {

/// Several tables' parts, committed in one change of the catalog.
class Group {
 public:
  Group(const std::vector<const Update::Plan*>& plans, Context& context) : pond_(*plans.front()->pond) {
    for (const Update::Plan* plan : plans) parts_.emplace_back(*plan, context);
  }

  Result<std::vector<TableStatePtr>> run() {
    for (std::int64_t attempt = 0;; ++attempt) {
      Result<bool> done = try_once();
      if (!done.ok()) {
        for (Commit& part : parts_) {
          if (!outcome_unknown_) part.discard();
        }
        return std::move(done).status();
      }
      if (*done) break;
      for (Commit& part : parts_) part.retract();
      const std::int64_t retries = parts_.front().retries();
      if (attempt == retries) {
        for (Commit& part : parts_) part.discard();
        return conflict("other writers were faster ", retries + 1, " times: table ", parts_.front().table())
            .hint("Try again later.");
      }
      wait(attempt);
    }
    std::vector<TableStatePtr> states;
    for (Commit& part : parts_) states.push_back(part.settle());
    return states;
  }

 private:
  /// False if another process committed first.
  Result<bool> try_once() {
    std::vector<std::string> paths;
    for (Commit& part : parts_) {
      MP_TRY(part.prepare());
      for (std::string& path : part.to_sync()) paths.push_back(std::move(path));
    }
    // Everything that the new metadata name becomes durable before the catalog names the metadata.
    MP_TRY(sync_files(paths));
    for (Commit& part : parts_) part.synced();
    return swap();
  }

  Result<bool> send(MetadataWriter& writer) {
    if (parts_.size() > 1) return unsupported("several tables in one commit to another catalog");
    Result<bool> done = parts_.front().send(writer);
    outcome_unknown_ = !done.ok() && done.status().code() == Code::kInternal;
    return done;
  }

  Result<bool> swap() {
    if (auto* writer = dynamic_cast<MetadataWriter*>(pond_.catalog.get())) return send(*writer);
    std::vector<CatalogSwap> swaps;
    for (const Commit& part : parts_) swaps.push_back({part.table(), part.expected(), part.location()});
    const CatalogSwap& first = swaps.front();
    Result<bool> swapped = swaps.size() == 1 ? pond_.catalog->swap(first.table, first.expected, first.location)
                                             : pond_.catalog->swap_all(swaps);
    if (swapped.ok()) return swapped;
    if (swapped.status().code() == Code::kUnavailable) return swapped;  // locked all the time: nothing was written
    // The catalog may have the change in its log and fail to sync it: a look tells, unless that fails too.
    Result<std::optional<std::string>> now = pond_.catalog->location(first.table);
    if (now.ok() && *now == first.location) return true;
    outcome_unknown_ = true;
    Status status = std::move(swapped).status();
    return Status(status.code(),
                  "the catalog failed while it committed, so the outcome is unknown: " + status.message())
        .hint("Look at the table again before you repeat the change.");
  }

  void wait(std::int64_t attempt) {
    const std::int64_t ceiling = std::min(kRetryMsMax, kRetryMsMin << std::min<std::int64_t>(attempt, 10));
    std::uniform_int_distribution<std::int64_t> jitter(1, ceiling);
    std::this_thread::sleep_for(std::chrono::milliseconds(jitter(random_)));
  }

  PondState& pond_;
  std::deque<Commit> parts_;
  bool outcome_unknown_ = false;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace

Result<std::vector<TableStatePtr>> run_commits(const std::vector<const Update::Plan*>& plans, Context& context) {
  return Group(plans, context).run();
}

}  // namespace millpond::pond
