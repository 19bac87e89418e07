#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "millpond/extract/encoded_document.h"

// What decodes must encode to the same bytes again (metadata keys come sorted and once, or it would not).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millpond::extract;
  const auto opened = EncodedDocument::open_copy({reinterpret_cast<const char*>(data), size});
  if (!opened.ok()) return 0;
  const Document document = opened->copy();
  std::string bytes;
  encode(document, bytes);
  const auto again = EncodedDocument::open_copy(bytes);
  if (!again.ok() || again->copy() != document) std::abort();
  return 0;
}
