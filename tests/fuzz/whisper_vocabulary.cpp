// Any bytes as a vocabulary and, after an empty line, its configuration; then any tokens under its rules.

#include "extract/speech/whisper_vocabulary.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "extract/speech/whisper_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(bytes.find("\n\n"), bytes.size());
  const auto made = millpond::extract::read_vocabulary(bytes.substr(0, cut), bytes.substr(std::min(cut + 2, size)));
  if (!made.ok()) return 0;
  std::vector<int> said;
  for (std::size_t i = 0; i < size && i < 64; ++i) said.push_back(static_cast<int>(data[i] % made->words.size()));
  (void)made->text(said);
  std::vector<float> scores(made->words.size(), 0.0F);
  millpond::extract::apply_whisper_rules(*made, said, scores);
  millpond::extract::log_softmax(scores);
  int next = 0;
  (void)millpond::extract::cut_at_times(said, made->time_zero, 1500, next);
  if (next > 1500) __builtin_trap();
  return 0;
}
