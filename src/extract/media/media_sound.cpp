#include "extract/media/media_sound.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "extract/media/media_file.h"
#include "extract/speech/resampler.h"
#include "extract/speech/spectrogram.h"

namespace millpond::extract {
namespace {

/// FFmpeg's names for the numbers that samples are: interleaved first, then in planes.
enum SampleFormat : int { kU8, kS16, kS32, kFloat, kDouble, kU8P, kS16P, kS32P, kFloatP, kDoubleP };

template <class Number>
float as_float(Number value) {
  if constexpr (std::is_same_v<Number, std::uint8_t>) return (float(value) - 128) / 128;
  if constexpr (std::is_same_v<Number, std::int16_t>) return float(value) / 32'768;
  if constexpr (std::is_same_v<Number, std::int32_t>) return float(double(value) / 2'147'483'648.0);
  return static_cast<float>(value);
}

template <class Number>
void mix(const av::Frame& frame, bool planar, std::vector<float>& out) {
  const auto channels = static_cast<std::size_t>(frame.channels);
  for (std::size_t i = 0; i < out.size(); ++i) {
    float sum = 0;
    for (std::size_t c = 0; c < channels; ++c) {
      Number value;
      const std::uint8_t* const from =
          planar ? frame.planes[c] + i * sizeof value : frame.planes[0] + (i * channels + c) * sizeof value;
      std::memcpy(&value, from, sizeof value);
      sum += as_float(value);
    }
    const float mean = sum / static_cast<float>(channels);
    out[i] = std::isfinite(mean) ? std::clamp(mean, -8.0F, 8.0F) : 0;
  }
}

/// To one channel; false for samples of another kind.
bool mix(const av::Frame& frame, std::vector<float>& out) {
  const bool planar = frame.format >= kU8P && frame.format <= kDoubleP;
  switch (planar ? frame.format - kU8P : frame.format) {
    case kU8: mix<std::uint8_t>(frame, planar, out); return true;
    case kS16: mix<std::int16_t>(frame, planar, out); return true;
    case kS32: mix<std::int32_t>(frame, planar, out); return true;
    case kFloat: mix<float>(frame, planar, out); return true;
    case kDouble: mix<double>(frame, planar, out); return true;
    default: return false;
  }
}

class MediaSound final : public SoundStream {
 public:
  MediaSound(std::unique_ptr<MediaFile> file, const av::Stream& track, std::unique_ptr<MediaDecoder> decoder)
      : file_(std::move(file)), track_(track), decoder_(std::move(decoder)) {}

  Status read(std::vector<float>& out) override {
    const std::size_t before = out.size(), enough = before + kSpeechRateHz;
    while (out.size() < enough && !ended_) {
      if (silence_ > 0) {
        pass_silence(out);
        continue;
      }
      const av::Packet* const packet = file_->next();
      if (packet != nullptr && packet->stream != track_.index) continue;
      decoder_->decode(packet, [&](const av::Frame& frame) {
        take(frame, out);
        return status_.ok();
      });
      MP_TRY(status_);
      if (packet == nullptr) {
        ended_ = true;
        if (resampler_) resampler_->finish(out);
      }
    }
    return {};
  }

 private:
  void take(const av::Frame& frame, std::vector<float>& out) {
    constexpr int kChannelsMax = 64, kRateMin = 1'000, kRateMax = 768'000;
    if (frame.samples <= 0 || frame.channels < 1 || frame.planes == nullptr) return;
    if (frame.channels > kChannelsMax || frame.rate_hz < kRateMin || frame.rate_hz > kRateMax) {
      status_ = unsupported("sound of ", frame.channels, " channels at Hz: ", frame.rate_hz);
      return;
    }
    if (silence_ > 0 && frame.rate_hz != rate_hz_) return;
    if (frame.rate_hz != rate_hz_) {
      if (resampler_) resampler_->finish(out);
      came_ = came_ * frame.rate_hz / std::max(1, rate_hz_);
      rate_hz_ = frame.rate_hz;
      resampler_ = std::make_unique<Resampler>(rate_hz_, kSpeechRateHz);
    }
    mono_.resize(static_cast<std::size_t>(frame.samples));
    if (!mix(frame, mono_)) {
      status_ = unsupported("samples of FFmpeg's kind: ", frame.format);
      return;
    }
    if (silence_ > 0) {  // another frame of the packet that came late
      after_.insert(after_.end(), mono_.begin(), mono_.end());
      return;
    }
    const std::int64_t gap = gap_before(frame);
    if (gap > 0) {
      silence_ = gap;
      after_ = std::move(mono_);
      return;
    }
    came_ += std::ssize(mono_);
    resampler_->add(mono_, out);
  }

  /// Samples of silence that a frame's time asks for.
  std::int64_t gap_before(const av::Frame& frame) {
    constexpr std::int64_t kNoticedMs = 100, kSecondsMax = 6 * 3600;  // of silence, in all
    const std::int64_t at_ms = time_ms(file_->facts(), track_, frame.best_time);
    const std::int64_t late_ms = at_ms - came_ * 1000 / rate_hz_;
    if (at_ms < 0 || late_ms < kNoticedMs) return 0;
    const std::int64_t wanted = late_ms * rate_hz_ / 1000, left = kSecondsMax * rate_hz_ - filled_;
    if (wanted > left) return 0;
    filled_ += wanted;
    return wanted;
  }

  void pass_silence(std::vector<float>& out) {
    const std::int64_t some = std::min<std::int64_t>(silence_, rate_hz_);
    resampler_->add(std::vector<float>(static_cast<std::size_t>(some), 0.0F), out);
    silence_ -= some;
    came_ += some;
    if (silence_ > 0) return;
    came_ += std::ssize(after_);
    resampler_->add(after_, out);
    after_.clear();
  }

  const std::unique_ptr<MediaFile> file_;
  const av::Stream& track_;
  const std::unique_ptr<MediaDecoder> decoder_;
  std::unique_ptr<Resampler> resampler_;
  int rate_hz_ = 0;
  std::int64_t came_ = 0, silence_ = 0, filled_ = 0;  // in samples of that rate
  std::vector<float> mono_, after_;
  Status status_;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<SoundStream>> open_media_sound(std::string_view bytes) {
  MP_ASSIGN(std::unique_ptr<MediaFile> file, MediaFile::open(bytes));
  const av::Stream* const track = file->find(av::kAudio);
  if (track == nullptr) {
    for (std::uint32_t i = 0; i < file->facts().stream_count; ++i) {
      const av::CodecParameters& codec = *file->facts().streams[i]->codec;
      if (codec.kind == av::kAudio)
        return unsupported("not decoded here: ", file->library().avcodec_get_name(codec.codec));
    }
    return not_found("no track of sound");
  }
  file->choose(*track);
  MP_ASSIGN(std::unique_ptr<MediaDecoder> decoder, MediaDecoder::open(file->library(), *track, false));
  return std::unique_ptr<SoundStream>(std::make_unique<MediaSound>(std::move(file), *track, std::move(decoder)));
}

}  // namespace millpond::extract
