#pragma once
// What a worker and its parent say to each other over their socket. Both are the same binary on the same machine,
// so the frames are plain structs; the parent still distrusts every length that it receives.

#include <cstdint>
#include <string_view>

#include "millpond/extract/document.h"
#include "millpond/extract/film.h"
#include "millpond/status.h"

namespace millpond::extract {

inline constexpr std::string_view kWorkerCommand = "extract-worker";
inline constexpr int kWorkerSocket = 3;  ///< the descriptor of the socket in the worker

struct RequestHead {
  std::uint32_t magic = 0x3152504D;
  std::uint32_t media_type_bytes = 0;
  std::uint64_t source_bytes = 0;  ///< length of the path or of the content that follows the media type
  bool source_is_path = false;
  bool hash_given = false;
  char sha256[64] = {};
  std::int32_t page = 0, width_pixels = 0;  ///< a picture of this page is wanted; 0: the document
  Limits limits;
  FilmRules film;
};

/// What a worker is at while it still works.
enum class WorkPhase : std::int32_t { kNone, kVoices, kWords, kFrames };

/// Followed by the encoded document or the picture, or for an error by the message, a NUL and the hint.
struct ResponseHead {
  std::uint32_t magic = 0x3153504D;
  Code code = Code::kOk;
  std::uint64_t payload_bytes = 0;
  WorkPhase phase = WorkPhase::kNone;  ///< of a sign of life, as what follows
  float share = 0;                     ///< of the phase that is done, 0 to 1
  float recording_s = 0;               ///< how long the recording is; 0 if it does not say
};

/// A length of an answer that says: none yet, but the work goes on. The time of a document begins anew then.
inline constexpr std::uint64_t kStillWorking = ~std::uint64_t{0};

/// What stands before the PNG of a picture.
struct PictureHead {
  float width_points = 0, height_points = 0;
  std::int32_t pages = 0;
};

/// The most that a well-behaved worker can answer under these limits: elements may be small, so their
/// fixed parts can outweigh the text.
inline std::uint64_t payload_bytes_max(const Limits& limits) {
  return 8 * static_cast<std::uint64_t>(limits.output_bytes) + (std::uint64_t{1} << 20);
}

}  // namespace millpond::extract
