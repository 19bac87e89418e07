// Addresses in their normal form. Any bytes give one, no longer than what was given.
#include "curate/urls/normal_url.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view url(reinterpret_cast<const char*>(data), size);
  for (const bool query : {true, false}) {
    const std::string normal = millpond::curate::normal_url(url, query);
    if (normal.size() > url.size()) std::abort();
  }
  return 0;
}
