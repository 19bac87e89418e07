#pragma once
// Writes files of sound and film for tests, with the encoders of the same libraries that read them.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace millpond::extract {

/// A picture of a film, three bytes a pixel.
struct DrawnFrame {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;
};

struct MadeSound {
  std::string codec = "aac";       ///< as FFmpeg names its encoder; empty: no sound
  int rate_hz = 16'000;            ///< of the samples and of the file
  std::span<const float> samples;  ///< one channel
  int begins_s = 0;                ///< how much later than the film
};

struct MadeFilm {
  std::string codec;  ///< "mpeg4", "libvpx" …; empty: no film
  int frames_per_second = 10, frames = 0, key_frame_each = 10;
  std::function<DrawnFrame(int frame)> draw;
};

/// The bytes of a file. `container` as FFmpeg names its writers: "mp4", "ipod" (M4A), "avi", "matroska", "webm", "asf",
/// "mpegts", "adts". Empty if something of it is not there; `problem` says what.
std::string make_media(const std::string& container, const MadeSound& sound, const MadeFilm& film, std::string& problem,
                       int sound_tracks = 1);

}  // namespace millpond::extract
