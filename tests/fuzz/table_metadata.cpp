// Table metadata: what is accepted can be written, and read again to the same text.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pond/metadata.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = millpond::pond::parse_metadata({reinterpret_cast<const char*>(data), size});
  if (!parsed.ok()) return 0;
  const std::string text = millpond::pond::serialise(*parsed);
  const auto again = millpond::pond::parse_metadata(text);
  if (!again.ok() || millpond::pond::serialise(*again) != text) std::abort();
  return 0;
}
