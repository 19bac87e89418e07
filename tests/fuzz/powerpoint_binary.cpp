// Presentations of PowerPoint 97 to 2003. Any bytes give a document or an error; what comes out keeps the promises of
// the document model.
#include "millpond/extract/powerpoint_binary.h"

#include "text_promises.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  millpond::extract::Limits limits;
  limits.output_bytes = 16 << 20;
  limits.memory_bytes = 64 << 20;
  limits.quality = millpond::extract::Quality::kFast;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto document = millpond::extract::parse_powerpoint_binary(bytes, limits);
  if (document.ok()) millpond::extract::check_promises(*document);
  return 0;
}
