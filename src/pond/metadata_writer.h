#pragma once
// Catalogs that write metadata files themselves.

#include <string_view>

#include "millpond/status.h"
#include "pond/metadata.h"

namespace millpond::pond {

/// What such a catalog can do beside naming tables: it is told what should be, and not where it is written.
class MetadataWriter {
 public:
  virtual ~MetadataWriter() = default;
  /// Takes the schema, the format version and the properties; decides the location and ids. Errors: kAlreadyExists.
  virtual Status create(std::string_view table, const TableMetadata& metadata) = 0;
  /// Makes `next` of `base`; false if somebody else was first. Errors: as `Catalog::swap`.
  virtual Result<bool> commit(std::string_view table, const TableMetadata& base, const TableMetadata& next) = 0;
};

}  // namespace millpond::pond
