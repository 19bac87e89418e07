// Any bytes as a fastText model: refused, or read and asked, never read beyond.

#include "millpond/curate/ngram_model.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto model = millpond::curate::NgramModel::parse(bytes, {.decoded_bytes_max = 1 << 22, .buckets_max = 1 << 18});
  if (!model.ok()) return 0;
  millpond::curate::NgramReader reader(*model);
  std::vector<millpond::curate::LabelScore> best;
  for (const char* text : {"", "ka lo mi", "\xE5\xB1\xB1 \xFF\x80 __label__ola a", "ka </s> lo"}) {
    reader.classify(text, 1, best);
    reader.classify(text, 5, best);
    reader.classify(bytes.substr(0, 500), 2, best);
  }
  return 0;
}
