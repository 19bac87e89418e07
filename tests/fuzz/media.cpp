// Sound and film through FFmpeg's libraries: tags and tracks, samples, key frames. Any bytes give them or an error. The
// libraries themselves are not built for fuzzing; what they make of broken files passes through our code.
#include <cmath>
#include <cstdlib>
#include <vector>

#include "extract/media/av_library.h"
#include "extract/media/key_frames.h"
#include "extract/media/media_sound.h"
#include "millpond/extract/sound.h"
#include "text_promises.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millpond;
  using namespace millpond::extract;
  if (!av::load_library().ok()) return 0;
  Limits limits;
  limits.output_bytes = 16 << 20;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto document = parse_media(bytes, limits); document.ok()) check_promises(*document);
  if (const auto sound = open_media_sound(bytes); sound.ok()) {
    constexpr std::size_t kSamplesMax = 2'000'000;
    std::vector<float> samples;
    for (std::size_t before = 1; before != samples.size() && samples.size() < kSamplesMax;) {
      before = samples.size();
      if (!(*sound)->read(samples).ok()) break;
    }
    for (const float value : samples) {
      if (!std::isfinite(value)) std::abort();
    }
  }
  std::size_t frames = 0;
  FilmRules rules;
  rules.frames_max = 4, rules.seconds_min = 0.2F;
  (void)read_key_frames(
      bytes, rules, [](double) {},
      [&](KeyFrame&& frame) -> Status {
        const Raster& picture = frame.picture;
        if (picture.width < 1 || picture.height < 1 || picture.width > 1280 || picture.height > 1280) std::abort();
        if (picture.pixels.size() !=
            3 * static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height))
          std::abort();
        if (++frames > 4 || frame.start_ms < 0) std::abort();
        return {};
      });
  return 0;
}
