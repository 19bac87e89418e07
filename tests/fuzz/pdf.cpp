#include "millpond/extract/pdf.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

// Small limits: the fuzzer should look for crashes, not for slow documents.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  millpond::extract::Limits limits;
  limits.pages = 20;
  limits.output_bytes = 1 << 20;
  (void)millpond::extract::parse_pdf({reinterpret_cast<const char*>(data), size}, limits);
  return 0;
}
