#include "flow/known_rows.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "core/take.h"

namespace millpond::flow {

Result<std::unique_ptr<KnownRows>> KnownRows::load(const pond::Table& table, Context& context) {
  std::unique_ptr<KnownRows> known(new KnownRows(table));
  if (!table.current() || !find_field(table.schema(), "_key")) return known;
  MP_ASSIGN(const auto files, table.files());
  known->parts_ = pond::parts_of(files);
  if (known->parts_.empty()) return known;
  pond::ReadOptions options;
  options.columns = {"_key", "_parent"};
  options.with_positions = true;
  options.batch_rows_max = 65536;
  MP_ASSIGN(const auto stream, table.read(known->parts_, options, context));
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, stream->next(context));
    if (!batch) break;
    const auto* keys = dynamic_cast<const arrow::FixedSizeBinaryArray*>((*batch)->column(0).get());
    const auto* parents = dynamic_cast<const arrow::FixedSizeBinaryArray*>((*batch)->column(1).get());
    const auto* places = dynamic_cast<const arrow::Int32Array*>((*batch)->GetColumnByName("_file").get());
    const auto* positions = dynamic_cast<const arrow::Int64Array*>((*batch)->GetColumnByName("_pos").get());
    if (!keys || !parents || !places || !positions) return corrupt("table ", table.name(), ": _key is not fixed[16]");
    for (std::int64_t row = 0; row < keys->length(); ++row) {
      if (keys->IsNull(row)) continue;
      known->entries_.push_back({row_id_from(keys->GetView(row)),
                                 row_id_from(parents->GetView(row)),
                                 {places->Value(row), positions->Value(row)}});
    }
  }
  std::sort(known->entries_.begin(), known->entries_.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.key, a.place.file, a.place.position) < std::tie(b.key, b.place.file, b.place.position);
  });
  return known;
}

std::vector<Place> KnownRows::find(const RowId& key) const {
  auto entry = std::lower_bound(entries_.begin(), entries_.end(), key,
                                [](const Entry& each, const RowId& wanted) { return each.key < wanted; });
  std::vector<Place> places;
  if (entry == entries_.end() || entry->key != key) return places;
  const RowId parent = entry->parent;
  for (; entry != entries_.end() && entry->key == key; ++entry) {
    if (entry->parent == parent) places.push_back(entry->place);
  }
  return places;
}

Result<Batch> KnownRows::fetch(std::span<const Place> places, const std::vector<std::string>& columns,
                               Context& context) const {
  std::map<std::int32_t, std::vector<std::int64_t>> by_file;
  for (const Place& place : places) by_file[place.file].push_back(place.position);
  std::vector<pond::FilePart> parts;
  std::map<std::int32_t, std::int64_t> first_row;  // of each file, in the rows read
  std::int64_t rows = 0;
  for (auto& [file, positions] : by_file) {
    std::sort(positions.begin(), positions.end());
    positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
    first_row[file] = rows;
    rows += static_cast<std::int64_t>(positions.size());
    pond::FilePart part = parts_[static_cast<std::size_t>(file)];
    part.only = std::make_shared<const pond::Positions>(positions);
    parts.push_back(std::move(part));
  }
  pond::ReadOptions options;
  options.columns = columns;
  options.threads = 1;
  MP_ASSIGN(const auto stream, table_.read(parts, options, context));
  std::vector<Batch> batches;
  while (true) {
    MP_ASSIGN(std::optional<Batch> batch, stream->next(context));
    if (!batch) break;
    batches.push_back(std::move(*batch));
  }
  MP_ASSIGN(const Batch all, concatenate(batches));
  std::vector<std::int64_t> order;
  for (const Place& place : places) {
    const auto& positions = by_file[place.file];
    const auto at = std::lower_bound(positions.begin(), positions.end(), place.position) - positions.begin();
    order.push_back(first_row[place.file] + at);
  }
  return take(all, order);
}

}  // namespace millpond::flow
