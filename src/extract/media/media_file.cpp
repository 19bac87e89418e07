#include "extract/media/media_file.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace millpond::extract {
namespace {

// Those that people have, and no playlists, which would read other files and addresses.
constexpr const char* kContainers =
    "mov,matroska,avi,asf,flv,mpeg,mpegts,aac,ac3,eac3,amr,amrnb,amrwb,aiff,caf,au,wav,w64,mp3,ogg,flac,ivf,wv";
constexpr const char* kCodings =
    "aac,aac_latm,ac3,eac3,dca,alac,amrnb,amrwb,flac,mp1float,mp2float,mp3float,mp1,mp2,mp3,opus,vorbis,wmav1,wmav2,"
    "wmapro,"
    "wmalossless,wmavoice,wavpack,pcm_s8,pcm_u8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,"
    "pcm_f32be,pcm_f64le,pcm_f64be,pcm_alaw,pcm_mulaw,pcm_bluray,pcm_dvd,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,adpcm_"
    "yamaha,"
    "gsm,gsm_ms,h264,hevc,vp8,vp9,mpeg4,mpeg1video,mpeg2video,mjpeg,msmpeg4v1,msmpeg4v2,msmpeg4,h263,wmv1,wmv2,wmv3,"
    "vc1,"
    "prores,dvvideo,theora,flv,png,rawvideo";

/// Options as the library takes them.
class Choices {
 public:
  explicit Choices(const av::Library& api) : api_(api) {}
  Choices(const Choices&) = delete;
  Choices& operator=(const Choices&) = delete;
  ~Choices() { api_.av_dict_free(&held_); }
  Choices& set(const char* name, const char* value) {
    api_.av_dict_set(&held_, name, value, 0);
    return *this;
  }
  av::Dictionary** out() { return &held_; }

 private:
  const av::Library& api_;
  av::Dictionary* held_ = nullptr;
};

}  // namespace

int MediaFile::read(void* memory, std::uint8_t* to, int count) {
  Memory& file = *static_cast<Memory*>(memory);
  const std::int64_t left = static_cast<std::int64_t>(file.bytes.size()) - file.at;
  if (count <= 0 || left <= 0) return av::kEnd;
  const std::int64_t taken = std::min<std::int64_t>(count, left);
  std::memcpy(to, file.bytes.data() + file.at, static_cast<std::size_t>(taken));
  file.at += taken;
  return static_cast<int>(taken);
}

std::int64_t MediaFile::move(void* memory, std::int64_t offset, int whence) {
  Memory& file = *static_cast<Memory*>(memory);
  const auto size = static_cast<std::int64_t>(file.bytes.size());
  constexpr int kAskSize = 0x10000, kForce = 0x20000;
  if ((whence & kAskSize) != 0) return size;
  whence &= ~kForce;
  const std::int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? file.at : size;
  std::int64_t to = 0;
  if (__builtin_add_overflow(from, offset, &to) || to < 0) return -1;
  return file.at = std::min(to, size);
}

Result<std::unique_ptr<MediaFile>> MediaFile::open(std::string_view bytes) {
  MP_ASSIGN(const av::Library* const api, av::load_library());
  std::unique_ptr<MediaFile> file(new MediaFile(*api, bytes));
  constexpr int kBufferBytes = 64 << 10;
  auto* const buffer = static_cast<unsigned char*>(api->av_malloc(kBufferBytes));
  file->context_ = api->avformat_alloc_context();
  file->packet_ = api->av_packet_alloc();
  if (buffer != nullptr)
    file->io_ = api->avio_alloc_context(buffer, kBufferBytes, 0, &file->memory_, read, nullptr, move);
  if (file->io_ == nullptr || file->context_ == nullptr || file->packet_ == nullptr)
    return exhausted("no memory to open a file of sound or film");
  file->context_->io = file->io_;
  Choices choices(*api);
  choices.set("format_whitelist", kContainers).set("codec_whitelist", kCodings).set("protocol_whitelist", "none");
  choices.set("probesize", "5000000").set("analyzeduration", "10000000").set("max_streams", "200");
  // It frees the context itself when it fails.
  if (const int code = api->avformat_open_input(&file->context_, "", nullptr, choices.out()); code < 0) {
    file->context_ = nullptr;
    if (code == av::kBroken) return corrupt("no sound or film that can be read, or it is broken");
    return unsupported("no sound or film of a kind that is read here");
  }
  if (api->avformat_find_stream_info(file->context_, nullptr) < 0) return corrupt("sound or film without its setup");
  return file;
}

MediaFile::~MediaFile() {
  if (packet_ != nullptr) api_.av_packet_free(&packet_);
  if (context_ != nullptr) api_.avformat_close_input(&context_);
  if (io_ != nullptr) {
    // The buffer may have been replaced by another one since.
    void* buffer = nullptr;
    std::memcpy(&buffer, static_cast<const char*>(io_) + sizeof(void*), sizeof buffer);
    api_.av_freep(&buffer);
    api_.avio_context_free(&io_);
  }
}

const av::Stream* MediaFile::find(int kind) const {
  for (std::uint32_t i = 0; i < context_->stream_count; ++i) {
    const av::Stream* const track = context_->streams[i];
    if (track->codec->kind != kind || (track->disposition & av::kAttachedPicture) != 0) continue;
    if (api_.avcodec_find_decoder(track->codec->codec) != nullptr) return track;
  }
  return nullptr;
}

void MediaFile::choose(const av::Stream& track) {
  for (std::uint32_t i = 0; i < context_->stream_count; ++i) {
    if (context_->streams[i] != &track) context_->streams[i]->discard = av::kDiscardAll;
  }
}

const av::Packet* MediaFile::next() {
  constexpr int kBrokenMax = 1000;  // one after the other
  while (broken_ < kBrokenMax) {
    api_.av_packet_unref(packet_);
    const int code = api_.av_read_frame(context_, packet_);
    if (code >= 0) {
      broken_ = 0;
      return packet_;
    }
    if (code == av::kEnd) return nullptr;
    ++broken_;
  }
  return nullptr;
}

Result<std::unique_ptr<MediaDecoder>> MediaDecoder::open(const av::Library& api, const av::Stream& track,
                                                         bool key_frames_only) {
  const char* const name = api.avcodec_get_name(track.codec->codec);
  const av::Codec* const codec = api.avcodec_find_decoder(track.codec->codec);
  if (codec == nullptr) return unsupported("not decoded here: ", name);
  std::unique_ptr<MediaDecoder> decoder(new MediaDecoder(api));
  decoder->context_ = api.avcodec_alloc_context3(codec);
  decoder->frame_ = api.av_frame_alloc();
  if (decoder->context_ == nullptr || decoder->frame_ == nullptr) return exhausted("no memory to decode: ", name);
  if (api.avcodec_parameters_to_context(decoder->context_, track.codec) < 0) return corrupt("broken setup of: ", name);
  Choices choices(api);
  choices.set("threads", "1").set("codec_whitelist", kCodings).set("max_pixels", "67108864");
  choices.set("pkt_timebase", (std::to_string(track.unit.over) + "/" + std::to_string(track.unit.under)).c_str());
  if (key_frames_only) choices.set("skip_frame", "nokey").set("flags", "+output_corrupt");
  if (api.avcodec_open2(decoder->context_, codec, choices.out()) < 0) return unsupported("not decoded here: ", name);
  return decoder;
}

MediaDecoder::~MediaDecoder() {
  if (frame_ != nullptr) api_.av_frame_free(&frame_);
  if (context_ != nullptr) api_.avcodec_free_context(&context_);
}

void MediaDecoder::decode(const av::Packet* packet, const std::function<bool(const av::Frame&)>& take) {
  // Frames are taken after each packet until it wants more, so it never refuses one for being full.
  if (api_.avcodec_send_packet(context_, packet) < 0) return;
  while (api_.avcodec_receive_frame(context_, frame_) >= 0) {
    if (!take(*frame_)) return;
  }
}

std::int64_t time_ms(const av::FormatContext& file, const av::Stream& track, std::int64_t time) {
  if (time == av::kNoTime || track.unit.under <= 0) return -1;
  const double begin_s = file.begin_us == av::kNoTime ? 0 : double(file.begin_us) / 1e6;
  const double seconds = double(time) * track.unit.over / track.unit.under - begin_s;
  constexpr double kSecondsMax = 1e7;
  return seconds < 0 ? 0 : seconds > kSecondsMax ? -1 : static_cast<std::int64_t>(seconds * 1000 + 0.5);
}

}  // namespace millpond::extract
