// Any bytes as a language file of Tesseract: refused or read, and what is read can run.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "extract/ocr/lstm/decode.h"

namespace lstm = millpond::extract::lstm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kWeightsMax = 1 << 16;
  const auto parts = lstm::split_language_file({reinterpret_cast<const char*>(data), size});
  if (!parts.ok()) return 0;
  const auto network = lstm::read_network(parts->network);
  const auto dictionary = lstm::Dictionary::read(*parts);
  if (!network.ok() || !dictionary.ok()) return 0;
  const auto letters = lstm::read_letters(parts->letters, parts->codes, network->layers.back().outputs);
  if (!letters.ok()) return 0;
  std::size_t weights = 0;
  for (const auto& layer : network->layers) weights += static_cast<std::size_t>(layer.outputs) * layer.inputs;
  if (weights > kWeightsMax) return 0;
  lstm::LinePixels line{21, network->height, {}};
  line.pixels.resize(static_cast<std::size_t>(line.width) * line.height, 100);
  const auto scores = lstm::Runner(*network).run({&line, 1});
  for (const auto& word : lstm::read_line(scores[0], {&*letters, &*dictionary, network->blank}).words) {
    if (word.from < 0 || word.to > scores[0].steps) __builtin_trap();
  }
  return 0;
}
