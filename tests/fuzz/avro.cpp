// Manifests and manifest lists from bytes that nobody vouches for: an error or entries, never a crash.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pond/manifest.h"
#include "pond/manifest_scan.h"

namespace {

using namespace millpond;

const pond::TableMetadata& table() {
  static const pond::TableMetadata made =
      *pond::new_metadata({{"id", int64()}}, "file:/t", {{"partition-by", "bucket(4, id)"}});
  return made;
}

const pond::BoundFilter& filter() {
  static const pond::BoundFilter made = *pond::BoundFilter::make(*pond::parse_filter("id = 5"), table());
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)pond::parse_manifest(bytes, {});
  (void)pond::matching_entries(bytes, {}, filter(), table().specs[0]);
  const auto list = pond::parse_manifest_list(bytes);
  for (std::size_t i = 0; list.ok() && i < list->size(); ++i) {
    (void)filter().may_match_manifest((*list)[i], table().specs[0]);
  }
  return 0;
}
