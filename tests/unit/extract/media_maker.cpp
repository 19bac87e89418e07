#include "media_maker.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstring>

#include "extract/media/av_library.h"

namespace millpond::extract {
namespace {

using av::CodecContext, av::CodecParameters, av::FormatContext, av::Frame, av::Packet, av::Stream;

// Library (by one of its functions that is known), result, name, parameters.
#define MAKER_FUNCTIONS(X)                                                                                           \
  X(avutil_version, int, av_opt_set, (void*, const char*, const char*, int))                                         \
  X(avutil_version, int, av_frame_get_buffer, (Frame*, int))                                                         \
  X(avutil_version, int, av_frame_make_writable, (Frame*))                                                           \
  X(avcodec_version, const void*, avcodec_find_encoder_by_name, (const char*))                                       \
  X(avcodec_version, CodecParameters*, avcodec_parameters_alloc, ())                                                 \
  X(avcodec_version, void, avcodec_parameters_free, (CodecParameters**))                                             \
  X(avcodec_version, int, avcodec_parameters_from_context, (CodecParameters*, const CodecContext*))                  \
  X(avcodec_version, int, avcodec_send_frame, (CodecContext*, const Frame*))                                         \
  X(avcodec_version, int, avcodec_receive_packet, (CodecContext*, Packet*))                                          \
  X(avcodec_version, void, av_packet_rescale_ts, (Packet*, av::Rational, av::Rational))                              \
  X(avformat_version, int, avformat_alloc_output_context2, (FormatContext**, const void*, const char*, const char*)) \
  X(avformat_version, Stream*, avformat_new_stream, (FormatContext*, const void*))                                   \
  X(avformat_version, int, avformat_write_header, (FormatContext*, av::Dictionary**))                                \
  X(avformat_version, int, av_interleaved_write_frame, (FormatContext*, Packet*))                                    \
  X(avformat_version, int, av_write_trailer, (FormatContext*))                                                       \
  X(avformat_version, void, avio_flush, (void*))

struct Maker {
#define MAKER_DECLARE(library, result, name, parameters) result(*name) parameters = nullptr;
  MAKER_FUNCTIONS(MAKER_DECLARE)
#undef MAKER_DECLARE
};

bool load(const av::Library& api, Maker& maker) {
  bool all = true;
  const auto symbol = [&](void* known, const char* name) -> void* {
    Dl_info info{};
    if (::dladdr(known, &info) == 0) return nullptr;
    void* const library = ::dlopen(info.dli_fname, RTLD_NOW | RTLD_LOCAL);
    return library == nullptr ? nullptr : ::dlsym(library, name);
  };
#define MAKER_LOAD(library, result, name, parameters)                                                       \
  maker.name = reinterpret_cast<result(*) parameters>(symbol(reinterpret_cast<void*>(api.library), #name)); \
  all = all && maker.name != nullptr;
  MAKER_FUNCTIONS(MAKER_LOAD)
#undef MAKER_LOAD
  return all;
}

struct Out {
  std::string bytes;
  std::size_t at = 0;
};

int write_out(void* to, std::uint8_t* from, int count) {
  Out& out = *static_cast<Out*>(to);
  const auto size = static_cast<std::size_t>(count);
  if (out.at + size > out.bytes.size()) out.bytes.resize(out.at + size);
  std::memcpy(out.bytes.data() + out.at, from, size);
  out.at += size;
  return count;
}

std::int64_t seek_out(void* to, std::int64_t offset, int whence) {
  Out& out = *static_cast<Out*>(to);
  if (whence == 0x10000) return static_cast<std::int64_t>(out.bytes.size());
  const std::int64_t from = whence == SEEK_SET   ? 0
                            : whence == SEEK_CUR ? std::int64_t(out.at)
                                                 : std::int64_t(out.bytes.size());
  out.at = static_cast<std::size_t>(from + offset);
  return std::int64_t(out.at);
}

/// The same place in the library's structure that holds the layout of channels: native order, one, front centre.
void set_mono(void* structure, std::size_t at) {
  const int order_and_count[2] = {1, 1};
  const std::uint64_t mask = 4;
  std::memcpy(static_cast<char*>(structure) + at, order_and_count, sizeof order_and_count);
  std::memcpy(static_cast<char*>(structure) + at + 8, &mask, sizeof mask);
}

constexpr std::size_t kLayoutOfFrame = 448, kLayoutOfParameters = 144, kFrameSizeOfParameters = 124;

class Writer {
 public:
  Writer(const av::Library& api, const Maker& maker) : api_(api), maker_(maker) {}

  std::string make(const std::string& container, const MadeSound& sound, const MadeFilm& film, std::string& problem,
                   int sound_tracks) {
    Out out;
    if (maker_.avformat_alloc_output_context2(&file_, nullptr, container.c_str(), nullptr) < 0) {
      problem = "no writer: " + container;
      return {};
    }
    constexpr int kBuffer = 1 << 16;
    file_->io = api_.avio_alloc_context(static_cast<unsigned char*>(api_.av_malloc(kBuffer)), kBuffer, 1, &out, nullptr,
                                        write_out, seek_out);
    std::vector<Track> tracks;
    if (!film.codec.empty() && !open_film(film, tracks)) problem = "no encoder: " + film.codec;
    for (int i = 0; i < sound_tracks && !sound.codec.empty() && problem.empty(); ++i) {
      if (!open_sound(sound, tracks)) problem = "no encoder: " + sound.codec;
    }
    if (problem.empty() && maker_.avformat_write_header(file_, nullptr) < 0) problem = "cannot write: " + container;
    if (problem.empty()) {
      // Side by side, as players need them.
      for (bool more = true; more;) {
        more = false;
        std::stable_sort(tracks.begin(), tracks.end(),
                         [](const Track& a, const Track& b) { return a.seconds() < b.seconds(); });
        for (Track& track : tracks) {
          if (track.done) continue;
          more = true;
          if (track.film)
            push_film(film, track);
          else
            push_sound(sound, track);
          break;
        }
      }
      maker_.av_write_trailer(file_);
      maker_.avio_flush(file_->io);
    }
    for (Track& track : tracks) api_.avcodec_free_context(&track.encoder);
    return problem.empty() ? std::move(out.bytes) : std::string();
  }

 private:
  struct Track {
    bool film = false, done = false;
    CodecContext* encoder = nullptr;
    Stream* stream = nullptr;
    int unit = 1, frame_size = 1024, format = 0;
    std::int64_t at = 0;
    double seconds() const { return done ? 1e9 : double(at) / unit; }
  };

  bool open(Track& track, const std::string& codec, CodecParameters* parameters, bool film, const char* key_frames) {
    const void* const found = maker_.avcodec_find_encoder_by_name(codec.c_str());
    if (found == nullptr) return false;
    // AVCodec: name, long_name, type (int), id (int).
    std::memcpy(&parameters->codec, static_cast<const char*>(found) + 20, 4);
    parameters->kind = film ? av::kVideo : av::kAudio;
    track.encoder = api_.avcodec_alloc_context3(static_cast<const av::Codec*>(found));
    if (api_.avcodec_parameters_to_context(track.encoder, parameters) < 0) return false;
    maker_.av_opt_set(track.encoder, "time_base", ("1/" + std::to_string(track.unit)).c_str(), 0);
    maker_.av_opt_set(track.encoder, "threads", "1", 0);
    maker_.av_opt_set(track.encoder, "strict", "-2", 0);
    maker_.av_opt_set(track.encoder, "b", film ? "400000" : "64000", 0);
    if (film) maker_.av_opt_set(track.encoder, "g", key_frames, 0);
    if (film) maker_.av_opt_set(track.encoder, "sc_threshold", "1000000000", 0);  // key frames only where they are due
    maker_.av_opt_set(track.encoder, "flags", "+global_header", 0);
    if (api_.avcodec_open2(track.encoder, static_cast<const av::Codec*>(found), nullptr) < 0) return false;
    track.stream = maker_.avformat_new_stream(file_, nullptr);
    track.stream->unit = {1, track.unit};
    maker_.avcodec_parameters_from_context(track.stream->codec, track.encoder);
    int size = 0;
    std::memcpy(&size, reinterpret_cast<char*>(track.stream->codec) + kFrameSizeOfParameters, sizeof size);
    if (size > 0) track.frame_size = size;
    return true;
  }

  bool open_sound(const MadeSound& sound, std::vector<Track>& tracks) {
    constexpr int kS16 = 1, kFloatPlanes = 8, kS16Planes = 6;
    Track track{.unit = sound.rate_hz};
    CodecParameters* parameters = maker_.avcodec_parameters_alloc();
    track.format = sound.codec.starts_with("pcm_") || sound.codec == "flac" ? kS16
                   : sound.codec == "alac"                                  ? kS16Planes
                                                                            : kFloatPlanes;
    parameters->format = track.format;
    parameters->rate_hz = sound.rate_hz;
    set_mono(parameters, kLayoutOfParameters);
    const bool opened = open(track, sound.codec, parameters, false, "");
    maker_.avcodec_parameters_free(&parameters);
    tracks.push_back(track);
    return opened;
  }

  bool open_film(const MadeFilm& film, std::vector<Track>& tracks) {
    Track track{.film = true, .unit = film.frames_per_second};
    const DrawnFrame first = film.draw(0);
    CodecParameters* parameters = maker_.avcodec_parameters_alloc();
    parameters->width = first.width, parameters->height = first.height;
    parameters->format = film.codec == "mjpeg" ? 12 : 0;  // yuvj420p, yuv420p
    track.format = parameters->format;
    const bool opened = open(track, film.codec, parameters, true, std::to_string(film.key_frame_each).c_str());
    maker_.avcodec_parameters_free(&parameters);
    tracks.push_back(track);
    return opened;
  }

  void drain(Track& track, const Frame* frame) {
    Packet* packet = api_.av_packet_alloc();
    maker_.avcodec_send_frame(track.encoder, frame);
    while (maker_.avcodec_receive_packet(track.encoder, packet) >= 0) {
      packet->stream = track.stream->index;
      maker_.av_packet_rescale_ts(packet, {1, track.unit}, track.stream->unit);
      maker_.av_interleaved_write_frame(file_, packet);
    }
    api_.av_packet_free(&packet);
    track.done = frame == nullptr;
  }

  void push_sound(const MadeSound& sound, Track& track) {
    const std::int64_t left = std::ssize(sound.samples) - track.at,
                       count = std::min<std::int64_t>(left, track.frame_size);
    if (count <= 0) return drain(track, nullptr);
    Frame* frame = api_.av_frame_alloc();
    frame->samples = static_cast<int>(count), frame->format = track.format, frame->rate_hz = sound.rate_hz;
    set_mono(frame, kLayoutOfFrame);
    frame->pts = track.at + std::int64_t{sound.begins_s} * sound.rate_hz;
    maker_.av_frame_get_buffer(frame, 0);
    for (std::int64_t i = 0; i < count; ++i) {
      const float value = sound.samples[static_cast<std::size_t>(track.at + i)];
      if (track.format == 8) reinterpret_cast<float*>(frame->data[0])[i] = value;
      if (track.format == 1 || track.format == 6)
        reinterpret_cast<std::int16_t*>(frame->data[0])[i] =
            static_cast<std::int16_t>(std::clamp(value, -1.0F, 1.0F) * 32'767);
    }
    drain(track, frame);
    api_.av_frame_free(&frame);
    track.at += count;
  }

  void push_film(const MadeFilm& film, Track& track) {
    if (track.at >= film.frames) return drain(track, nullptr);
    const DrawnFrame drawn = film.draw(static_cast<int>(track.at));
    Frame* frame = api_.av_frame_alloc();
    frame->width = drawn.width, frame->height = drawn.height, frame->format = track.format;
    frame->pts = track.at;
    maker_.av_frame_get_buffer(frame, 0);
    constexpr int kBilinear = 2;
    av::Scaler* const scaler = api_.sws_getContext(drawn.width, drawn.height, av::kRgb24, drawn.width, drawn.height,
                                                   track.format, kBilinear, nullptr, nullptr, nullptr);
    const std::uint8_t* const from[4] = {drawn.rgb.data()};
    const int from_bytes[4] = {drawn.width * 3};
    api_.sws_scale(scaler, from, from_bytes, 0, drawn.height, frame->data, frame->line_bytes);
    api_.sws_freeContext(scaler);
    drain(track, frame);
    api_.av_frame_free(&frame);
    ++track.at;
  }

  const av::Library& api_;
  const Maker& maker_;
  FormatContext* file_ = nullptr;  // a test's process ends soon
};

}  // namespace

std::string make_media(const std::string& container, const MadeSound& sound, const MadeFilm& film, std::string& problem,
                       int sound_tracks) {
  const auto api = av::load_library();
  Maker maker;
  if (!api.ok() || !load(**api, maker)) {
    problem = api.ok() ? "the libraries cannot write" : api.status().message();
    return {};
  }
  return Writer(**api, maker).make(container, sound, film, problem, sound_tracks);
}

}  // namespace millpond::extract
