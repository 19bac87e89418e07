#pragma once
// Where somebody speaks.

#include <cstdint>
#include <span>
#include <vector>

namespace millpond::extract {

inline constexpr std::size_t kVoiceFrameSamples = 512;  ///< at 16 kHz; one probability each

/// From sample `begin` to before `end`, at 16 kHz.
struct VoiceSegment {
  std::int64_t begin = 0, end = 0;
  bool operator==(const VoiceSegment&) const = default;
};

struct VoiceRules {
  float threshold = 0.5F;            ///< a voice begins at this probability, and ends 0.15 below
  double seconds_max = 30;           ///< longer speech is cut at its longest pause, or where it must
  std::int64_t speech_ms_min = 250;  ///< shorter noises are none
  std::int64_t pause_ms_min = 160;   ///< shorter pauses end nothing
  std::int64_t margin_ms = 200;      ///< added on both sides
};

/// Makes segments of probabilities, as Silero's own package does from the same ones.
/// Source: silero-vad 6.2, get_speech_timestamps.
std::vector<VoiceSegment> voice_segments(std::span<const float> probabilities, std::int64_t samples,
                                         const VoiceRules& rules = {});

/// Joins neighbours to windows of at most `samples_max`, so that little is heard beside its context. A segment that
/// is longer by itself is cut.
std::vector<VoiceSegment> join_segments(std::span<const VoiceSegment> segments, std::int64_t samples_max);

}  // namespace millpond::extract
