// Personal data in any bytes: findings lie in the text, in order, none over another; every replacement can be made.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "curate/pii/pii_finder.h"
#include "curate/pii/pseudonyms.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millpond::curate;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const Pseudonyms pseudonyms("a key for this test only");
  PiiFinder finder(PiiKindSet().set(), 0);
  std::size_t at = 0;
  for (const PiiFinding& found : finder.find(text)) {
    if (found.begin < at || found.end <= found.begin || found.end > size) std::abort();
    if (!(found.confidence > 0 && found.confidence <= 1)) std::abort();
    at = found.end;
    const std::string_view value = text.substr(found.begin, found.end - found.begin);
    if (pseudonyms.pseudonym(found.kind, value).empty() || pseudonyms.tag(found.kind, value).empty()) std::abort();
  }
  return 0;
}
