#include "flow/change.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <charconv>

namespace millpond::flow {
namespace {

using pond::FilePart;

Result<std::vector<FilePart>> live_parts(const pond::Table& table) {
  MP_ASSIGN(const auto files, table.files());
  return pond::parts_of(files);
}

/// The rows of `parts` for which `wanted` says yes.
Result<std::vector<FilePart>> select_rows(const pond::Table& table, const std::vector<FilePart>& parts,
                                          Context& context, const std::function<bool(const RowId&)>& wanted) {
  std::vector<std::vector<std::int64_t>> positions(parts.size());
  MP_TRY(each_id(table, parts, "_row", context, [&](std::size_t file, std::int64_t position, const RowId& id) {
    if (wanted(id)) positions[file].push_back(position);
  }));
  std::vector<FilePart> selected;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (positions[i].empty()) continue;
    FilePart part = parts[i];
    if (static_cast<std::int64_t>(positions[i].size()) < parts[i].rows()) {
      part.only = std::make_shared<const pond::Positions>(std::move(positions[i]));
    }
    selected.push_back(std::move(part));
  }
  return selected;
}

/// By identities: upstream rows without children in `derived`, and parents in `derived` that upstream has no more.
Result<Change> reconcile(const pond::Table& upstream, const pond::Table& derived, Context& context) {
  Change change;
  MP_ASSIGN(const auto upstream_parts, live_parts(upstream));
  MP_ASSIGN(const auto derived_parts, live_parts(derived));
  RowIdSet parents;
  MP_TRY(each_id(derived, derived_parts, "_parent", context,
                 [&](std::size_t, std::int64_t, const RowId& id) { parents.insert(id); }));
  change.removed = parents;
  MP_ASSIGN(change.added, select_rows(upstream, upstream_parts, context, [&](const RowId& id) {
              change.removed.erase(id);
              return !parents.count(id);
            }));
  change.cursor_only = change.reconciled = true;
  return change;
}

Result<Change> by_difference(const pond::Table& upstream, std::int64_t from, std::int64_t to, Context& context) {
  Change change;
  MP_ASSIGN(pond::Difference difference, upstream.difference(from, to));
  if (difference.removed.empty()) {
    change.added = std::move(difference.added);
    return change;
  }
  MP_TRY(each_id(upstream, difference.removed, "_row", context,
                 [&](std::size_t, std::int64_t, const RowId& id) { change.removed.insert(id); }));
  // A row on both sides was only moved or touched (a compaction, a new modification time): its content is the same.
  RowIdSet moved;
  MP_ASSIGN(change.added, select_rows(upstream, difference.added, context, [&](const RowId& id) {
              if (!change.removed.count(id)) return true;
              moved.insert(id);
              return false;
            }));
  for (const RowId& id : moved) change.removed.erase(id);
  return change;
}

Status add_retries(const pond::Table& upstream, const RowIdSet& retry, Change& change, Context& context) {
  if (retry.empty() || change.rebuild) return {};
  RowIdSet already;
  MP_TRY(each_id(upstream, change.added, "_row", context,
                 [&](std::size_t, std::int64_t, const RowId& id) { already.insert(id); }));
  MP_ASSIGN(const auto parts, live_parts(upstream));
  MP_ASSIGN(auto again, select_rows(upstream, parts, context,
                                    [&](const RowId& id) { return retry.count(id) && !already.count(id); }));
  for (FilePart& part : again) change.added.push_back(std::move(part));
  for (const RowId& id : retry) change.removed.insert(id);  // what they gave before goes
  return {};
}

}  // namespace

std::int64_t Change::added_rows() const {
  std::int64_t rows = 0;
  for (const FilePart& part : added) rows += part.rows();
  return rows;
}

Status each_id(const pond::Table& table, const std::vector<FilePart>& parts, const std::string& column,
               Context& context, const std::function<void(std::size_t, std::int64_t, const RowId&)>& visit) {
  if (parts.empty()) return {};
  pond::ReadOptions options;
  options.columns = {column};
  options.with_positions = true;
  options.batch_rows_max = 65536;
  MP_ASSIGN(const auto stream, table.read(parts, options, context));
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, stream->next(context));
    if (!batch) return {};
    const auto* ids = dynamic_cast<const arrow::FixedSizeBinaryArray*>((*batch)->GetColumnByName(column).get());
    const auto* files = dynamic_cast<const arrow::Int32Array*>((*batch)->GetColumnByName("_file").get());
    const auto* positions = dynamic_cast<const arrow::Int64Array*>((*batch)->GetColumnByName("_pos").get());
    if (!ids || ids->byte_width() != 16 || !files || !positions) {
      return corrupt("table ", table.name(), ": column is not fixed[16]: ", column);
    }
    for (std::int64_t row = 0; row < ids->length(); ++row) {
      visit(static_cast<std::size_t>(files->Value(row)), positions->Value(row), row_id_from(ids->GetView(row)));
    }
  }
}

std::string newest_summary(const pond::Table& table, std::string_view key) {
  std::optional<pond::Snapshot> snapshot = table.current();
  while (snapshot) {
    if (const auto found = snapshot->summary.find(std::string(key)); found != snapshot->summary.end())
      return found->second;
    if (!snapshot->parent) break;
    auto parent = table.snapshot(*snapshot->parent);
    if (!parent.ok()) break;
    snapshot = *std::move(parent);
  }
  return {};
}

Result<Change> change_of(const pond::Table& upstream, const pond::Table& derived, const std::string& fingerprint,
                         const RowIdSet& retry, Context& context) {
  Change change;
  const auto now = upstream.current_id();
  const bool first = !derived.current();
  if (first || newest_summary(derived, kFingerprintKey) != fingerprint) {
    change.rebuild = !first;
    MP_ASSIGN(change.added, live_parts(upstream));
    change.cursor_only = now.has_value();
    return change;
  }
  const std::string cursor = newest_summary(derived, kUpstreamKey);
  std::int64_t taken_up = 0;
  const char* end = cursor.data() + cursor.size();
  const auto parsed = std::from_chars(cursor.data(), end, taken_up);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == end && upstream.snapshot(taken_up).ok();
  if (whole && now == taken_up) {
    MP_TRY(add_retries(upstream, retry, change, context));
    return change;
  }
  if (whole && now) {
    MP_ASSIGN(change, by_difference(upstream, taken_up, *now, context));
    change.cursor_only = true;
  } else {
    MP_ASSIGN(change, reconcile(upstream, derived, context));
  }
  MP_TRY(add_retries(upstream, retry, change, context));
  return change;
}

}  // namespace millpond::flow
