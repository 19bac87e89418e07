#pragma once
// One table's files under other names.

#include <map>
#include <string>
#include <vector>

#include "millpond/context.h"
#include "pond/rest_document.h"
#include "pond/state.h"

namespace millpond::pond {

/// Where a pond was and is. Names of files as they stand in metadata: `file:///a/b`, `file:/a/b`, `/a/b`, or
/// `s3://bucket/key`.
struct Places {
  std::string from, to;  ///< folders, or prefixes of objects
  bool is_old(std::string_view name) const;
  std::string moved(const std::string& name) const;  ///< unchanged if it is not below `from`
};

std::string uri_of_path(const std::string& path);

/// Writes a table's metadata, manifest lists, manifests and delete files anew. Nothing names them yet.
class TableRelocation {
 public:
  TableRelocation(PondState& pond, const Places& places, Context& context)
      : pond_(pond), places_(places), context_(context) {}

  /// `doc`: the table's metadata. Returns the new metadata. Errors: kUnsupported; kDataCorrupt.
  Result<Document> run(const Document& doc, std::string_view text);
  const std::vector<std::string>& written() const { return written_; }

 private:
  Result<std::string> move_list(const Snapshot& snapshot);
  Result<ManifestFile> move_manifest(const ManifestFile& line);
  Result<bool> concerns_old_files(const ManifestEntry& entry);
  Result<bool> names_old_files(const ManifestEntries& entries);
  Status move_entry(ManifestEntry& entry);
  Result<ManifestEntry> rewrite_positions(const ManifestEntry& entry);
  Status rewrite_vectors(const std::string& file, ManifestEntry& entry);
  std::string new_path(const std::string& old_uri, std::string_view ending) const;
  Status write(const std::string& path, const std::string& bytes);

  PondState& pond_;
  const Places& places_;
  Context& context_;
  TableMetadata table_;
  std::map<std::string, ManifestFile> manifests_;  // by their old cache keys
  std::map<std::string, ManifestEntry> deletes_;   // by their old keys
  std::vector<std::string> written_;
};

/// Every text in a document that names a file of the pond, moved.
void move_names(Document& value, const Places& places);

}  // namespace millpond::pond
