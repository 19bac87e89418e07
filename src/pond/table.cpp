#include "millpond/pond/table.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>

#include "millpond/pond/update.h"
#include "pond/history.h"
#include "pond/live_files.h"
#include "pond/state.h"

namespace millpond::pond {
namespace {

std::string time_text(std::int64_t timestamp_ms) {
  const std::time_t seconds = timestamp_ms / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char date[32], text[48];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text, sizeof text, "%s.%03dZ", date, static_cast<int>(timestamp_ms % 1000));
  return text;
}

/// "2026-01-31", "2026-01-31T12:00[:00[.123]][Z]", UTC; a date means its end. Nothing if it is no time.
std::optional<std::int64_t> parse_time(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 23, minute = 59, second = 59, milli = 999;
  const std::string copy(text);
  int used = 0;
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3) return std::nullopt;
  std::string_view rest = text.substr(static_cast<std::size_t>(used));
  if (!rest.empty()) {
    if (rest[0] != 'T' && rest[0] != ' ') return std::nullopt;
    const std::string clock(rest.substr(1));
    used = 0;
    if (std::sscanf(clock.c_str(), "%2d:%2d%n", &hour, &minute, &used) != 2) return std::nullopt;
    rest = std::string_view(clock).substr(static_cast<std::size_t>(used));
    const std::string tail(rest);
    int more = 0;
    if (std::sscanf(tail.c_str(), ":%2d%n", &second, &more) != 1) second = 59, more = 0;
    std::string_view fraction = std::string_view(tail).substr(static_cast<std::size_t>(more));
    if (fraction.starts_with('.')) {
      milli = 0;
      std::size_t digits = 1;
      for (int weight = 100; digits < fraction.size() && fraction[digits] >= '0' && fraction[digits] <= '9';
           ++digits, weight /= 10) {
        milli += (fraction[digits] - '0') * weight;
      }
      fraction.remove_prefix(digits);
    }
    if (!fraction.empty() && fraction != "Z") return std::nullopt;
  }
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  std::tm parts{};
  parts.tm_year = year - 1900, parts.tm_mon = month - 1, parts.tm_mday = day;
  parts.tm_hour = hour, parts.tm_min = minute, parts.tm_sec = second;
  return static_cast<std::int64_t>(::timegm(&parts)) * 1000 + milli;
}

/// A branch has no log: its newest snapshot of that time or before is meant.
Result<Snapshot> on_branch_at(const TableState& state, std::int64_t when_ms, std::string_view text) {
  const SnapshotEntry* at = state.metadata.current();
  std::size_t steps = state.metadata.snapshots.size() + 1;
  while (at != nullptr && at->snapshot.timestamp_ms > when_ms && --steps > 0) {
    at = at->snapshot.parent ? state.metadata.find_snapshot(*at->snapshot.parent) : nullptr;
  }
  if (at != nullptr && steps > 0) return at->snapshot;
  return not_found("table ", state.name, " has no snapshot of that time on branch ", state.view.branch, ": ", text);
}

}  // namespace

std::string Snapshot::at() const { return time_text(timestamp_ms); }

std::int64_t Difference::added_rows() const {
  std::int64_t rows = 0;
  for (const FilePart& part : added) rows += part.rows();
  return rows;
}
std::int64_t Difference::removed_rows() const {
  std::int64_t rows = 0;
  for (const FilePart& part : removed) rows += part.rows();
  return rows;
}

Table::Table(std::shared_ptr<PondState> pond, std::shared_ptr<const TableState> state)
    : pond_(std::move(pond)), state_(std::move(state)) {}

const std::string& Table::name() const { return state_->name; }
const std::string& Table::location() const { return state_->metadata.location; }
const std::string& Table::metadata_location() const { return state_->metadata_location; }
const Schema& Table::schema() const { return state_->schema; }
ArrowSchema Table::arrow_schema() const { return state_->arrow_schema; }
const std::map<std::string, std::string>& Table::properties() const { return state_->metadata.properties; }
std::int64_t Table::version() const { return state_->version; }
int Table::format_version() const { return state_->metadata.format_version; }

std::optional<Snapshot> Table::current() const {
  const SnapshotEntry* entry = state_->metadata.current();
  return entry == nullptr ? std::nullopt : std::optional(entry->snapshot);
}
std::optional<std::int64_t> Table::current_id() const { return state_->metadata.current_snapshot_id; }

std::vector<Snapshot> Table::snapshots() const {
  std::vector<Snapshot> out;
  for (const SnapshotEntryPtr& entry : state_->metadata.snapshots) out.push_back(entry->snapshot);
  return out;
}

Result<Snapshot> Table::snapshot(std::int64_t id) const {
  const SnapshotEntry* entry = state_->metadata.find_snapshot(id);
  if (entry == nullptr) {
    return not_found("table ", name(), " has no such snapshot: ", id)
        .hint("It may have expired; `millpond log` lists those kept.");
  }
  return entry->snapshot;
}

Result<Snapshot> Table::snapshot_at(std::string_view text) const {
  if (text == "latest" || text.empty()) {
    if (auto latest = current()) return *std::move(latest);
    return not_found("table has no snapshot yet: ", name());
  }
  std::int64_t id = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), id);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size()) return snapshot(id);
  if (const auto ref = state_->metadata.refs.find(std::string(text)); ref != state_->metadata.refs.end()) {
    return snapshot(ref->second.snapshot_id);
  }
  const std::optional<std::int64_t> when = parse_time(text);
  if (!when) {
    return invalid("neither a snapshot id nor a time: ", text)
        .hint("Such as a branch, a tag, 2026-01-31, 2026-01-31T12:00:00Z, or latest.");
  }
  if (!state_->view.is_main()) return on_branch_at(*state_, *when, text);
  // The log says what was current when; a snapshot that was made but rolled back is not in it at its end.
  const auto& log = state_->metadata.snapshot_log;
  const auto next =
      std::find_if(log.begin(), log.end(), [&](const SnapshotLogEntry& entry) { return entry.timestamp_ms > *when; });
  if (next == log.begin()) {
    return not_found("table ", name(), " has no snapshot of that time: ", text)
        .hint(log.empty() ? "It has none at all." : "The oldest is of " + time_text(log.front().timestamp_ms) + ".");
  }
  MP_ASSIGN(Snapshot found, snapshot(std::prev(next)->snapshot_id));
  if (next == log.end()) return found;
  // Of each older hour only its last snapshot is kept. What was current within such an hour is not known any more.
  const SnapshotEntry* after = state_->metadata.find_snapshot(next->snapshot_id);
  const bool thinned = after != nullptr && after->snapshot.parent && *after->snapshot.parent != found.id &&
                       state_->metadata.find_snapshot(*after->snapshot.parent) == nullptr;
  if (!thinned || *when < next->timestamp_ms - next->timestamp_ms % kHistoryHourMs) return found;
  return not_found("table ", name(), " keeps only the last snapshot of that hour: ", text)
      .hint("Ask for " + time_text(found.timestamp_ms) + " or " + time_text(next->timestamp_ms) + ".");
}

Result<std::vector<LiveFile>> Table::files(std::int64_t snapshot_id) const {
  MP_ASSIGN(const Snapshot at, snapshot(snapshot_id));
  return live_files(*pond_, state_->metadata, at);
}

Result<std::vector<LiveFile>> Table::files() const {
  const auto id = current_id();
  if (!id) return std::vector<LiveFile>();
  return files(*id);
}

Result<std::int64_t> Table::rows(std::optional<std::int64_t> snapshot_id) const {
  if (!snapshot_id) snapshot_id = current_id();
  if (!snapshot_id) return std::int64_t{0};
  MP_ASSIGN(const Snapshot at, snapshot(*snapshot_id));
  MP_ASSIGN(const ManifestListPtr manifests, pond_->manifests(at));
  std::int64_t rows = 0;
  bool deletes = false;
  for (const ManifestFile& manifest : *manifests) {
    if (manifest.deletes)
      deletes = deletes || manifest.added_files + manifest.existing_files > 0;
    else
      rows += manifest.added_rows + manifest.existing_rows;
  }
  if (!deletes) return rows;
  MP_ASSIGN(const std::vector<LiveFile> live, live_files(*pond_, state_->metadata, at));
  rows = 0;
  for (const LiveFile& file : live) rows += file.live_rows();
  return rows;
}

Result<Difference> Table::difference(std::optional<std::int64_t> from, std::int64_t to) const {
  MP_ASSIGN(const Snapshot last, snapshot(to));
  if (!from) return difference_between(*pond_, state_->metadata, nullptr, last);
  MP_ASSIGN(const Snapshot first, snapshot(*from));
  return difference_between(*pond_, state_->metadata, &first, last);
}

Update Table::update() const { return Update(*this); }

std::vector<FilePart> parts_of(std::span<const LiveFile> files) {
  std::vector<FilePart> parts;
  for (const LiveFile& file : files)
    parts.push_back({.file = file.file, .deleted = file.deleted, .sequence_number = file.sequence_number});
  return parts;
}

}  // namespace millpond::pond
