#pragma once
// Namespaces, tables and views of a pond in an object store.

#include <memory>
#include <string>

#include "pond/rest_store.h"

namespace millpond::pond {

/// `root`: s3://bucket/prefix. Errors: kNotFound, and those of `CatalogObject::read`.
Result<std::unique_ptr<RestStore>> open_object_rest_store(const std::string& root);

}  // namespace millpond::pond
