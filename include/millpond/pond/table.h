#pragma once
// One version of a table: its schema, its snapshots, and the rows in them.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/pond/data_file.h"
#include "millpond/schema.h"
#include "millpond/status.h"
#include "millpond/stream.h"
#include "millpond/type_fwd.h"

namespace millpond::pond {

struct PondState;
struct TableState;
class Update;

/// Source: Iceberg spec, "Snapshots".
struct Snapshot {
  std::int64_t id = 0;
  std::optional<std::int64_t> parent;
  std::int64_t sequence_number = 0;
  std::int64_t timestamp_ms = 0;
  std::string operation;                       ///< append, overwrite, delete or replace
  std::map<std::string, std::string> summary;  ///< without `operation`
  std::string manifest_list;
  std::int32_t schema_id = 0;
  std::optional<std::int64_t> first_row_id;  ///< version 3: ids from here on were given to the rows of this commit
  std::int64_t assigned_rows = 0;            ///< version 3: so many ids at most
  std::string at() const;                    ///< "2026-01-31T12:00:00.000Z"
};

/// What came and went between two snapshots. A file that stands unchanged in both is in neither list.
/// Row order: the order of the files in the snapshot, then position.
struct Difference {
  std::vector<FilePart> added, removed;
  std::int64_t added_rows() const;
  std::int64_t removed_rows() const;
};

struct ReadOptions {
  std::vector<std::string> columns;  ///< top-level names, in this order; empty: all
  bool with_positions = false;       ///< adds `_file: int32` (index of the part) and `_pos: int64` (row in its file)
  /// Adds `_row_id: int64` and `_last_updated_sequence_number: int64` (row lineage of version 3; null where none).
  bool with_lineage = false;
  std::int64_t batch_rows_max = 4096;
  int threads = 0;  ///< 0: as many as the context has; the order of rows never depends on it
};

struct ScanOptions : ReadOptions {
  std::optional<std::int64_t> snapshot;  ///< none: the current one
};

/// An immutable view of one version of a table. Cheap to copy. Threads: any.
class Table {
 public:
  const std::string& name() const;
  const std::string& location() const;           ///< file:// URI
  const std::string& metadata_location() const;  ///< names this version
  const Schema& schema() const;
  ArrowSchema arrow_schema() const;
  const std::map<std::string, std::string>& properties() const;
  std::int64_t version() const;  ///< counts commits, from 0
  int format_version() const;    ///< of Iceberg: 1, 2 or 3

  std::optional<Snapshot> current() const;  ///< none while the table is empty and was never written
  std::optional<std::int64_t> current_id() const;
  std::vector<Snapshot> snapshots() const;  ///< oldest first
  Result<Snapshot> snapshot(std::int64_t id) const;
  /// `latest`, an id, or a time ("2026-01-31", "2026-01-31T12:00:00Z": the state then).
  /// Errors: kNotFound with what there is; kInvalidArgument.
  Result<Snapshot> snapshot_at(std::string_view text) const;

  /// The files of a snapshot, in the order of their commits.
  Result<std::vector<LiveFile>> files(std::int64_t snapshot_id) const;
  Result<std::vector<LiveFile>> files() const;  ///< of the current snapshot; empty if there is none
  /// Live rows of a snapshot, from the manifests.
  Result<std::int64_t> rows(std::optional<std::int64_t> snapshot_id = {}) const;

  /// Reads rows of files of this table under its current schema, in the order given.
  /// Columns that a file does not have are null; types that were widened since are widened.
  Result<std::unique_ptr<Stream>> read(std::span<const FilePart> parts, const ReadOptions& options,
                                       Context& context) const;
  Result<std::unique_ptr<Stream>> scan(const ScanOptions& options, Context& context) const;

  /// From manifests only; those that both snapshots share are not read. `from` none: everything is new.
  /// A chain of `replace` commits (compaction) is no difference.
  Result<Difference> difference(std::optional<std::int64_t> from, std::int64_t to) const;

  /// Begins a commit on top of this version.
  Update update() const;

  explicit Table(std::shared_ptr<PondState> pond, std::shared_ptr<const TableState> state);
  const std::shared_ptr<const TableState>& state() const { return state_; }
  const std::shared_ptr<PondState>& pond() const { return pond_; }

 private:
  std::shared_ptr<PondState> pond_;
  std::shared_ptr<const TableState> state_;
};

/// All live rows of each file.
std::vector<FilePart> parts_of(std::span<const LiveFile> files);

}  // namespace millpond::pond
