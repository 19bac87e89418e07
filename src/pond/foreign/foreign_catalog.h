#pragma once
// Tables in somebody else's Iceberg REST catalog.

#include <memory>
#include <string>

#include "pond/catalog.h"
#include "pond/foreign/rest_client.h"
#include "pond/metadata_writer.h"

namespace millpond::pond {

/// The tables of one namespace, which is made with the first table. The catalog writes metadata files itself: it is
/// sent what changes, under the requirements that nothing of it changed meanwhile.
class ForeignCatalog final : public Catalog, public MetadataWriter {
 public:
  static Result<std::unique_ptr<ForeignCatalog>> open(const CatalogOptions& options);

  const std::string& recorded_root() const override { return no_root_; }
  Result<std::vector<std::string>> tables() override;
  Result<std::optional<std::string>> location(std::string_view table) override;
  Result<bool> remove(std::string_view table, const std::string& expected) override;

  Status create(std::string_view table, const TableMetadata& metadata) override;
  Result<bool> commit(std::string_view table, const TableMetadata& base, const TableMetadata& next) override;

  /// Not asked of a catalog that writes metadata itself. Errors: kUnsupported.
  Status add(std::string_view table, const std::string& location) override;
  Result<bool> swap(std::string_view table, const std::string& expected, const std::string& location) override;
  Result<bool> swap_all(const std::vector<CatalogSwap>& swaps) override;
  Result<bool> move_root(const std::string& from, const std::string& to) override;

 private:
  ForeignCatalog(std::unique_ptr<RestClient> client, const CatalogOptions& options);
  std::string path_of_table(std::string_view table) const;
  Result<bool> has_snapshot(std::string_view table, std::int64_t id);

  std::unique_ptr<RestClient> client_;
  std::string namespace_;       // levels joined by dots
  std::string namespace_path_;  // as in an address
  std::string no_root_;
};

}  // namespace millpond::pond
