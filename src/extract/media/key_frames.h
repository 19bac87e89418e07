#pragma once
// Pictures that tell what a film shows.

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "extract/pictures/resample.h"
#include "millpond/extract/film.h"
#include "millpond/status.h"

namespace millpond::extract {

/// How often each shade of red, green and blue is in each of 16 regions of a picture.
/// Shape: [region][colour][shade], each of these histograms adds up to 1.
struct PictureColours {
  static constexpr std::size_t kRegions = 16, kShades = 8;
  std::array<float, kRegions * 3 * kShades> share{};
  bool plain = false;  ///< hardly more than one colour: a fade, a title's ground
};
PictureColours colours_of(const Raster& picture);

/// 0 for the same, 1 where no region has a shade in common.
float difference(const PictureColours& a, const PictureColours& b);

/// A frame that was looked at: which one, when, and what it shows.
struct SeenFrame {
  std::int64_t number = 0, start_ms = 0;
  float change = 0;  ///< against the one taken before
};

/// Says of one frame after the other, in the order of their times, whether it is taken.
class FrameChooser {
 public:
  explicit FrameChooser(const FilmRules& rules) : rules_(rules) {}
  void look(std::int64_t number, std::int64_t start_ms, const PictureColours& colours);
  /// At most `frames_max`, by time.
  std::vector<SeenFrame> chosen() const;

 private:
  const FilmRules rules_;
  PictureColours last_, before_;  // the one taken last, and the one looked at last
  SeenFrame seen_;                // at the last look
  std::vector<SeenFrame> taken_;
  SeenFrame plain_;  // for a film that shows nothing else
  bool any_plain_ = false;
};

/// A picture out of a film, upright, of square pixels, not larger than 1280 on a side.
struct KeyFrame {
  std::int64_t start_ms = 0;
  Raster picture;  ///< three channels
};

/// Decodes only frames that stand for themselves (key frames), at most one a second to look at, and those that are
/// chosen once more. `advanced` is called all the time with the share that is done; `take` gets the chosen ones by
/// time. Errors: kNotFound without a track of film; kUnsupported for its coding; as `MediaFile::open`; those of `take`.
Status read_key_frames(std::string_view bytes, const FilmRules& rules, const std::function<void(double)>& advanced,
                       const std::function<Status(KeyFrame&&)>& take);

}  // namespace millpond::extract
