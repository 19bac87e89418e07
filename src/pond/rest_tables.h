#pragma once
// Tables and views of the whole catalog: load, create, commit, drop, on metadata as documents.

#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pond/rest_document.h"
#include "pond/rest_store.h"

namespace millpond::pond {

/// One version of a table or view, as text and as document. Immutable.
struct LoadedEntry {
  std::string metadata_location;
  std::shared_ptr<const std::string> text;
  std::shared_ptr<const Document> document;
};

/// What one client wants changed.
struct Change {
  EntryName name;
  EntryKind kind = EntryKind::kTable;
  Document requirements = Document::array(), updates = Document::array();
  AnswerNotes notes;  ///< kept with the change; their location is set to the new metadata's
};

/// A commit applies its requirements and updates to the state that the catalog names, writes a metadata file, syncs it
/// and its folder, and swaps it in. Commits of one table queue up: those that wait are applied together, in the order
/// in which they came, and share one file and one swap. When another process was faster, they are applied to its state
/// instead; so only a requirement that no longer holds is a conflict.
///
/// Errors:  kNotFound, kAlreadyExists, kConflict, kInvalidArgument, kPermissionDenied for a place outside of the pond;
///          kInternal with "outcome is unknown" if the catalog failed in the middle of its commit.
/// Threads: any. Processes: any number, builds included.
class RestTables {
 public:
  /// `locations`: prefixes outside of the pond where clients may put tables, such as "file:/data/lake".
  RestTables(std::unique_ptr<RestStore> store, std::vector<std::string> locations);

  RestStore& store() { return *store_; }
  Result<LoadedEntry> load(const EntryName& name, EntryKind kind);
  /// Where a new table or view goes if its maker does not say: a folder of its own.
  std::string default_location(const EntryName& name) const;
  Status check_location(const std::string& location) const;
  Result<LoadedEntry> create(const EntryName& name, EntryKind kind, Document metadata, AnswerNotes notes = {});
  Result<LoadedEntry> commit(Change change);
  /// All or none. Errors also name the table.
  Status commit_all(std::vector<Change> changes, const AnswerNotes& notes = {});
  /// `purge`: also removes the files in the table's folder, unless another entry lies in there.
  Status drop(const EntryName& name, EntryKind kind, bool purge, const AnswerNotes& notes = {});
  Result<LoadedEntry> adopt(const EntryName& name, const std::string& metadata_location, bool overwrite,
                            AnswerNotes notes = {});
  /// The metadata at a place.
  Result<LoadedEntry> read(const std::string& metadata_location);

 private:
  struct Waiting;
  struct Queue;
  struct Step;

  Status not_there(const EntryName& name, EntryKind kind) const;
  Status taken(const EntryName& name, EntryKind there) const;
  void remember(const LoadedEntry& entry);
  void lead(const EntryName& name, EntryKind kind, std::vector<Waiting*>& batch);
  Result<bool> try_batch(const EntryName& name, EntryKind kind, std::vector<Waiting*>& batch);
  Result<Step> prepare(const EntryName& name, EntryKind kind);
  Status advance(Step& step, const Change& change) const;
  Status write(Step& step, std::vector<std::string>& written) const;
  void settle(Step& step);

  std::unique_ptr<RestStore> store_;
  std::vector<std::string> locations_;  // as paths
  std::mutex mutex_;
  std::map<EntryName, std::shared_ptr<Queue>> queues_;
  std::list<LoadedEntry> cache_;  // used last first
  std::size_t cache_bytes_ = 0;
};

}  // namespace millpond::pond
