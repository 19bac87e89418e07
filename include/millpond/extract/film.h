#pragma once
// Which pictures are taken out of a film.

#include <cstdint>

namespace millpond::extract {

/// A key frame is taken where the picture has changed since the last one that was taken, and once in a while where it
/// has not. Units: seconds of the film.
struct FilmRules {
  std::int32_t frames_max = 60;  ///< 0: none. Of more, those that differ most stay, spread over the film
  float seconds_min = 5;         ///< not sooner after the last one
  float seconds_max = 120;       ///< not later, whatever it shows
  bool transcript = true;        ///< false: what is said is not written down
};

}  // namespace millpond::extract
