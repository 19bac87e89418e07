// libsndfile through its C interface: the declarations are ours, the library is loaded when needed.
#include "extract/speech/sound_stream.h"

#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "extract/media/media_sound.h"
#include "extract/speech/resampler.h"
#include "extract/speech/spectrogram.h"

namespace millpond::extract {
namespace {

constexpr int kRead = 0x10;

struct Info {  // SF_INFO
  std::int64_t frames = 0;
  int rate_hz = 0, channels = 0, format = 0, sections = 0, seekable = 0;
};

struct VirtualFile {  // SF_VIRTUAL_IO
  std::int64_t (*size)(void*);
  std::int64_t (*seek)(std::int64_t, int, void*);
  std::int64_t (*read)(void*, std::int64_t, void*);
  std::int64_t (*write)(const void*, std::int64_t, void*);
  std::int64_t (*tell)(void*);
};

struct Sndfile {
  void* (*open)(VirtualFile*, int mode, Info*, void*) = nullptr;
  std::int64_t (*read)(void*, float*, std::int64_t frames) = nullptr;
  int (*close)(void*) = nullptr;
  const char* (*error)(void*) = nullptr;
};

template <class Function>
bool load(void* library, const char* name, Function& to) {
  to = reinterpret_cast<Function>(::dlsym(library, name));
  return to != nullptr;
}

Result<Sndfile> load_sndfile() {
  void* const library = ::dlopen("libsndfile.so.1", RTLD_NOW | RTLD_LOCAL);  // stays loaded
  Sndfile api;
  const bool all = library != nullptr && load(library, "sf_open_virtual", api.open) &&
                   load(library, "sf_readf_float", api.read) && load(library, "sf_close", api.close) &&
                   load(library, "sf_strerror", api.error);
  if (!all) {
    return unavailable("sound is decoded by libsndfile, which is not there: no libsndfile.so.1")
        .hint("Install it (Debian, Ubuntu: apt install libsndfile1).");
  }
  return api;
}

/// Bytes in memory, as a file.
struct MemoryFile {
  std::string_view bytes;
  std::int64_t at = 0;

  static MemoryFile& of(void* data) { return *static_cast<MemoryFile*>(data); }
  static std::int64_t size(void* data) { return static_cast<std::int64_t>(of(data).bytes.size()); }
  static std::int64_t tell(void* data) { return of(data).at; }
  static std::int64_t seek(std::int64_t offset, int whence, void* data) {
    MemoryFile& file = of(data);
    const std::int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? file.at : size(data);
    std::int64_t to = 0;
    if (__builtin_add_overflow(from, offset, &to)) return file.at;
    return file.at = std::clamp<std::int64_t>(to, 0, size(data));
  }
  static std::int64_t read(void* to, std::int64_t count, void* data) {
    MemoryFile& file = of(data);
    const std::int64_t taken = std::clamp<std::int64_t>(count, 0, size(data) - file.at);
    std::memcpy(to, file.bytes.data() + file.at, static_cast<std::size_t>(taken));
    file.at += taken;
    return taken;
  }
  static std::int64_t write(const void*, std::int64_t, void*) { return 0; }
};

class SndfileStream final : public SoundStream {
 public:
  SndfileStream(const Sndfile& api, std::string_view bytes) : api_(api), memory_{.bytes = bytes} {}
  SndfileStream(const SndfileStream&) = delete;
  SndfileStream& operator=(const SndfileStream&) = delete;
  ~SndfileStream() override {
    if (file_ != nullptr) api_.close(file_);
  }

  Status open() {
    constexpr int kChannelsMax = 64, kRateMin = 1'000, kRateMax = 768'000;
    file_ = api_.open(&calls_, kRead, &info_, &memory_);
    if (file_ == nullptr) return unsupported("the sound is not decoded here: ", api_.error(nullptr));
    if (info_.channels < 1 || info_.channels > kChannelsMax || info_.rate_hz < kRateMin || info_.rate_hz > kRateMax)
      return unsupported("sound of ", info_.channels, " channels at Hz: ", info_.rate_hz);
    resampler_ = std::make_unique<Resampler>(info_.rate_hz, kSpeechRateHz);
    return {};
  }

  Status read(std::vector<float>& out) override {
    const auto channels = static_cast<std::size_t>(info_.channels);
    frames_.resize(static_cast<std::size_t>(info_.rate_hz) * channels);
    const std::size_t before = out.size();
    while (out.size() == before && !ended_) {
      const std::int64_t got = api_.read(file_, frames_.data(), info_.rate_hz);
      const auto count = static_cast<std::size_t>(std::max<std::int64_t>(0, got));
      mono_.resize(count);
      for (std::size_t i = 0; i < count; ++i) {
        float sum = 0;
        for (std::size_t c = 0; c < channels; ++c) sum += frames_[i * channels + c];
        const float mean = sum / static_cast<float>(channels);
        mono_[i] = std::isfinite(mean) ? std::clamp(mean, -8.0F, 8.0F) : 0;
      }
      resampler_->add(mono_, out);
      if (count == 0) {
        ended_ = true;
        resampler_->finish(out);
      }
    }
    return {};
  }

 private:
  const Sndfile api_;
  MemoryFile memory_;
  VirtualFile calls_{MemoryFile::size, MemoryFile::seek, MemoryFile::read, MemoryFile::write, MemoryFile::tell};
  Info info_;
  void* file_ = nullptr;
  bool ended_ = false;
  std::vector<float> frames_, mono_;
  std::unique_ptr<Resampler> resampler_;
};

Result<std::unique_ptr<SoundStream>> open_with_sndfile(std::string_view bytes) {
  MP_ASSIGN(const Sndfile api, load_sndfile());
  auto stream = std::make_unique<SndfileStream>(api, bytes);
  MP_TRY(stream->open());
  return std::unique_ptr<SoundStream>(std::move(stream));
}

}  // namespace

Result<std::unique_ptr<SoundStream>> open_sound(std::string_view bytes) {
  auto simple = open_with_sndfile(bytes);
  if (simple.ok()) return simple;
  auto other = open_media_sound(bytes);
  // Where neither library is, the one that is enough for most is asked for.
  if (!other.ok() && simple.status().code() == Code::kUnavailable && other.status().code() == Code::kUnavailable)
    return simple;
  return other;
}

}  // namespace millpond::extract
