#include "millpond/pond/update.h"

#include <algorithm>
#include <random>
#include <thread>

#include "pond/file_io.h"
#include "pond/history.h"
#include "pond/snapshot_builder.h"
#include "pond/update_plan.h"

namespace millpond::pond {
namespace {

constexpr std::int64_t kRetries = 20;
constexpr std::int64_t kRetryMsMin = 5, kRetryMsMax = 500;
constexpr std::int64_t kPreviousVersionsMax = 100;

/// One commit, over all its attempts.
class Commit {
 public:
  Commit(const Update::Plan& plan, Context& context) : plan_(plan), pond_(*plan.pond), context_(context) {}

  Result<TableStatePtr> run() {
    MP_ASSIGN(TableStatePtr base, pond_.load(plan_.base->name));
    const std::int64_t retries =
        std::max<std::int64_t>(0, base->metadata.property("commit.retry.num-retries", kRetries));
    for (std::int64_t attempt = 0;; ++attempt) {
      Result<TableStatePtr> done = try_on(base);
      if (!done.ok()) {
        if (!outcome_unknown_) remove_written(), remove_draft();
        return done;
      }
      if (*done) return done;
      remove_written();
      if (attempt == retries) break;
      wait(attempt);
      MP_ASSIGN(base, pond_.load(plan_.base->name));
    }
    remove_draft();
    return conflict("other writers were faster ", retries + 1, " times: table ", plan_.base->name)
        .hint("Try again later.");
  }

 private:
  /// The new state; null if another process committed first.
  Result<TableStatePtr> try_on(const TableStatePtr& base) {
    MP_TRY(context_.check());
    MP_TRY(check_base(*base));
    TableMetadata next = base->metadata;
    next.last_updated_ms = std::max(now_ms(), base->metadata.last_updated_ms);
    MP_TRY(change_schema(next));
    for (const auto& [key, value] : plan_.properties) {
      if (key != kFormatVersionKey)
        next.properties[key] = value;
      else
        MP_TRY(upgrade(next, value));
    }
    MP_TRY(change_refs(next));
    forget(next, plan_.expired);

    std::optional<SnapshotBuilder> builder;
    if (plan_.makes_snapshot()) {
      if (snapshot_id_ == 0) snapshot_id_ = new_snapshot_id();
      builder.emplace(plan_, next, snapshot_id_, draft_);
      Status built = builder->build();
      written_ = builder->written();
      MP_TRY(std::move(built));
      add_snapshot(next, builder->snapshot());
      next.next_row_id = builder->next_row_id();
      bound_history(next, next.last_updated_ms);
    }
    const std::vector<MetadataLogEntry> outdated = extend_metadata_log(next, *base);
    MP_ASSIGN(const std::string location, write_metadata(next, base->version + 1));
    MP_TRY(sync());
    MP_ASSIGN(const bool swapped, swap(*base, location));
    if (!swapped) return TableStatePtr();

    if (builder) builder->remember();
    TableStatePtr state = make_state(base->name, location, std::move(next));
    pond_.remember(state);
    if (state->metadata.flag("write.metadata.delete-after-commit.enabled", false)) {
      // Nobody waits for these; what cannot be removed now is found by remove_orphans.
      for (const MetadataLogEntry& entry : outdated) (void)remove_file(pond_.to_path(entry.file));
    }
    return state;
  }

  Status check_base(const TableState& base) const {
    if (base.metadata.uuid != plan_.base->metadata.uuid) {
      return conflict("the table was dropped and made anew meanwhile: ", base.name);
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

  Status change_schema(TableMetadata& next) const {
    if (!plan_.schema || *plan_.schema == without_ids(next.schema())) return {};
    std::int32_t id = 0;
    for (const IcebergSchema& schema : next.schemas) id = std::max(id, schema.id + 1);
    MP_ASSIGN(IcebergSchema schema, evolved(next.schema(), *plan_.schema, id, next.last_column_id));
    next.schemas.push_back(std::move(schema));
    next.current_schema_id = id;
    return {};
  }

  Status change_refs(TableMetadata& next) const {
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
    if (!plan_.move_main) return {};
    if (next.find_snapshot(*plan_.move_main) == nullptr) {
      return conflict("the snapshot has expired meanwhile: ", *plan_.move_main);
    }
    next.current_snapshot_id = plan_.move_main;
    next.refs["main"].snapshot_id = *plan_.move_main;
    next.snapshot_log.push_back({next.last_updated_ms, *plan_.move_main});
    return {};
  }

  void add_snapshot(TableMetadata& next, const Snapshot& snapshot) const {
    next.last_sequence_number = snapshot.sequence_number;
    next.last_updated_ms = snapshot.timestamp_ms;
    next.current_snapshot_id = snapshot.id;
    next.refs["main"].snapshot_id = snapshot.id;
    next.snapshots.push_back(make_snapshot_entry(snapshot));
    next.snapshot_log.push_back({snapshot.timestamp_ms, snapshot.id});
  }

  std::vector<MetadataLogEntry> extend_metadata_log(TableMetadata& next, const TableState& base) const {
    next.metadata_log.push_back({base.metadata.last_updated_ms, base.metadata_location});
    const std::int64_t max =
        std::max<std::int64_t>(1, next.property("write.metadata.previous-versions-max", kPreviousVersionsMax));
    std::vector<MetadataLogEntry> outdated;
    while (static_cast<std::int64_t>(next.metadata_log.size()) > max) {
      outdated.push_back(std::move(next.metadata_log.front()));
      next.metadata_log.erase(next.metadata_log.begin());
    }
    return outdated;
  }

  Result<std::string> write_metadata(const TableMetadata& next, std::int64_t version) {
    char number[24];
    std::snprintf(number, sizeof number, "%05lld-", static_cast<long long>(version));
    const std::string path = pond_.to_path(next.location) + "/metadata/" + number + new_uuid() + ".metadata.json";
    MP_TRY(write_file(path, serialise(next)));
    written_.push_back(path);
    return pond_.to_uri(path);
  }

  /// Everything that the new metadata names becomes durable before the catalog names the metadata.
  Status sync() {
    std::vector<std::string> paths = written_;
    paths.insert(paths.end(), draft_.paths.begin(), draft_.paths.end());
    if (!data_synced_) {
      for (const AppendedFile& appended : plan_.appended) paths.push_back(pond_.to_path(appended.file.path));
    }
    MP_TRY(sync_files(paths));
    data_synced_ = true;
    return {};
  }

  Result<bool> swap(const TableState& base, const std::string& location) {
    Result<bool> swapped = pond_.catalog->swap(base.name, base.metadata_location, location);
    if (swapped.ok()) return swapped;
    if (swapped.status().code() == Code::kUnavailable) return swapped;  // locked all the time: nothing was written
    // The catalog may have the change in its log and fail to sync it: a look tells, unless that fails too.
    Result<std::optional<std::string>> now = pond_.catalog->location(base.name);
    if (now.ok() && *now == location) return true;
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

  void remove_written() {
    for (const std::string& path : written_) (void)remove_file(path);
    written_.clear();
  }
  void remove_draft() { draft_.discard(); }

  const Update::Plan& plan_;
  PondState& pond_;
  Context& context_;
  DeleteFileDraft draft_;
  std::int64_t snapshot_id_ = 0;
  std::vector<std::string> written_;
  bool data_synced_ = false, outcome_unknown_ = false;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace

Update::Update(const Table& table) : plan_(std::make_unique<Plan>()) {
  plan_->pond = table.pond();
  plan_->base = table.state();
}
Update::~Update() = default;
Update::Update(Update&&) noexcept = default;
Update& Update::operator=(Update&&) noexcept = default;

Update& Update::append(DataFile file) {
  plan_->appended.push_back({std::move(file), {}});
  return *this;
}
Update& Update::append(std::vector<DataFile> files) {
  for (DataFile& file : files) append(std::move(file));
  return *this;
}
Update& Update::delete_rows(std::string_view data_file_path, std::vector<std::int64_t> positions) {
  Positions& all = plan_->deletes[std::string(data_file_path)];
  all = all.united(Positions(std::move(positions)));
  return *this;
}
Update& Update::remove_file(std::string_view data_file_path) {
  plan_->removed.emplace(data_file_path);
  return *this;
}
Update& Update::replace_all(std::vector<DataFile> files) {
  plan_->replace_all = true;
  return append(std::move(files));
}
Update& Update::summary(std::string_view key, std::string_view value) {
  plan_->summary[std::string(key)] = value;
  return *this;
}
Update& Update::set_property(std::string_view key, std::string_view value) {
  plan_->properties[std::string(key)] = value;
  return *this;
}
Update& Update::evolve(Schema schema) {
  plan_->schema = std::move(schema);
  return *this;
}
Update& Update::require_snapshot(std::optional<std::int64_t> id) {
  plan_->required_snapshot = id;
  return *this;
}
Update& Update::allow_empty() {
  plan_->allow_empty = true;
  return *this;
}

Result<Table> Update::commit(Context& context) {
  if (!plan_->makes_snapshot() && plan_->properties.empty() && !plan_->schema && plan_->expired.empty() &&
      plan_->refs.empty() && !plan_->move_main) {
    return Table(plan_->pond, plan_->base);
  }
  MP_ASSIGN(TableStatePtr state, Commit(*plan_, context).run());
  return Table(plan_->pond, std::move(state));
}

}  // namespace millpond::pond
