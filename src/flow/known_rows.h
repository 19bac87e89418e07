#pragma once
// Rows of earlier builds, by the key of what their costly steps read.

#include <memory>
#include <span>
#include <vector>

#include "millpond/pond/pond.h"
#include "millpond/row_hash.h"

namespace millpond::flow {

/// Where a known row is.
struct Place {
  std::int32_t file = 0;
  std::int64_t position = 0;
};

/// Shape:   48 bytes a row of the table.
/// Threads: immutable after `load`; `fetch` opens files of its own.
class KnownRows {
 public:
  /// Reads the `_key` and `_parent` columns of the table's live rows.
  static Result<std::unique_ptr<KnownRows>> load(const pond::Table& table, Context& context);

  /// The rows that one parent had for this key, in order; empty if the key is not known.
  std::vector<Place> find(const RowId& key) const;
  /// The named columns of these rows, in the order given.
  Result<Batch> fetch(std::span<const Place> places, const std::vector<std::string>& columns, Context& context) const;
  bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    RowId key, parent;
    Place place;
  };
  explicit KnownRows(pond::Table table) : table_(std::move(table)) {}
  pond::Table table_;
  std::vector<pond::FilePart> parts_;
  std::vector<Entry> entries_;  // by key, then place
};

}  // namespace millpond::flow
