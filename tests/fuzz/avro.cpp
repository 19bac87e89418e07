// Manifests and manifest lists from bytes that nobody vouches for: an error or entries, never a crash.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pond/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)millpond::pond::parse_manifest(bytes, {});
  (void)millpond::pond::parse_manifest_list(bytes);
  return 0;
}
