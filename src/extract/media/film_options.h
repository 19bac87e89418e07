#pragma once
// What a pond's owner says about the pictures of films.

#include "millpond/extract/film.h"
#include "millpond/options.h"
#include "millpond/status.h"

namespace millpond::extract {

/// Reads `key_frames_max`, `key_frame_seconds_min` and `key_frame_seconds_max`. Errors: kInvalidArgument.
Result<FilmRules> film_rules(const Options& options);

}  // namespace millpond::extract
