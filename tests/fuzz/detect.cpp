#include "millpond/extract/detect.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

// The first byte chooses the file's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::string_view kNames[] = {"", "a.md", "a.txt", "a.csv", "a.rst", "a.docx"};
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (millpond::extract::detect_media_type(bytes, kNames[data[0] % 6]).empty()) std::abort();
  return 0;
}
