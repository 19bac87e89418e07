// Sound and film: WAV, FLAC, Ogg, MP3, MP4, Matroska. Any bytes give a document or an error; what comes out keeps the
// promises of the document model.
#include "millpond/extract/sound.h"

#include "extract/sound/film_sound.h"
#include "text_promises.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millpond::extract;
  Limits limits;
  limits.output_bytes = 16 << 20;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const auto parse : {parse_wav, parse_flac, parse_ogg, parse_mp3, parse_mp4, parse_matroska}) {
    const auto document = parse(bytes, limits);
    if (document.ok()) check_promises(*document);
  }
  const auto taken = sound_of_matroska(bytes);
  if (taken.ok() && taken->size() > 300 * size + 1000) __builtin_trap();
  return 0;
}
