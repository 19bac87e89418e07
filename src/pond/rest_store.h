#pragma once
// The pond's catalog with all of its namespaces, tables and views: the same that builds commit to.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millpond/status.h"
#include "pond/answer_note.h"
#include "pond/location.h"

namespace millpond::pond {

/// Levels of a namespace, outermost first. In the database they are joined by dots; a dot inside a level is %2E there.
using Namespace = std::vector<std::string>;
std::string namespace_key(const Namespace& levels);
Namespace namespace_levels(std::string_view key);

enum class EntryKind : unsigned char { kTable, kView };

struct EntryName {
  std::string name_space;  ///< as `namespace_key` writes it
  std::string name;
  auto operator<=>(const EntryName&) const = default;
};

struct Entry {
  EntryKind kind = EntryKind::kTable;
  std::string metadata_location;
};

/// One change of an entry. Without `expected` the entry must not exist; without `location` it goes.
struct Swap {
  EntryName name;
  EntryKind kind = EntryKind::kTable;
  std::optional<std::string> expected, location;
};

/// Changes keep the `notes` that they are given, in the same transaction. Errors: also kUnavailable if there is an
/// answer of the same key.
/// Threads: any. Processes: as `Catalog`.
class RestStore {
 public:
  /// `root`: the pond's folder, or s3://bucket/prefix. Errors: kNotFound if there is no pond, as the catalog's
  /// otherwise.
  static Result<std::unique_ptr<RestStore>> open(const std::string& root);
  virtual ~RestStore() = default;

  const std::string& root() const { return root_; }
  /// Metadata names files by where the pond was made; these map to where it is now, and back.
  std::string to_path(std::string_view uri) const { return path_of(uri, root_, recorded_root_); }
  std::string to_uri(std::string_view path) const { return uri_of(path, root_, recorded_root_); }

  using Properties = std::map<std::string, std::string>;
  /// Also namespaces that only exist because something is in them. Sorted keys.
  virtual Result<std::vector<std::string>> namespaces() = 0;
  virtual Result<bool> has_namespace(const std::string& key) = 0;
  virtual Result<Properties> properties(const std::string& key) = 0;
  /// Errors: kAlreadyExists.
  virtual Status create_namespace(const std::string& key, const Properties& properties,
                                  const AnswerNotes& notes = {}) = 0;
  virtual Status change_properties(const std::string& key, const Properties& updates,
                                   const std::vector<std::string>& removals, const AnswerNotes& notes = {}) = 0;
  /// Errors: kNotFound; kConflict if something is in it.
  virtual Status drop_namespace(const std::string& key, const AnswerNotes& notes = {}) = 0;

  virtual Result<std::optional<Entry>> find(const EntryName& name) = 0;
  virtual Result<std::vector<std::string>> list(const std::string& name_space, EntryKind kind) = 0;
  virtual Result<std::vector<std::string>> all_locations() = 0;

  /// All or none, durable when it returns the swaps that did not hold: empty if it was done.
  /// Errors: kUnavailable (nothing was written); kInternal with "outcome is unknown" if that is so.
  virtual Result<std::vector<EntryName>> swap(const std::vector<Swap>& swaps, const AnswerNotes& notes = {}) = 0;
  /// Errors: kNotFound, kAlreadyExists.
  virtual Status rename(const EntryName& from, const EntryName& to, EntryKind kind, const AnswerNotes& notes = {}) = 0;

  /// An answer that a change left; none after `kAnswerLifetime`.
  virtual Result<std::optional<AnswerNote>> answer(const std::string& key) = 0;
  /// Whether an answer that is kept is made of this metadata file.
  virtual Result<bool> has_answer_of(const std::string& location) = 0;

 protected:
  std::string root_, recorded_root_;
};

std::string_view kind_text(EntryKind kind);  ///< as it stands in catalogs: TABLE or VIEW

}  // namespace millpond::pond
