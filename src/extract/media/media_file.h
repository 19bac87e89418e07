#pragma once
// A file of sound or film in memory, opened with FFmpeg's libraries.

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "extract/media/av_library.h"
#include "millpond/status.h"

namespace millpond::extract {

/// Takes packets out of a file whose bytes stay where they are. Only containers and codings of a list are read, and
/// nothing but these bytes: a file that names others is refused.
/// Threads: one.
class MediaFile {
 public:
  /// Errors: as `av::load_library`; kUnsupported for bytes that are no sound or film of a known kind; kDataCorrupt.
  static Result<std::unique_ptr<MediaFile>> open(std::string_view bytes);
  ~MediaFile();
  MediaFile(const MediaFile&) = delete;
  MediaFile& operator=(const MediaFile&) = delete;

  const av::Library& library() const { return api_; }
  const av::FormatContext& facts() const { return *context_; }

  /// The first track of a kind that can be decoded, covers apart; null if there is none.
  const av::Stream* find(int kind) const;

  /// Leaves only one track: packets of others are passed over unread.
  void choose(const av::Stream& track);

  /// The next packet, valid until the next call; null at the end, also that of a file which was cut off.
  const av::Packet* next();

 private:
  struct Memory {
    std::string_view bytes;
    std::int64_t at = 0;
  };
  MediaFile(const av::Library& api, std::string_view bytes) : api_(api), memory_{bytes} {}
  static int read(void* memory, std::uint8_t* to, int count);
  static std::int64_t move(void* memory, std::int64_t offset, int whence);

  const av::Library& api_;
  Memory memory_;
  void* io_ = nullptr;
  av::FormatContext* context_ = nullptr;
  av::Packet* packet_ = nullptr;
  int broken_ = 0;
};

/// Decodes one track.
/// Threads: one.
class MediaDecoder {
 public:
  /// `key_frames_only`: of film, frames that can be seen without others.
  /// Errors: kUnsupported for a coding that is not read here, with its name.
  static Result<std::unique_ptr<MediaDecoder>> open(const av::Library& api, const av::Stream& track,
                                                    bool key_frames_only);
  ~MediaDecoder();
  MediaDecoder(const MediaDecoder&) = delete;
  MediaDecoder& operator=(const MediaDecoder&) = delete;

  /// Gives it a packet, or null for the end, and calls `take` for each frame that is complete then, valid during the
  /// call; false stops. What is broken is passed over.
  void decode(const av::Packet* packet, const std::function<bool(const av::Frame&)>& take);
  void flush() { api_.avcodec_flush_buffers(context_); }  ///< after a seek

 private:
  explicit MediaDecoder(const av::Library& api) : api_(api) {}

  const av::Library& api_;
  av::CodecContext* context_ = nullptr;
  av::Frame* frame_ = nullptr;
};

/// A time of a track in thousandths of a second from the file's beginning; -1 if it is not known.
std::int64_t time_ms(const av::FormatContext& file, const av::Stream& track, std::int64_t time);

}  // namespace millpond::extract
