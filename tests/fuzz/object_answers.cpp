// What an object store answers, and what anybody may have put there: listings, the catalog, profile files.

#include <cstddef>
#include <cstdint>
#include <string>

#include "pond/object/azure_store.h"
#include "pond/object/catalog_object.h"
#include "pond/object/gcs_store.h"
#include "pond/object/object_settings.h"
#include "pond/object/object_store.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)millpond::pond::parse_listing(text);
  (void)millpond::pond::parse_azure_listing(text);
  (void)millpond::pond::parse_gcs_listing(text);
  (void)millpond::pond::parse_connection_string(text);
  millpond::pond::GcsSettings settings;
  (void)millpond::pond::read_gcs_credentials(text, settings);
  (void)millpond::pond::one_spelling(text);
  (void)millpond::pond::parse_catalog(text);
  (void)millpond::pond::parse_profiles(text);
  (void)millpond::pond::parse_object_path(text);
  return 0;
}
