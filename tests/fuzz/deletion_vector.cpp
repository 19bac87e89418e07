// Deletion vectors: what is accepted can be written, and read again to the same positions.

#include "pond/deletion_vector.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pond/roaring.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millpond::pond;
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  (void)parse_vector(bytes);
  constexpr std::int64_t kLimit = 1 << 20;
  const auto parsed = parse_roaring(bytes, kLimit);  // without the checksum, which random bytes never have
  if (!parsed.ok()) return 0;
  const auto again = parse_roaring(serialise_roaring(*parsed), kLimit);
  if (!again.ok() || *again != *parsed) std::abort();
  return 0;
}
