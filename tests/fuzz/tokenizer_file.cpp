// Any bytes as a tokenizer.json: refused, or texts become ids; never a crash, never a read beyond.

#include <cstddef>
#include <cstdint>

#include "millpond/model/text_encoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = millpond::model::TokenizerFile::parse({reinterpret_cast<const char*>(data), size});
  if (!file.ok()) return 0;
  const auto encoder = (*file)->encoder();
  std::vector<std::int32_t> ids;
  for (const char* text :
       {"the mill's  wheel\n2026 caf\u00e9 \u4e2d\u6587 <s>[MASK]\u2581x", "\xff\xfe broken \xc3", " ", ""}) {
    encoder->encode(text, ids);
  }
  return 0;
}
