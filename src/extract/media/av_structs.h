#pragma once
// The beginnings of FFmpeg's structures, as far as they are read here. Within a major version of its libraries (57 of
// libavutil, 59 of libavcodec and libavformat) fields are only added at the ends, so their places are fixed.
// Source: the public headers of FFmpeg 5.1.

#include <cstddef>
#include <cstdint>

namespace millpond::extract::av {

inline constexpr std::int64_t kNoTime = INT64_MIN;
inline constexpr int kEnd = -541478725, kAgain = -11, kBroken = -1094995529;
inline constexpr int kVideo = 0, kAudio = 1, kSubtitle = 3;
inline constexpr int kAttachedPicture = 0x400;  ///< a cover among the tracks
inline constexpr int kKeyPacket = 1;
inline constexpr int kDiscardAll = 48;
inline constexpr int kRgb24 = 2;

struct Rational {
  std::int32_t over = 0, under = 1;
};

struct Frame {
  std::uint8_t* data[8];
  std::int32_t line_bytes[8];
  std::uint8_t** planes;
  std::int32_t width, height, samples, format, key_frame, picture_type;
  Rational aspect;
  std::int64_t pts, packet_dts;
  std::byte between_a[56];
  std::int32_t rate_hz;
  std::byte between_b[132];
  std::int64_t best_time;
  std::byte between_c[100];
  std::int32_t channels;
};
static_assert(offsetof(Frame, aspect) == 128 && offsetof(Frame, rate_hz) == 208);
static_assert(offsetof(Frame, best_time) == 344 && offsetof(Frame, channels) == 452);

struct Packet {
  void* buffer;
  std::int64_t pts, dts;
  std::uint8_t* data;
  std::int32_t size_bytes, stream, flags;
};
static_assert(offsetof(Packet, stream) == 36);

struct CodecParameters {
  std::int32_t kind, codec, tag, pad;
  std::uint8_t* setup;
  std::int32_t setup_bytes, format;
  std::int64_t bits_per_second;
  std::byte between_a[16];
  std::int32_t width, height;
  std::byte between_b[48];
  std::int32_t channels, rate_hz;
};
static_assert(offsetof(CodecParameters, width) == 56 && offsetof(CodecParameters, channels) == 112);

struct Dictionary;

struct Stream {
  std::int32_t index, id;
  void* own;
  Rational unit;
  std::int64_t begin, duration, frames;
  std::int32_t disposition, discard;
  Rational aspect;
  Dictionary* tags;
  std::byte between[136];
  CodecParameters* codec;
};
static_assert(offsetof(Stream, tags) == 64 && offsetof(Stream, codec) == 208);

struct Chapter {
  std::int64_t id;
  Rational unit;
  std::int64_t begin, end;
  Dictionary* tags;
};

struct Input {
  const char* name;
};

struct FormatContext {
  const void* options_class;
  const Input* input;
  const void* output;
  void* own;
  void* io;
  std::int32_t flags_seen;
  std::uint32_t stream_count;
  Stream** streams;
  char* url;
  std::int64_t begin_us, duration_us;
  std::byte between[84];
  std::uint32_t chapter_count;
  Chapter** chapters;
  Dictionary* tags;
};
static_assert(offsetof(FormatContext, stream_count) == 44 && offsetof(FormatContext, begin_us) == 64);
static_assert(offsetof(FormatContext, chapter_count) == 164 && offsetof(FormatContext, tags) == 176);

struct Tag {
  const char* name;
  const char* value;
};

struct Codec {
  const char* name;
};

struct CodecContext;
struct Scaler;

}  // namespace millpond::extract::av
