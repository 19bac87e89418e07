#include "extract/media/film_options.h"

namespace millpond::extract {

Result<FilmRules> film_rules(const Options& options) {
  const std::int64_t frames_max = options.integer("key_frames_max");
  const double seconds_min = options.number("key_frame_seconds_min"),
               seconds_max = options.number("key_frame_seconds_max");
  if (frames_max < 0 || frames_max > 10'000) return invalid("key_frames_max must be between 0 and 10000: ", frames_max);
  if (seconds_min < 0 || seconds_min > 86'400)
    return invalid("key_frame_seconds_min must be between 0 and 86400: ", seconds_min);
  if (seconds_max < seconds_min || seconds_max > 1e6)
    return invalid("key_frame_seconds_max must be at least key_frame_seconds_min: ", seconds_max);
  FilmRules rules;
  rules.frames_max = static_cast<std::int32_t>(frames_max);
  rules.seconds_min = static_cast<float>(seconds_min), rules.seconds_max = static_cast<float>(seconds_max);
  return rules;
}

}  // namespace millpond::extract
