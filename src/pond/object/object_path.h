#pragma once
// Names of places in object stores.

#include <string>
#include <string_view>

#include "millpond/status.h"

namespace millpond::pond {

enum class ObjectService : unsigned char {
  kS3,      ///< s3://bucket/key; s3a:// is an alias
  kAzure,   ///< abfss://container@account.dfs.core.windows.net/key; abfs, wasb, wasbs and az are aliases
  kGoogle,  ///< gs://bucket/key; gcs:// is an alias
};

/// A bucket (a container, in Azure) and what follows it.
struct ObjectPath {
  std::string bucket, key;
  ObjectService service = ObjectService::kS3;
  std::string host;  ///< of an Azure account: "account.dfs.core.windows.net"; empty elsewhere
};

/// True for places in an object store, however they are written.
bool is_object(std::string_view path);
/// `az://container/key` names no account: it is that of the environment (see azure_settings.h).
/// Errors: kInvalidArgument without a bucket, or without an account.
Result<ObjectPath> parse_object_path(std::string_view path);
/// The one spelling that metadata, the catalog and messages use; other engines read it.
std::string object_uri(const ObjectPath& path);
/// The same place in that spelling; `path` as it is if it names none.
std::string one_spelling(std::string_view path);
/// Refuses what is neither a folder nor a place in an object store.
Status check_scheme(std::string_view path);

}  // namespace millpond::pond
