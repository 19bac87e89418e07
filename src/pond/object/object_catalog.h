#pragma once
// The tables of a pond in an object store.

#include <memory>
#include <string>

#include "pond/catalog.h"
#include "pond/object/catalog_object.h"

namespace millpond::pond {

/// `root`: s3://bucket/prefix, without a slash at its end.
class ObjectCatalog final : public Catalog {
 public:
  /// Errors: of `CatalogObject::create`.
  static Result<std::unique_ptr<ObjectCatalog>> create(const std::string& root);
  /// Errors: kNotFound, and those of `CatalogObject::read`.
  static Result<std::unique_ptr<ObjectCatalog>> open(const std::string& root);

  const std::string& recorded_root() const override { return recorded_root_; }
  Result<std::vector<std::string>> tables() override;
  Result<std::optional<std::string>> location(std::string_view table) override;
  Status add(std::string_view table, const std::string& location) override;
  Result<bool> swap(std::string_view table, const std::string& expected, const std::string& location) override;
  Result<bool> swap_all(const std::vector<CatalogSwap>& swaps) override;
  Result<bool> move_root(const std::string& from, const std::string& to) override;
  Result<bool> remove(std::string_view table, const std::string& expected) override;

  /// Where the catalog of a pond is.
  static std::string path_in(const std::string& root) { return root + "/catalog.json"; }

 private:
  ObjectCatalog(std::shared_ptr<ObjectStore> store, const std::string& root)
      : catalog_(std::move(store), path_in(root)) {}

  CatalogObject catalog_;
  std::string recorded_root_;
};

}  // namespace millpond::pond
