#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "millpond/extract/document.h"

// What decodes must encode to the same bytes again (metadata keys come sorted and once, or it would not).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millpond::extract;
  const auto document = decode({reinterpret_cast<const char*>(data), size});
  if (!document.ok()) return 0;
  std::string bytes;
  encode(*document, bytes);
  const auto again = decode(bytes);
  if (!again.ok() || again->elements.size() != document->elements.size()) std::abort();
  return 0;
}
